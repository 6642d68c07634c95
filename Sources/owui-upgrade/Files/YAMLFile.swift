import UpgradeCore
import Yams

/// A YAML mapping that is read key by key, so that a key nobody asked for can be refused with the nearest known one.
struct YAMLMapping {
    let file: String
    /// Where in the file it stands, such as `deadlines.`; empty at the top.
    private let path: String
    private let line: Int
    /// What it describes, once that is known.
    var title = ""
    private var entries: [String: (node: Node, line: Int)] = [:]
    private var known: [String] = []
    /// The line of every key, also of those that were read.
    private var lines: [String: Int] = [:]

    /// Reads a whole file's text. `keys` are told to whoever wrote something else.
    init(text: String, file: String, keys: [String]) throws(Fault) {
        let root: Node
        do { root = try Yams.compose(yaml: text) ?? Node.mapping([:]) } catch {
            if case .duplicatedKeysInMapping(let names, let context) = error as? YamlError {
                throw .wrongYAML(
                    file, context.mark.line, "\(names.joined(separator: ", ")) is there twice",
                    remedy: "keep one of the two")
            }
            throw .unreadableYAML(file, why: Self.told(error), keys: keys)
        }
        guard case .mapping = root else { throw .noMapping(file, keys: keys) }
        try self.init(root, file: file, path: "", line: 1)
    }

    /// What is wrong and where. Yams itself would quote the line, and a line of settings may hold a secret.
    private static func told(_ error: any Error) -> String {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            "\(problem), in line \(mark.line), column \(mark.column)"
        case .reader(let problem, _, _, _): problem
        default: "it cannot be understood"
        }
    }

    private init(_ node: Node, file: String, path: String, line: Int) throws(Fault) {
        self.file = file
        self.path = path
        self.line = line
        guard case .mapping(let mapping) = node else {
            throw .wrongYAML(file, line, "\(path.dropLast()) must be a mapping of keys")
        }
        for (key, value) in mapping {
            let line = key.mark?.line ?? line
            guard let name = key.string else { throw .wrongYAML(file, line, "a key must be a single value") }
            if entries[name] != nil { throw .wrongYAML(file, line, "\(path)\(name) is there twice") }
            entries[name] = (value, line)
            lines[name] = line
        }
    }

    private mutating func take(_ key: String) -> (node: Node, line: Int)? {
        known.append(key)
        guard let entry = entries.removeValue(forKey: key) else { return nil }
        if case .scalar(let scalar) = entry.node, scalar.style == .plain, ["", "~", "null"].contains(scalar.string) {
            return nil
        }
        return entry
    }

    /// Whether somebody wrote this key, with a value or without, and nobody has read it yet.
    func has(_ key: String) -> Bool { entries[key] != nil }

    /// What is wrong with the value of a key, with its line.
    func wrong(_ key: String, _ what: String, remedy: String) -> Fault {
        .wrongYAML(file, lines[key] ?? line, what, remedy: remedy)
    }

    /// A command line of a person's own, which must hold something.
    mutating func words(_ key: String) throws(Fault) -> String? {
        guard let text = try text(key) else { return nil }
        guard !text.allSatisfy(\.isWhitespace) else {
            throw wrong(key, "\(path)\(key) is empty", remedy: "write the command, or remove the line")
        }
        return text
    }

    /// A single value as it is written.
    mutating func text(_ key: String) throws(Fault) -> String? {
        guard let (node, line) = take(key) else { return nil }
        guard case .scalar(let scalar) = node else {
            throw .wrongYAML(file, line, "\(path)\(key) must be a single value")
        }
        return scalar.string
    }

    /// The line of a key that has not been read yet.
    func lineOf(_ key: String) -> Int { entries[key]?.line ?? line }

    mutating func integer(_ key: String, in range: ClosedRange<Int>) throws(Fault) -> Int? {
        let line = lineOf(key)
        guard let text = try text(key) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw .wrongYAML(
                file, line,
                "\(path)\(key) must be a whole number from \(range.lowerBound) to \(range.upperBound), not \(text)")
        }
        return number
    }

    mutating func flag(_ key: String) throws(Fault) -> Bool? {
        let line = lineOf(key)
        guard let text = try text(key) else { return nil }
        guard let flag = ["true": true, "yes": true, "false": false, "no": false][text.lowercased()] else {
            throw .wrongYAML(file, line, "\(path)\(key) must be true or false, not \(text)")
        }
        return flag
    }

    mutating func mapping(_ key: String) throws(Fault) -> YAMLMapping? {
        guard let (node, line) = take(key) else { return nil }
        return try YAMLMapping(node, file: file, path: "\(path)\(key).", line: line)
    }

    /// Whether a key holds a single value rather than a mapping or a list.
    func isText(_ key: String) -> Bool {
        if case .scalar = entries[key]?.node { true } else { false }
    }

    mutating func texts(_ key: String) throws(Fault) -> [String]? {
        guard let (node, line) = take(key) else { return nil }
        guard case .sequence(let sequence) = node else { throw .wrongYAML(file, line, "\(path)\(key) must be a list") }
        var values: [String] = []
        for item in sequence {
            guard let value = item.string else { throw .wrongYAML(file, line, "\(path)\(key) must hold single values") }
            values.append(value)
        }
        return values
    }

    /// A mapping whose keys are free, such as environment variables.
    mutating func dictionary(_ key: String) throws(Fault) -> [String: String]? {
        guard var mapping = try mapping(key) else { return nil }
        var values: [String: String] = [:]
        for name in mapping.entries.keys.sorted() { values[name] = try mapping.text(name) ?? "" }
        return values
    }

    mutating func mappings(_ key: String) throws(Fault) -> [YAMLMapping]? {
        guard let (node, line) = take(key) else { return nil }
        guard case .sequence(let sequence) = node else { throw .wrongYAML(file, line, "\(path)\(key) must be a list") }
        var values: [YAMLMapping] = []
        for (index, item) in sequence.enumerated() {
            values.append(
                try YAMLMapping(item, file: file, path: "\(path)\(key)[\(index)].", line: item.mark?.line ?? line))
        }
        return values
    }

    /// A value that must be there.
    mutating func needed(_ key: String) throws(Fault) -> String {
        guard let text = try text(key) else { throw lacks(key) }
        return text
    }

    /// What is said where a key must be there and is not.
    func lacks(_ key: String) -> Fault { .missingKey(file, path + key, line: path.isEmpty ? nil : line, of: title) }

    /// Refuses what nobody has asked for.
    func finish() throws(Fault) { try refuseOthers(than: known) }

    /// Refuses every key but these; asked first, a key that is written wrong is told as such and not as missing.
    func refuseOthers(than known: [String]) throws(Fault) {
        let others = entries.filter { !known.contains($0.key) }
        guard let (name, entry) = others.min(by: { $0.value.line < $1.value.line }) else { return }
        throw .unknownKey(
            file, entry.line, path + name, nearest: name.nearest(of: known).map { path + $0 }, known: known)
    }
}

extension String {
    /// The candidate that is fewest edits away; nil where none is near.
    func nearest(of candidates: [String]) -> String? {
        let distances = candidates.map { ($0, distance(to: $0)) }
        guard let best = distances.min(by: { $0.1 < $1.1 }), best.1 <= max(2, count / 3) else { return nil }
        return best.0
    }

    /// The Levenshtein distance.
    private func distance(to other: String) -> Int {
        var row = Array(0...other.count)
        for (i, left) in enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, right) in other.enumerated() {
                let substituted = diagonal + (left == right ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = Swift.min(substituted, diagonal + 1, row[j] + 1)
            }
        }
        return row[other.count]
    }
}
