import UpgradeCore

extension ComposeProject {
    /// What to write into the project's files for services to have other images, tried out on copies.
    ///
    /// Throws where it cannot be written, or where it would change anything else, with the line to change by hand.
    /// `known` is the project as it is, where that was just read.
    func plan(
        _ images: [String: String], in known: ComposeConfig? = nil, permit: Permit
    ) async throws(Fault) -> VersionEdit {
        let config = if let known { known } else { try await read(permit: permit) }
        let written = try await readWritten(permit: permit)
        var edits: [VersionEdit] = []
        for (service, image) in images.sorted(by: { $0.key < $1.key }) {
            let source = try source(of: service, config, written)
            edits.append(try source.plan(for: image))
        }
        let edit = try VersionEdit.joined(edits)
        for line in edit.lines { try Self.checkEditable(line) }
        if let tried = try await trial(of: edit, written, permit: permit) {
            try Self.checkReaders(of: edit, was: config, is: tried)
            try Self.check(edit, was: config, is: tried, or: { .notWritten(edit, why: $0) })
        }
        return edit
    }

    /// Where the image of a service was written.
    private func source(
        of service: String, _ config: ComposeConfig, _ written: ComposeConfig
    ) throws(Fault) -> ImageSource {
        guard let image = config.services[service]?.image else { throw .onlyBuilt(service) }
        return try ImageSource(
            of: service, current: image, written: written.services[service]?.image,
            search: ImageSearch(directory: directory, files: files, variableFiles: variableFiles),
            environment: tool.variables)
    }

    /// Throws, with the line to change by hand, where the file of a line cannot be replaced.
    private static func checkEditable(_ line: VersionEdit.Line) throws(Fault) {
        do throws(Fault) { _ = try PersonsFile(line.file) } catch { throw .byHand(line, error) }
    }

    /// The project as it would be with the edit; nil where a file of it is included by another, of which no copy can
    /// stand in.
    private func trial(
        of edit: VersionEdit, _ written: ComposeConfig, permit: Permit
    ) async throws(Fault) -> ComposeConfig? {
        guard edit.files.allSatisfy({ files.contains($0) || variableFiles.contains($0) }), !edit.lines.isEmpty else {
            return nil
        }
        let folder = try TrialFolder()
        defer { folder.remove() }
        var command = command(["config", "--format", "json"])
        command.files = try copies(files, edit, in: folder, "file")
        if edit.files.contains(where: variableFiles.contains) {
            command.envFiles = try copies(variableFiles, edit, in: folder, "env")
        }
        if let readers = try readers(of: edit, written, in: folder) { command.files.append(readers) }
        return try await tool.config(command, permit)
    }

    /// A file in which every service that has a file of the edit as its `env_file` has copies of all of its files once more,
    /// behind the first: the last that sets a variable counts. Nil where none has.
    private func readers(
        of edit: VersionEdit, _ written: ComposeConfig, in folder: TrialFolder
    ) throws(Fault) -> String? {
        var services: [String: ComposeValue] = [:]
        for (service, tree) in (written.tree["services"]?.entries ?? [:]).sorted(by: { $0.key < $1.key }) {
            let entries = tree["env_file"].map { $0.items.isEmpty ? [$0] : $0.items } ?? []
            let paths = entries.map { $0["path"]?.text ?? $0.text ?? "" }
            guard paths.contains(where: edit.files.contains) else { continue }
            let places = try copies(paths, edit, in: folder, "\(services.count).reader", all: true)
            let copied = zip(entries, places).map { entry, place in
                guard case .mapping(var fields) = entry else { return ComposeValue.text(place) }
                fields["path"] = .text(place)
                return .mapping(fields)
            }
            services[service] = .mapping(["env_file": .list(copied)])
        }
        guard !services.isEmpty else { return nil }
        return try folder.write(ComposeValue.mapping(["services": .mapping(services)]).json, as: "readers.json")
    }

    private func copies(
        _ paths: [String], _ edit: VersionEdit, in folder: TrialFolder, _ name: String, all: Bool = false
    ) throws(Fault) -> [String] {
        var places: [String] = []
        for (index, path) in paths.enumerated() {
            guard all || edit.files.contains(path), let bytes = try LocalFile.bytes(path) else {
                places.append(path)
                continue
            }
            places.append(try folder.write(try edit.applied(to: bytes, of: path), as: "\(name)\(index)"))
        }
        return places
    }

    /// Writes an edit, keeps what was there in a folder, and has Compose say that it is as wanted and nothing else
    /// has changed; otherwise puts the old text back. Done twice it is done once.
    ///
    /// `before` is the project as it is, where that was just read; what it is afterwards is returned.
    @discardableResult
    func apply(
        _ edit: VersionEdit, before: ComposeConfig? = nil, keeping folder: String, permit: Permit
    ) async throws(Fault) -> ComposeConfig {
        let before = if let before { before } else { try await read(permit: permit) }
        var replaced: [(file: PersonsFile, old: [UInt8], new: [UInt8])] = []
        do throws(Fault) {
            for path in edit.files {
                let file = try PersonsFile(path)
                let old = try file.bytes()
                let new = try edit.applied(to: old, of: path)
                guard old != new else { continue }
                try file.keep(old, in: folder)
                try file.replace(old, with: new, permit: permit)
                replaced.append((file, old, new))
            }
            let after = try await read(permit: permit)
            try Self.check(edit, was: before, is: after, or: { .writtenInVain(edit, why: $0) })
            return after
        } catch {
            // What is not this run's any more is not put back by it either.
            guard error.kind != .owned, error.kind != .interrupted else { throw error }
            for (file, old, new) in replaced.reversed() { try file.replace(new, with: old, permit: permit) }
            throw error
        }
    }

    private static func check(
        _ edit: VersionEdit, was before: ComposeConfig, is after: ComposeConfig, or fault: (String) -> Fault
    ) throws(Fault) {
        for (service, images) in edit.images.sorted(by: { $0.key < $1.key }) {
            let image = after.services[service]?.image
            if image != images.after { throw fault("\(service) would have \(image ?? "no image")") }
        }
        let own = edit.images.keys.flatMap { service in follow(edit, in: service, was: before, is: after) }
        let others = after.differences(from: before).filter { path in
            !own.contains(path)
                && !edit.images.keys.contains {
                    path == "services.\($0).image" || path.hasPrefix("services.\($0).build")
                }
        }
        if !others.isEmpty { throw fault("it also changes \(others.prefix(5).joined(separator: ", "))") }
    }

    /// Throws where a service that is not upgraded has the version in its environment.
    private static func checkReaders(
        of edit: VersionEdit, was before: ComposeConfig, is after: ComposeConfig
    ) throws(Fault) {
        for service in after.services.keys.sorted() where edit.images[service] == nil {
            guard let path = follow(edit, in: service, was: before, is: after).first else { continue }
            throw .variableIsShared(edit, String(path.split(separator: ".").last ?? ""), with: service)
        }
    }

    /// The variables of a service's environment that follow the edit because they are the very variable that is edited, as
    /// where the file is an `env_file` as well. A service that is upgraded is made anew anyway.
    private static func follow(
        _ edit: VersionEdit, in service: String, was before: ComposeConfig, is after: ComposeConfig
    ) -> [String] {
        edit.lines.compactMap { line in
            guard let name = line.variable.map(String.init), let new = after.services[service]?.environment[name],
                let old = before.services[service]?.environment[name], old != new, new == line.after
            else { return nil }
            return "services.\(service).environment.\(name)"
        }
    }
}
