package import UpgradeCore

/// Where a PostgreSQL database is and how to get in, as Open WebUI's environment says it.
package struct PostgresTarget: Equatable, Sendable {
    /// What is said outright, in the URL.
    package var keywords: PostgresKeywords
    /// What libpq in the application reads from its environment where the URL says nothing.
    package var inherited: PostgresKeywords
    /// Where a service file may be, in the order in which libpq looks.
    package var serviceFiles: [String]
    /// `DATABASE_SCHEMA`.
    package var schema: String?
    /// The password is an RDS IAM token that only the application can make (`DATABASE_ENABLE_IAM_TOKEN_AUTH`).
    package var usesTokens: Bool

    package init(
        keywords: PostgresKeywords,
        inherited: PostgresKeywords = PostgresKeywords(),
        serviceFiles: [String] = [],
        schema: String? = nil,
        usesTokens: Bool = false
    ) {
        self.keywords = keywords
        self.inherited = inherited
        self.serviceFiles = serviceFiles
        self.schema = schema
        self.usesTokens = usesTokens
    }

    /// The password that was said outright or in `PGPASSWORD`; one in a password file or a service file is not here.
    package var password: Secret? { keywords.password ?? inherited.password }

    /// The name of the service whose file has to be read.
    package var service: String? { keywords["service"] ?? inherited["service"] }

    /// All parameters in libpq's order: said outright, then the service, then the environment.
    package func parameters() throws(Fault) -> PostgresKeywords {
        guard let service else { return keywords.filled(from: inherited) }
        var merged = keywords.filled(from: try serviceParameters(service)).filled(from: inherited)
        merged.set("service", nil)
        return merged
    }

    private func serviceParameters(_ name: String) throws(Fault) -> PostgresKeywords {
        for path in serviceFiles {
            guard let text = try readText(path) else { continue }
            if let found = try ServiceFile(text, path: path).parameters(of: name) { return found }
        }
        throw .noService(name, files: serviceFiles)
    }
}

extension PostgresTarget: CustomStringConvertible {
    /// As a URL in which every secret is dots.
    package var description: String {
        let known = keywords.filled(from: inherited)
        let user = known["user"].map { user in known.password == nil ? "\(user)@" : "\(user):••••••@" } ?? ""
        let database = known["dbname"].map { "/\($0)" } ?? ""
        let rest = known.plain.filter { !["user", "host", "port", "dbname"].contains($0.key) }
            .map { "\($0.key)=\($0.value)" }
        let hidden = known.secrets.keys.filter { $0 != "password" }.map { "\($0)=••••••" }
        let query = (rest + hidden).sorted().joined(separator: "&")
        return "postgresql://\(user)\(known.place)\(database)\(query.isEmpty ? "" : "?" + query)"
    }
}

extension PostgresKeywords {
    /// Host and port for people: `db.example:5432`, `[::1]:5433`, `/run/postgresql`.
    package var place: String {
        guard let host = plain["host"] ?? plain["hostaddr"] else { return plain["service"] ?? "the local socket" }
        guard !host.hasPrefix("/"), !host.contains(",") else { return host }
        let name = host.contains(":") ? "[\(host)]" : host
        return "\(name):\(plain["port"] ?? "5432")"
    }
}
