/// Where the application's database is, in every form that the played release understands.
struct DatabaseSettings {
    let keywords: [(String, String)]
    /// The schema to work in; nil where the release has no such thing or ignores it.
    let schema: String?

    /// The parts of DATABASE_TYPE… in libpq's words; they count only when all are there.
    private static let parts = [
        ("DATABASE_USER", "user"), ("DATABASE_PASSWORD", "password"), ("DATABASE_HOST", "host"),
        ("DATABASE_PORT", "port"), ("DATABASE_NAME", "dbname"),
    ]

    init(for version: Version) throws(StartFailure) {
        schema = version >= "0.12.0" ? System.setting("DATABASE_SCHEMA") : nil
        if version >= "0.6.19", let type = System.setting("DATABASE_TYPE") {
            let values = Self.parts.compactMap { part in System.setting(part.0).map { (part.1, $0) } }
            if values.count == Self.parts.count {
                _ = try Self.plain("\(type)://", for: version)
                keywords = values
                return
            }
        }
        guard let url = System.setting("DATABASE_URL") else {
            throw StartFailure(exit: 1, lines: "RuntimeError: the stand-in plays Open WebUI on PostgreSQL only")
        }
        keywords = [("dbname", try Self.plain(url, for: version))]
    }

    /// The URL as libpq reads it: the driver is Python's affair.
    private static func plain(_ url: String, for version: Version) throws(StartFailure) -> String {
        guard let colon = url.firstIndex(of: ":"), url[colon...].hasPrefix("://") else {
            throw StartFailure(exit: 1, lines: "sqlalchemy.exc.ArgumentError: Could not parse SQLAlchemy URL")
        }
        let scheme = url[..<colon]
        let drivers: [Substring] = ["postgresql+psycopg2", "postgresql+psycopg", "postgresql+asyncpg"]
        if scheme == "postgres" || scheme == "postgresql" || (drivers.contains(scheme) && version >= "0.9.6") {
            return "postgresql" + url[colon...]
        }
        throw StartFailure(exit: 1, lines: "RuntimeError: Unrecognized or unsupported scheme: \"\(scheme)\".")
    }
}
