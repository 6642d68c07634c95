/// Takes the secrets of an environment out of text that others wrote, such as logs.
struct Redaction: Sendable {
    private let secrets: [String]

    /// Names whose values are nobody's business.
    private static let marks = ["KEY", "SECRET", "PASSWORD", "PASSWD", "TOKEN", "CREDENTIAL", "PGPASS"]

    init(_ environments: [[String: String]]) {
        var secrets: Set<String> = []
        for (name, value) in environments.flatMap(\.self) {
            if Self.marks.contains(where: name.uppercased().contains) { secrets.insert(value) }
            if let password = Self.password(in: value) { secrets.insert(password) }
        }
        // Longest first: one secret may be a part of another. A value of a few letters stands in any text.
        self.secrets = secrets.filter { $0.utf8.count > 3 && !Self.isWord($0) }.sorted { $0.utf8.count > $1.utf8.count }
    }

    func callAsFunction(_ text: String) -> String {
        secrets.reduce(text) { $0.contains($1) ? $0.replacing($1, with: "••••••") : $0 }
    }

    private static func isWord(_ value: String) -> Bool {
        ["true", "false", "none", "null"].contains(value.lowercased())
    }

    /// The password of `scheme://user:password@host`.
    private static func password(in value: String) -> String? {
        guard let scheme = value.firstRange(of: "://"), let end = value.lastIndex(of: "@"), end > scheme.upperBound
        else { return nil }
        let user = value[scheme.upperBound..<end]
        return user.firstIndex(of: ":").map { String(user[user.index(after: $0)...]) }
    }
}
