import Testing

@testable import open_webui_stand_in

extension Tag {
    /// Needs the PostgreSQL that OWUI_TEST_POSTGRES names; without it the test fails.
    @Tag static var postgres: Self
}

/// Two fresh databases of one test, the application's and the witness's, dropped when the test is done with them.
final class TestDatabase {
    struct Missing: Error, CustomStringConvertible {
        let description = "OWUI_TEST_POSTGRES is not set: run the tests through scripts/with-postgres"
    }

    let name: String
    let server: String
    private let superuser: Session

    init() throws {
        guard let server = System.setting("OWUI_TEST_POSTGRES") else { throw Missing() }
        Tally.note()
        self.server = server
        name = "stand_in_\(UInt64.random(in: 0...UInt64.max))"
        superuser = try Session([("dbname", server)])
        try superuser.run("CREATE DATABASE \(name)")
        try superuser.run("CREATE DATABASE \(name)_witness")
        try Session([("dbname", witnessURL)]).run(WitnessSession.tables)
    }

    deinit {
        for database in [name, "\(name)_witness"] {
            do { try superuser.run("DROP DATABASE \(database) WITH (FORCE)") } catch {
                print("left \(database): \(error)")
            }
        }
    }

    var url: String { Self.url(server, of: name) }
    var witnessURL: String { Self.url(server, of: "\(name)_witness") }

    func session() throws -> Session { try Session([("dbname", url)]) }

    func value(_ statement: String) throws -> String? { try session().value(statement) }

    var revision: String? {
        get throws {
            guard try value("SELECT to_regclass('alembic_version')") != nil else { return nil }
            return try value("SELECT string_agg(version_num, ' ') FROM alembic_version")
        }
    }

    func account() throws -> Account { try Account(reading: Session([("dbname", witnessURL)])) }

    /// Asks until the answer is the wanted one; a condition of another process, not a span of time.
    func wait(_ source: SourceLocation = #_sourceLocation, until condition: String, in url: String? = nil) throws {
        let session = try Session([("dbname", url ?? self.url)])
        for _ in 0..<3000 {
            if try session.value(condition) == "t" { return }
            try session.run("SELECT pg_sleep(0.01)")
        }
        Issue.record("never became true: \(condition)", sourceLocation: source)
    }

    /// Waits until nobody has a session at one of the two: the server learns of a process's end a moment after the kernel.
    func waitUntilLeft(_ source: SourceLocation = #_sourceLocation, at url: String? = nil) throws {
        try wait(
            source,
            until: """
                SELECT count(*) = 1 FROM pg_stat_activity
                    WHERE datname = current_database() AND backend_type = 'client backend'
                """, in: url)
    }

    /// The server's URL with another database in place of its own.
    private static func url(_ server: String, of database: String) -> String {
        let parts = server.split(separator: "?", maxSplits: 1)
        var base = parts[0]
        if let scheme = base.firstRange(of: "://"), let slash = base[scheme.upperBound...].firstIndex(of: "/") {
            base = base[..<slash]
        }
        return "\(base)/\(database)" + (parts.count > 1 ? "?\(parts[1])" : "")
    }
}
