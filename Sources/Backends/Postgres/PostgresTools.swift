import Glibc
import UpgradeCore
import Wire

/// PostgreSQL's client programs on this machine.
enum PostgresTools {
    /// The path of a program: the newest of Debian's version folders, which a server of any older version accepts,
    /// else the one in `PATH`.
    static func path(of tool: String) throws(Fault) -> String {
        let root = "/usr/lib/postgresql"
        var versions: [Int] = []
        if let folder = opendir(root) {
            defer { closedir(folder) }
            while let entry = readdir(folder) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if let version = Int(name), access("\(root)/\(name)/bin/\(tool)", X_OK) == 0 {
                    versions.append(version)
                }
            }
        }
        if let newest = versions.max() { return "\(root)/\(newest)/bin/\(tool)" }
        let places = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        for place in places.split(separator: ":") where access("\(place)/\(tool)", X_OK) == 0 {
            return "\(place)/\(tool)"
        }
        throw .noTool(tool)
    }
}

extension PostgresTarget {
    /// How libpq's parameters are named in the environment of PostgreSQL's client programs (libpq's documentation,
    /// "Environment Variables"). A password goes this way, because other users may read a command line.
    private static let variables = [
        "host": "PGHOST", "hostaddr": "PGHOSTADDR", "port": "PGPORT", "user": "PGUSER", "dbname": "PGDATABASE",
        "password": "PGPASSWORD", "passfile": "PGPASSFILE", "options": "PGOPTIONS", "sslmode": "PGSSLMODE",
        "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY", "sslcrl": "PGSSLCRL",
        "channel_binding": "PGCHANNELBINDING", "gssencmode": "PGGSSENCMODE", "krbsrvname": "PGKRBSRVNAME",
        "requirepeer": "PGREQUIREPEER", "ssl_min_protocol_version": "PGSSLMINPROTOCOLVERSION",
        "target_session_attrs": "PGTARGETSESSIONATTRS", "ssl_max_protocol_version": "PGSSLMAXPROTOCOLVERSION",
        "sslcrldir": "PGSSLCRLDIR", "sslsni": "PGSSLSNI", "sslcertmode": "PGSSLCERTMODE",
        "sslcompression": "PGSSLCOMPRESSION", "require_auth": "PGREQUIREAUTH", "gsslib": "PGGSSLIB",
        "gssdelegation": "PGGSSDELEGATION", "sslnegotiation": "PGSSLNEGOTIATION",
        "load_balance_hosts": "PGLOADBALANCEHOSTS",
    ]

    /// The environment in which `pg_dump`, `pg_restore` and `psql` reach this database.
    func clientEnvironment() throws(Fault) -> [String: String] {
        let parameters = try parameters()
        var environment = ["PGAPPNAME": PostgresDatabase.applicationName, "PGCONNECT_TIMEOUT": "10"]
        for (keyword, value) in parameters.plain { environment[Self.variables[keyword] ?? ""] = value }
        for (keyword, secret) in parameters.secrets { environment[Self.variables[keyword] ?? ""] = secret.reveal() }
        environment[""] = nil
        return environment
    }
}
