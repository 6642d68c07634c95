import Glibc
import Testing
import UpgradeCore

@testable import Wire

@Suite(.tags(.postgres)) struct `Connecting to a database` {
    struct Trouble: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let change: [String: String?]
        let kind: Fault.Kind
        let sqlstate: SQLState?
    }

    static let troubles = [
        Trouble(
            testDescription: "a wrong password", change: ["password": "not-this-one"], kind: .denied,
            sqlstate: .invalidPassword),
        Trouble(testDescription: "no password", change: ["password": nil], kind: .denied, sqlstate: nil),
        Trouble(
            testDescription: "a user that is not there", change: ["user": "nobody"], kind: .denied,
            sqlstate: .invalidPassword),
        Trouble(
            testDescription: "a database that is not there", change: ["dbname": "nowhere"], kind: .missing,
            sqlstate: .invalidCatalogName),
        Trouble(testDescription: "a closed port", change: ["port": "1"], kind: .unavailable, sqlstate: nil),
        Trouble(
            testDescription: "a socket that is not there", change: ["host": "/nonexistent"], kind: .unavailable,
            sqlstate: nil),
        Trouble(
            testDescription: "TLS where the server has none", change: ["sslmode": "require"], kind: .denied,
            sqlstate: nil),
    ]

    @Test(arguments: troubles)
    func `names the trouble and never the password`(trouble: Trouble) async throws {
        var target = try TestPostgres.target()
        let password = try #require(target.password)
        target.keywords.set("passfile", "/dev/null")
        for (name, value) in trouble.change { target.keywords.set(name, value) }
        let fault = try #require(await failure { _ = try await PostgresSession.connect(to: target, as: "test") })
        #expect(fault.kind == trouble.kind)
        #expect(fault.sqlstate == trouble.sqlstate)
        #expect(!fault.fault.remedy.isEmpty)
        #expect(!fault.fault.why.isEmpty)
        let text = "\(fault)"
        #expect(!text.contains(password.reveal()))
        #expect(!text.contains("not-this-one"))
        #expect(!fault.fault.why.contains { $0.isNewline || $0 == "\t" })
        #expect(!fault.fault.why.contains("LOCATION"))
    }

    @Test func `too many sessions is a thing that passes`() async throws {
        let (session, target) = try await TestPostgres.freshDatabase()
        let name = try #require(target.keywords["dbname"])
        _ = try await session.script("CREATE ROLE \(name) LOGIN PASSWORD 'pw' CONNECTION LIMIT 1")
        var limited = target
        limited.keywords.set("user", name)
        limited.keywords.set("password", "pw")
        let first = try await PostgresSession.connect(to: limited, as: "first")
        let second = try #require(await failure { _ = try await PostgresSession.connect(to: limited, as: "second") })
        #expect(second.sqlstate == .tooManyConnections)
        #expect(second.kind == .unavailable)
        await first.close()
    }

    @Test func `gives up on a server that says nothing`() async throws {
        let server = try SilentServer()
        let limits = PostgresLimits(connect: .milliseconds(20))
        let target = try TestPostgres.target("postgresql://u:p@127.0.0.1:\(server.port)/d")
        let fault = try #require(
            await failure { _ = try await PostgresSession.connect(to: target, as: "test", limits: limits) })
        #expect(fault.kind == .unavailable)
    }

    @Test func `takes a server that hangs up without a word for one that is not there`() async throws {
        let server = try LoopbackServer { _ in }
        let port = try #require(server.url.split(separator: ":").last)
        let target = try TestPostgres.target("postgresql://u:p@127.0.0.1:\(port)/d")
        let fault = try #require(await failure { _ = try await PostgresSession.connect(to: target, as: "test") })
        #expect(fault.kind == .unavailable)
        #expect(fault.sqlstate == nil)
    }

    @Test func `ends with its task`() async throws {
        let server = try SilentServer()
        let target = try TestPostgres.target("postgresql://u:p@127.0.0.1:\(server.port)/d")
        let limits = PostgresLimits(connect: .seconds(600))
        let task = Task {
            await failure { _ = try await PostgresSession.connect(to: target, as: "test", limits: limits) }
        }
        try await blocking { [server] in server.awaitClient() }
        task.cancel()
        #expect(await task.value?.kind == .interrupted)
    }

    @Test func `finds the password in a password file`() async throws {
        var target = try TestPostgres.target()
        let password = try #require(target.password)
        let file = try TemporaryFile("*:*:*:*:\(password.reveal())\n")
        target.keywords.set("password", nil)
        target.inherited.set("passfile", file.path)
        let session = try await PostgresSession.connect(to: target, as: "test")
        #expect(try await session.query("SELECT 1").count == 1)
    }

    @Test(arguments: [0o644, 0o640, 0o602])
    func `names the password file that others may read, and lets libpq say nothing`(
        mode: mode_t
    ) async throws {
        var target = try TestPostgres.target()
        let password = try #require(target.password)
        let file = try TemporaryFile("*:*:*:*:\(password.reveal())\n")
        chmod(file.path, mode)
        target.keywords.set("password", nil)
        target.inherited.set("passfile", file.path)
        let fault = try #require(await failure { _ = try await PostgresSession.connect(to: target, as: "test") })
        #expect(fault.kind == .denied)
        #expect(fault.fault.what.contains(file.path))
        #expect(fault.fault.remedy.contains("chmod 600 \(file.path)"))
        #expect(fault.fault.remedy.contains("PGPASSFILE"))
        chmod(file.path, 0o600)
        let session = try await PostgresSession.connect(to: target, as: "test")
        #expect(try await session.query("SELECT 1").count == 1)
    }

    @Test func `looks at no password file where the password is known, or the file is as it must be`() throws {
        let file = try TemporaryFile("")
        var parameters = PostgresKeywords(["passfile": file.path])
        #expect(PasswordFile(passedOverFor: parameters) == nil)
        chmod(file.path, 0o644)
        #expect(PasswordFile(passedOverFor: parameters)?.path == file.path)
        parameters.set("password", "known")
        #expect(PasswordFile(passedOverFor: parameters) == nil)
        #expect(PasswordFile(passedOverFor: PostgresKeywords(["passfile": PasswordFile.nowhere])) == nil)
        #expect(
            PasswordFile(passedOverFor: PostgresKeywords(["passfile": "/dev/null"]))?.objection.contains("plain")
                == true)
    }

    @Test func `finds host, port and password in a service file`() async throws {
        let target = try TestPostgres.target()
        let keywords = target.keywords
        let file = try TemporaryFile(
            """
            [other]
            host=nowhere.invalid
            [owui]
            host=\(keywords["host"] ?? "")
            port=\(keywords["port"] ?? "")
            user=postgres
            password=\(target.password?.reveal() ?? "")
            """)
        let environment = [
            "DATABASE_URL": "postgresql:///postgres", "PGSERVICE": "owui", "PGSERVICEFILE": file.path,
            "PGHOST": "nowhere.invalid",
        ]
        let settings = try DatabaseSettings(environment: environment)
        guard case .postgres(let found) = settings.engine else { throw TestPostgres.Missing() }
        let session = try await PostgresSession.connect(to: found, as: "test")
        #expect(try await session.query("SELECT 1").count == 1)
    }

    @Test func `goes by a Unix socket`() async throws {
        var target = try TestPostgres.target()
        let data = try #require(getenv("OWUI_TEST_POSTGRES_DATA").map { String(cString: $0) })
        target.keywords.set("host", data.split(separator: "/").dropLast().map { "/" + $0 }.joined())
        let session = try await PostgresSession.connect(to: target, as: "test")
        #expect(try await session.query("SELECT 1 WHERE inet_client_addr() IS NULL").count == 1)
    }
}
