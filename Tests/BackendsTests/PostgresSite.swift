import Glibc
import Synchronization
import Testing
import UpgradeCore
import Wire

@testable import Backends

extension Tag {
    /// Needs the PostgreSQL that OWUI_TEST_POSTGRES names; without it the test fails.
    @Tag static var postgres: Self
}

/// A fresh database of one test on the server of OWUI_TEST_POSTGRES, and a folder beside it.
struct PostgresSite {
    struct Missing: Error, CustomStringConvertible {
        let description = "OWUI_TEST_POSTGRES is not set: run the tests through scripts/with-postgres"
    }

    let folder: String
    let target: PostgresTarget

    /// Lends a site, and leaves neither database nor folder behind.
    static func with(_ body: (PostgresSite) async throws -> Void) async throws {
        guard let server = getenv("OWUI_TEST_POSTGRES").map({ String(cString: $0) }) else { throw Missing() }
        let name = "backends_\(UInt64.random(in: 0...UInt64.max))"
        tally()
        let administrator = try await PostgresSession.connect(to: try target(server), as: "test")
        _ = try await administrator.query("CREATE DATABASE \(name)")
        let folder = "/tmp/\(name)"
        mkdir(folder, 0o700)
        var target = try target(server)
        target.keywords.set("dbname", name)
        let result: Result<Void, any Error>
        do { result = .success(try await body(PostgresSite(folder: folder, target: target))) } catch {
            result = .failure(error)
        }
        _ = try await Tool.shell("rm -rf \(folder)", named: "rm", environment: [:], permit: .always)
        _ = try await administrator.query("DROP DATABASE \(name) WITH (FORCE)")
        try result.get()
    }

    /// One line for each test that asked PostgreSQL, for the count that scripts/test prints.
    static func tally() {
        guard let path = getenv("OWUI_TEST_TALLY"), let test = Test.current else { return }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let line = Array("postgres \(test.id)\n".utf8)
        _ = write(descriptor, line, line.count)
    }

    static func target(_ url: String) throws -> PostgresTarget {
        guard case .postgres(let target) = try DatabaseSettings(environment: ["DATABASE_URL": url]).engine else {
            throw Missing()
        }
        return target
    }

    /// What is tested. Sessions whose names begin with `owui-` belong to instances.
    func database(
        schema: String? = nil, as user: String? = nil, form: DatabaseForm? = nil, fence: any Fence = OpenFence(),
        isInterrupted: @escaping @Sendable () -> Bool = { false }
    ) -> PostgresDatabase {
        var target = target
        target.schema = schema
        if let user {
            target.keywords.set("user", user)
            target.keywords.set("password", user)
        }
        return PostgresDatabase(
            target, form: form, fence: fence, owner: { name, _ in LocalBackend.owner(ofSession: name) },
            isInterrupted: isInterrupted)
    }

    /// Somebody else's session; a name of nil leaves it without one.
    func session(_ name: String? = nil) async throws -> PostgresSession {
        let session = try await PostgresSession.connect(to: target, as: name ?? "")
        if name == nil { _ = try await session.query("SET application_name TO ''") }
        return session
    }

    /// Runs statements in one session that ends with them.
    @discardableResult
    func run(_ sql: String) async throws -> [PostgresRow] {
        let session = try await session("psql")
        let rows = try await session.script(sql)
        await session.close()
        return rows
    }

    /// Asks until the answer is true; a condition of the server, not a span of time.
    func wait(until condition: String, _ source: SourceLocation = #_sourceLocation) async throws {
        let session = try await session("psql")
        for _ in 0..<3000 {
            if try await session.query("SELECT (\(condition)) AS met").first?.bool("met") == true { return }
            _ = try await session.query("SELECT pg_sleep(0.01)")
        }
        Issue.record("never became true: \(condition)", sourceLocation: source)
    }

    /// Runs a program of PostgreSQL's on this database.
    func tool(_ name: String, _ arguments: [String] = []) async throws -> String {
        try await Tool.run(
            try PostgresTools.path(of: name), arguments, environment: try target.clientEnvironment(), permit: .always)
    }

    /// Everything that is in the database, as statements; without the keys that newer dumps hold, which are random.
    func content() async throws -> String {
        try await tool("pg_dump").split(separator: "\n").filter { !$0.hasPrefix("\\") }.joined(separator: "\n")
    }

    /// Lets the stand-in of a release migrate this database to its head.
    func migrate(_ version: String, head: String, schema: String? = nil) async throws {
        var own = [CChar](repeating: 0, count: 4096)
        let length = readlink("/proc/self/exe", &own, own.count - 1)
        let path = own.prefix(max(0, length)).map { UInt8(bitPattern: $0) }
        let folder = String(decoding: path, as: UTF8.self).split(separator: "/").dropLast().joined(separator: "/")
        var environment = try target.clientEnvironment()
        environment["STAND_IN"] = "/\(folder)/open-webui-stand-in"
        environment["DATABASE_URL"] = "postgresql:///"
        environment["DATABASE_SCHEMA"] = schema
        environment["WEBUI_SECRET_KEY"] = "key"
        environment["PGAPPNAME"] = nil
        _ = try await Tool.shell(
            """
            set -e
            "$STAND_IN" install --version \(version) --into \(self.folder)/\(version) >/dev/null
            \(self.folder)/\(version)/bin/open-webui serve --host 127.0.0.1 --port 0 >\(self.folder)/log 2>&1 &
            pid=$!
            until [ "$(\(try PostgresTools.path(of: "psql")) -qtAc 'SELECT version_num FROM alembic_version' 2>&1)" = \(head) ]
            do kill -0 $pid || { cat \(self.folder)/log >&2; exit 1; }; done
            kill -9 $pid
            """, named: "the stand-in", environment: environment, permit: .always)
    }
}

extension PostgresDatabase {
    /// The checks of an upgrade whose versions do not matter.
    func check(pending: [String]) async throws(Fault) -> [Finding] {
        try await check(pending: pending, from: "0.12.0", to: "0.12.4")
    }
}

/// A yes or no that tests and what they test share.
final class Flag: Sendable {
    private let value = Atomic<Bool>(false)

    var isRaised: Bool { value.load(ordering: .relaxed) }
    func raise() { value.store(true, ordering: .relaxed) }
}
