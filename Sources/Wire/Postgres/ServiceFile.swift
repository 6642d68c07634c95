package import UpgradeCore

/// libpq's `pg_service.conf`: https://www.postgresql.org/docs/15/libpq-pgservice.html
package struct ServiceFile: Equatable, Sendable {
    private let services: [String: PostgresKeywords]

    package init(_ text: String, path: String) throws(Fault) {
        var services: [String: PostgresKeywords] = [:]
        var current: String?
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = line.trimmed
            if line.isEmpty || line.hasPrefix("#") { continue }
            if line.hasPrefix("["), line.hasSuffix("]") {
                // A second section of the same name is never looked at by libpq.
                let name = String(line.dropFirst().dropLast())
                current = services[name] == nil ? name : nil
                services[name] = services[name] ?? PostgresKeywords()
                continue
            }
            guard let equals = line.firstIndex(of: "="), equals > line.startIndex else {
                throw .badServiceFile(path, line: number + 1)
            }
            guard let current else { continue }
            services[current]?.set(line[..<equals].trimmed, line[line.index(after: equals)...].trimmed)
        }
        self.services = services
    }

    /// Nil when the file has no such service.
    package func parameters(of service: String) -> PostgresKeywords? {
        services[service]
    }
}

extension StringProtocol {
    /// Without white space at either end.
    var trimmed: String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
