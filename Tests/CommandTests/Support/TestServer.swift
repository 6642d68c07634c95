import Glibc
import Testing

@testable import open_webui_stand_in

extension Tag {
    /// Needs the PostgreSQL that OWUI_TEST_POSTGRES names; without it the test fails.
    @Tag static var postgres: Self
}

/// The PostgreSQL that tests run against.
enum TestServer {
    /// The server's own address, with its password.
    static func address() throws -> String {
        guard let address = System.setting("OWUI_TEST_POSTGRES") else {
            throw Trouble("OWUI_TEST_POSTGRES is not set: run the tests through scripts/with-postgres")
        }
        return address
    }

    /// The address of one of its databases.
    static func address(of database: String) throws -> String {
        let parts = try address().split(separator: "?", maxSplits: 1)
        var base = parts[0]
        if let scheme = base.firstRange(of: "://"), let slash = base[scheme.upperBound...].firstIndex(of: "/") {
            base = base[..<slash]
        }
        return "\(base)/\(database)" + (parts.count > 1 ? "?\(parts[1])" : "")
    }

    /// Does statements in a database, `postgres` where none is named, each in a transaction of its own.
    static func run(_ statements: String..., in database: String = "postgres") async throws {
        let address = try address(of: database)
        try await offThePool {
            let session = try Session([("dbname", address)])
            for statement in statements { try session.run(statement) }
        }
    }

    /// The rows of a question.
    static func rows(_ statement: String, in database: String) async throws -> [[String?]] {
        let address = try address(of: database)
        return try await offThePool { try Session([("dbname", address)]).rows(statement) }
    }

    /// The first value of the first row.
    static func value(_ statement: String, in database: String) async throws -> String? {
        try await rows(statement, in: database).first?.first ?? nil
    }

    /// Asks until the answer is yes: a condition of other processes, not a span of time.
    static func wait(until condition: String, in database: String) async throws {
        let address = try address(of: database)
        try await offThePool {
            let session = try Session([("dbname", address)])
            for _ in 0..<18_000 {
                if try session.value(condition) == "t" { return }
                try session.run("SELECT pg_sleep(0.01)")
            }
            throw Trouble("never became true: \(condition)")
        }
    }

    /// A database that a start of this version has made, to make others after; an empty witness's where it is nil.
    static func template(_ version: String?) async throws -> String { try await templates.template(version) }

    private static let templates = Templates()

    private actor Templates {
        private var made: [String?: Task<String, any Error>] = [:]

        func template(_ version: String?) async throws -> String {
            let task = made[version] ?? Task { try await Self.make(version) }
            made[version] = task
            return try await task.value
        }

        private static func make(_ version: String?) async throws -> String {
            let name = "template_\(version?.map { $0 == "." ? "_" : "\($0)" }.joined() ?? "witness")_\(getpid())"
            try await TestServer.run("DROP DATABASE IF EXISTS \(name) WITH (FORCE)", "CREATE DATABASE \(name)")
            let address = try TestServer.address(of: name)
            guard let version else {
                try await TestServer.run(WitnessSession.tables, in: name)
                return name
            }
            _ = try await Workshop.command(for: [version])
            let settings = ["DATABASE_URL": address, "WEBUI_SECRET_KEY": "key"]
            let started = try await ChildProcess.run(
                "\(try Workshop.root())/opt/\(version)/bin/open-webui",
                ["serve", "--host", "127.0.0.1", "--port", "0"],
                settings, .init(number: SIGTERM, moment: .says("Uvicorn running on")))
            guard started.out.contains("Uvicorn running on") || started.error.contains("Uvicorn running on") else {
                throw Trouble("\(version) did not start: \(started.story)")
            }
            return name
        }
    }
}

/// The count of the tests that asked PostgreSQL or another server, for whoever runs them: a test with many cases is one.
enum Tally {
    static func count(asked server: String = "postgres") {
        guard let path = System.setting("OWUI_TEST_TALLY"), let test = Test.current else { return }
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        System.write("\(server) \(test.id)\n", to: descriptor)
        close(descriptor)
    }
}
