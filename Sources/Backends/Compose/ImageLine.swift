import UpgradeCore
import Yams

/// The value of an `image:` where a person has written it.
struct ImageLine: Equatable, Sendable {
    let file: String
    /// Its first byte in the file; tells whether two services share it.
    let offset: Int
    /// The number of the line, from 1.
    let number: Int
    /// The bytes of the value in the line.
    let place: Range<Int>
    let written: String
    /// Files of variables that count for this place beside the project's own, and give way to them.
    var variableFiles: [String] = []

    /// The value with another text in a part of it.
    func replacing(_ part: Range<Int>, with text: String) -> String {
        var bytes = Array(written.utf8)
        bytes.replaceSubrange(part, with: text.utf8)
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A line of a file of text.
struct TextLine: Equatable, Sendable {
    let number: Int
    /// Its bytes in the file, without the line's end.
    let place: Range<Int>
    let text: String

    /// The line that holds this byte; nil where it is no UTF-8.
    init?(of bytes: [UInt8], at offset: Int) {
        let newline = UInt8(ascii: "\n")
        let start = bytes[..<offset].lastIndex(of: newline).map { $0 + 1 } ?? 0
        var end = bytes[offset...].firstIndex(of: newline) ?? bytes.count
        if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        self.init(bytes, start..<end, number: bytes[..<start].count { $0 == newline } + 1)
    }

    private init?(_ bytes: [UInt8], _ place: Range<Int>, number: Int) {
        guard place.lowerBound <= place.upperBound, let text = String(validating: bytes[place], as: UTF8.self) else {
            return nil
        }
        (self.number, self.place, self.text) = (number, place, text)
    }

    /// Every line that is UTF-8.
    static func all(_ bytes: [UInt8]) -> [TextLine] {
        var lines: [TextLine] = []
        var (start, number) = (0, 1)
        while start <= bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            let last = end > start && bytes[end - 1] == UInt8(ascii: "\r") ? end - 1 : end
            if let line = TextLine(bytes, start..<last, number: number) { lines.append(line) }
            (start, number) = (end + 1, number + 1)
        }
        return lines
    }
}

/// Looks for the `image:` of services in the files of a project. What was found is held against what Compose says.
struct ImageSearch {
    /// The directory against which paths in a file count.
    let directory: String
    /// In order; the later ones override the earlier.
    let files: [String]
    var variableFiles: [String] = []
    /// How many files deep this search is; a circle is left to Compose to refuse.
    var depth = 0

    /// The place that counts for a service; nil where none is found.
    func line(of service: String) throws(Fault) -> ImageLine? {
        for file in files.reversed() {
            guard let bytes = try LocalFile.bytes(file), let root = Self.root(bytes) else { continue }
            if let node = root["services"]?[service],
                let line = try line(in: node, service, root, file, bytes)
            {
                return line
            }
            if let line = try included(service, root) { return line }
        }
        return nil
    }

    private static func root(_ bytes: [UInt8]) -> Node? {
        do { return try Yams.compose(yaml: String(decoding: bytes, as: UTF8.self)) } catch { return nil }
    }

    private func line(
        in node: Node, _ service: String, _ root: Node, _ file: String, _ bytes: [UInt8]
    ) throws(Fault) -> ImageLine? {
        if let image = Self.value("image", of: node) { return place(of: image, file, bytes) }
        guard depth < 16, let base = Self.value("extends", of: node) else { return nil }
        let name = base.string ?? base["service"]?.string ?? service
        guard let path = base["file"]?.string else {
            guard name != service, let other = root["services"]?[name] else { return nil }
            var deeper = self
            deeper.depth += 1
            return try deeper.line(in: other, name, root, file, bytes)
        }
        let other = ComposeFiles.absolute(path, in: directory)
        return try ImageSearch(
            directory: LocalFile.folder(of: other), files: [other], variableFiles: variableFiles, depth: depth + 1
        ).line(of: name)
    }

    /// The value of a key, also one that is merged in with `<<`.
    private static func value(_ key: String, of node: Node) -> Node? {
        if let own = node[key] { return own }
        guard let merged = node["<<"] else { return nil }
        for base in merged.sequence.map({ Array($0) }) ?? [merged] {
            if let value = value(key, of: base) { return value }
        }
        return nil
    }

    private func included(_ service: String, _ root: Node) throws(Fault) -> ImageLine? {
        guard depth < 16, let includes = root["include"]?.sequence else { return nil }
        for include in includes {
            let paths = Self.texts(include.string == nil ? include["path"] : include)
            guard let first = paths.first else { continue }
            let files = paths.map { ComposeFiles.absolute($0, in: directory) }
            let folder =
                include["project_directory"]?.string.map { ComposeFiles.absolute($0, in: directory) }
                ?? LocalFile.folder(of: ComposeFiles.absolute(first, in: directory))
            let named = Self.texts(include["env_file"]).map { ComposeFiles.absolute($0, in: directory) }
            let variables = named.isEmpty ? ["\(folder)/.env"].filter(LocalFile.exists) : named
            let search = ImageSearch(
                directory: folder, files: files, variableFiles: variables + variableFiles, depth: depth + 1)
            if let line = try search.line(of: service) { return line }
        }
        return nil
    }

    private static func texts(_ node: Node?) -> [String] {
        node?.string.map { [$0] } ?? node?.sequence.map { $0.compactMap(\.string) } ?? []
    }

    /// Where a value stands; nil where it is not in one line as it is.
    private func place(of node: Node, _ file: String, _ bytes: [UInt8]) -> ImageLine? {
        guard let scalar = node.scalar, let mark = scalar.mark else { return nil }
        let lines = TextLine.all(bytes)
        guard let line = lines.first(where: { $0.number == mark.line }) else { return nil }
        // To libyaml a byte order mark is a column too.
        let before = line.text.unicodeScalars.prefix(mark.column - 1)
        var start = line.place.lowerBound + before.reduce(0) { $0 + UTF8.width($1) }
        start = Self.skippingProperties(bytes, from: start, to: line.place.upperBound)
        if scalar.style == .singleQuoted || scalar.style == .doubleQuoted { start += 1 }
        let value = Array(scalar.string.utf8)
        guard start <= line.place.upperBound, bytes[start..<line.place.upperBound].starts(with: value) else {
            return nil
        }
        let place = start - line.place.lowerBound..<start - line.place.lowerBound + value.count
        return ImageLine(
            file: file, offset: start, number: line.number, place: place, written: scalar.string,
            variableFiles: variableFiles)
    }

    /// Passes over an anchor or a tag before a value.
    private static func skippingProperties(_ bytes: [UInt8], from start: Int, to end: Int) -> Int {
        var index = start
        let blank: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        while index < end, bytes[index] == UInt8(ascii: "&") || bytes[index] == UInt8(ascii: "!") {
            while index < end, !blank(bytes[index]) { index += 1 }
            while index < end, blank(bytes[index]) { index += 1 }
        }
        return index
    }
}

extension UTF8 {
    fileprivate static func width(_ scalar: Unicode.Scalar) -> Int { String(Character(scalar)).utf8.count }
}
