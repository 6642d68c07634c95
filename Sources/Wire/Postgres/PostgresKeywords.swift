/// libpq's connection parameters, with the secret ones kept apart.
///
/// https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-PARAMKEYWORDS
package struct PostgresKeywords: Equatable, Sendable {
    package private(set) var plain: [String: String]
    package private(set) var secrets: [String: Secret]

    private static let secretNames: Set<String> = ["password", "sslpassword"]

    package init(_ values: [String: String] = [:]) {
        plain = values.filter { !Self.secretNames.contains($0.key) }
        secrets = values.filter { Self.secretNames.contains($0.key) }.mapValues { Secret($0) }
    }

    package var password: Secret? { secrets["password"] }

    package subscript(name: String) -> String? { plain[name] }

    /// Sets a parameter; an empty value is no value, as libpq sees it.
    package mutating func set(_ name: String, _ value: String?) {
        let value = value?.isEmpty == true ? nil : value
        if Self.secretNames.contains(name) {
            secrets[name] = value.map { Secret($0) }
        } else {
            plain[name] = value
        }
    }

    package func contains(_ name: String) -> Bool {
        plain[name] != nil || secrets[name] != nil
    }

    /// These, and what they leave open from others.
    package func filled(from others: PostgresKeywords) -> PostgresKeywords {
        var result = self
        result.plain.merge(others.plain) { mine, _ in mine }
        result.secrets.merge(others.secrets) { mine, _ in mine }
        return result
    }
}
