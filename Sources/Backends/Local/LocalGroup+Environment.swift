import Glibc
package import UpgradeCore

extension LocalGroup {
    /// What instances take over from whoever starts them. The rest must be written down, so that an instance does not
    /// depend on who upgraded it: neither a CI job's variables nor its secrets reach it.
    private static let inherited: Set<String> = [
        "HOME", "LANG", "LANGUAGE", "LOGNAME", "PATH", "SHELL", "TMPDIR", "TZ", "USER", "SSL_CERT_FILE", "SSL_CERT_DIR",
    ]

    /// The application's settings as the group writes them, file and map together, without what is inherited.
    /// `workload` names a companion; nil stands for the group itself. Throws `.missing` or `.invalid` for the file.
    package func settings(of workload: String? = nil, in folder: String) throws(Fault) -> [String: String] {
        var settings: [String: String] = [:]
        if let environmentFile {
            let path = LocalGroup.path(environmentFile, in: folder)
            guard let text = try LocalFile.text(path) else { throw .noEnvironmentFile(path) }
            settings = try LocalGroup.variables(in: text, of: path)
        }
        settings.merge(environment) { $1 }
        if let companion = companions.first(where: { $0.name == workload }) {
            settings.merge(companion.environment) { $1 }
        }
        return settings
    }

    /// Everything that an instance gets, beside what tells it from others.
    func environment(of workload: String, in folder: String) throws(Fault) -> [String: String] {
        var all: [String: String] = [:]
        for (name, value) in LocalGroup.ownEnvironment where LocalGroup.isInherited(name) { all[name] = value }
        return try all.merging(settings(of: workload, in: folder)) { $1 }
    }

    private static func isInherited(_ name: String) -> Bool { inherited.contains(name) || name.hasPrefix("LC_") }

    private static var ownEnvironment: [(String, String)] {
        var pairs: [(String, String)] = []
        for entry in ProcessGroup.ownEnvironment {
            guard let mark = entry.firstIndex(of: "=") else { continue }
            pairs.append((String(entry[..<mark]), String(entry[entry.index(after: mark)...])))
        }
        return pairs
    }

    /// A path of the file, relative to the folder of the group.
    static func path(_ path: String, in folder: String) -> String { path.hasPrefix("/") ? path : "\(folder)/\(path)" }

    /// `KEY=VALUE` lines; blank ones and comments are passed over, `export` and quotes around the value are taken off.
    private static func variables(in text: String, of path: String) throws(Fault) -> [String: String] {
        var variables: [String: String] = [:]
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            var entry = trimmed(line)
            if entry.isEmpty || entry.hasPrefix("#") { continue }
            if entry.hasPrefix("export ") { entry = trimmed(entry.dropFirst("export ".count)) }
            guard let mark = entry.firstIndex(of: "="), isVariable(String(entry[..<mark])) else {
                throw .badEnvironmentLine(path, line: index + 1)
            }
            variables[String(entry[..<mark])] = unquoted(trimmed(entry[entry.index(after: mark)...]))
        }
        return variables
    }

    private static func trimmed(_ text: some BidirectionalCollection<Character>) -> Substring {
        var rest = Substring(String(text))
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return rest
    }

    private static func unquoted(_ value: Substring) -> String {
        guard value.count >= 2, let quote = value.first, quote == value.last, quote == "\"" || quote == "'" else {
            return String(value)
        }
        return String(value.dropFirst().dropLast())
    }
}
