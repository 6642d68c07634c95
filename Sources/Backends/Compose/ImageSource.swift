import UpgradeCore

/// Where the image of a service was written, and what decides about it there.
struct ImageSource: Equatable, Sendable {
    /// Where a variable has its value from.
    enum Variable: Equatable, Sendable {
        /// The environment of this process, which wins and which nobody can edit.
        case environment(String)
        case file(Setting)
    }

    struct Setting: Equatable, Sendable {
        let file: String
        let entry: DotEnvFile.Entry
        let line: TextLine
    }

    let service: String
    /// The image that Compose says the service has now.
    let current: String
    let line: ImageLine
    let template: ImageTemplate
    /// What is not in here is set nowhere.
    let variables: [String: Variable]

    /// Finds it in the project's files; `written` is what Compose makes of them without filling in.
    init(
        of service: String, current: String, written: String?, search: ImageSearch, environment: [String: String]
    ) throws(Fault) {
        guard let line = try search.line(of: service), line.written == written else {
            throw .imageNotFound(service, written: written ?? current, files: search.files)
        }
        guard let template = ImageTemplate(line.written) else { throw .imageNotFollowed(service, line) }
        var variables: [String: Variable] = [:]
        for name in template.pieces.compactMap(\.variable) {
            if let value = environment[name] {
                variables[name] = .environment(value)
            } else {
                let own = try Self.setting(name, search.variableFiles)
                let further = own == nil ? try Self.setting(name, line.variableFiles) : nil
                variables[name] = (own ?? further).map { .file($0) }
            }
        }
        (self.service, self.current, self.line) = (service, current, line)
        (self.template, self.variables) = (template, variables)
    }

    private static func setting(_ name: String, _ files: [String]) throws(Fault) -> Setting? {
        for file in files.reversed() {
            guard let bytes = try LocalFile.bytes(file), let entry = DotEnvFile(bytes)[name] else { continue }
            guard let line = TextLine(of: bytes, at: entry.place.lowerBound),
                entry.place.upperBound <= line.place.upperBound
            else { throw .variableNotFollowed(name, file, line: entry.line) }
            return Setting(file: file, entry: entry, line: line)
        }
        return nil
    }

    /// What to write for the service to have this image. Pure; nothing is written where it has it already.
    func plan(for image: String) throws(Fault) -> VersionEdit {
        if image == current { return VersionEdit(lines: [], images: [service: .init(before: current, after: image)]) }
        guard ImageName(current).digest == nil || ImageName(image).digest != nil else {
            throw .imageIsDigest(service, line)
        }
        let values = try template.pieces.map { piece throws(Fault) in try value(of: piece) }
        guard values.joined() == current else { throw .imageNotFollowed(service, line) }
        guard let change = template.change(to: image, values: values) else { throw .imageOfOtherForm(image, line) }
        let line = try written(change.text, in: template.pieces[change.piece])
        return VersionEdit(lines: [line], images: [service: .init(before: current, after: image)])
    }

    private func value(of piece: ImageTemplate.Piece) throws(Fault) -> String {
        guard let name = piece.variable else { return piece.text ?? "" }
        let value: String?
        switch variables[name] {
        case .environment(let text): value = text
        case .file(let setting):
            guard let text = setting.entry.value else {
                throw .variableNotFollowed(name, setting.file, line: setting.entry.line)
            }
            value = text
        case nil: value = nil
        }
        if let value, !value.isEmpty || !piece.passesOverEmpty { return value }
        return piece.text ?? ""
    }

    private func written(_ text: String, in piece: ImageTemplate.Piece) throws(Fault) -> VersionEdit.Line {
        let isPassedOver = piece.passesOverEmpty && piece.variable.map { variables[$0] == .environment("") } ?? false
        guard let name = piece.variable, let variable = variables[name], !isPassedOver else {
            return VersionEdit.Line(
                file: line.file, number: line.number, at: line.place.lowerBound, key: "image: ", before: line.written,
                after: line.replacing(piece.place, with: text))
        }
        switch variable {
        case .environment: throw .variableOfEnvironment(name, text, service: service)
        case .file(let setting):
            return VersionEdit.Line(
                file: setting.file, number: setting.line.number,
                at: setting.entry.place.lowerBound - setting.line.place.lowerBound, key: "\(name)=",
                before: setting.entry.written, after: text)
        }
    }
}
