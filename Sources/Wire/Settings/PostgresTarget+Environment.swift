internal import UpgradeCore

extension PostgresTarget {
    /// What SQLAlchemy and the driver hand to libpq, and what libpq finds in the environment beside it.
    init(_ address: DatabaseAddress, environment: [String: String]) throws(Fault) {
        var keywords = PostgresKeywords()
        keywords.set("host", address.host)
        keywords.set("port", address.port)
        keywords.set("user", address.user)
        keywords.set("password", address.password?.reveal())
        keywords.set("dbname", address.database)
        try Self.read(address.query, into: &keywords)
        self.init(
            keywords: keywords, inherited: Self.inherited(environment),
            serviceFiles: Self.serviceFiles(environment))
    }

    private static func read(
        _ query: [(name: String, value: String)],
        into keywords: inout PostgresKeywords
    ) throws(Fault) {
        readHosts(query.filter { $0.name == "host" }.map(\.value), into: &keywords)
        for (name, value) in query where name != "host" {
            if LibpqParameters.known.contains(name) {
                try check(name, value)
                keywords.set(name, value)
            } else if name == "ssl" {
                // asyncpg's name. Open WebUI takes its value over as sslmode; sslmode itself wins.
                guard !query.contains(where: { $0.name == "sslmode" }) else { continue }
                try check("sslmode", LibpqParameters.mode(ofSSL: value))
                keywords.set("sslmode", LibpqParameters.mode(ofSSL: value))
            } else if !LibpqParameters.ofDrivers.contains(name) {
                throw .badAddress("it has a parameter \(name), which libpq does not know")
            }
        }
    }

    /// `host=a:1&host=b:2`, `host=a,b` and `host=/run/postgresql`, which win over the host before the path.
    private static func readHosts(_ hosts: [String], into keywords: inout PostgresKeywords) {
        guard !hosts.isEmpty else { return }
        let pairs = hosts.map { host -> (String, String?) in
            guard !host.hasPrefix("/"), let colon = host.firstIndex(of: ":"),
                host[host.index(after: colon)...].allSatisfy(\.isNumber)
            else { return (host, nil) }
            return (String(host[..<colon]), String(host[host.index(after: colon)...]))
        }
        keywords.set("host", pairs.map(\.0).joined(separator: ","))
        if pairs.contains(where: { $0.1 != nil }) {
            keywords.set("port", pairs.map { $0.1 ?? "5432" }.joined(separator: ","))
        }
    }

    private static func check(_ name: String, _ value: String) throws(Fault) {
        guard let allowed = LibpqParameters.values[name], !allowed.contains(value) else { return }
        throw .badAddress("\(name) is none of \(allowed.joined(separator: ", "))")
    }

    private static func inherited(_ environment: [String: String]) -> PostgresKeywords {
        var keywords = PostgresKeywords()
        for (variable, keyword) in LibpqParameters.variables {
            keywords.set(keyword, environment[variable])
        }
        return keywords
    }

    private static func serviceFiles(_ environment: [String: String]) -> [String] {
        let own = environment["PGSERVICEFILE"] ?? environment["HOME"].map { $0 + "/.pg_service.conf" }
        let system = environment["PGSYSCONFDIR"] ?? "/etc/postgresql-common"
        return (own.map { [$0] } ?? []) + [system + "/pg_service.conf"]
    }
}
