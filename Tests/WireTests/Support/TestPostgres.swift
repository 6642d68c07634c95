import Glibc
import Testing
import UpgradeCore

@testable import Wire

extension Tag {
    /// Needs the real server that `scripts/with-postgres` brings.
    @Tag static var postgres: Self
}

/// The server that the tests were started beside.
enum TestPostgres {
    struct Missing: Error, CustomStringConvertible {
        let description = "OWUI_TEST_POSTGRES is not set: run the tests as `scripts/with-postgres swift test`"
    }

    static func target() throws -> PostgresTarget {
        guard let address = getenv("OWUI_TEST_POSTGRES") else { throw Missing() }
        Tally.note()
        return try target(String(cString: address))
    }

    static func target(_ address: String) throws -> PostgresTarget {
        let settings = try DatabaseSettings(environment: ["DATABASE_URL": address])
        guard case .postgres(let target) = settings.engine else { throw Missing() }
        return target
    }

    /// A session in a new database that no other test knows.
    static func freshDatabase() async throws -> (PostgresSession, PostgresTarget) {
        var target = try target()
        let name = "wire_\(UInt64.random(in: 0 ... .max))"
        let maker = try await PostgresSession.connect(to: target, as: "maker")
        _ = try await maker.query("CREATE DATABASE \(name)")
        await maker.close()
        target.keywords.set("dbname", name)
        return (try await PostgresSession.connect(to: target, as: "owui-upgrade test"), target)
    }
}

/// A server that one test may stop and start.
final class OwnCluster: Sendable {
    private let child: Child
    let target: PostgresTarget
    private let data: String
    private let bin: String

    init() throws {
        let script = #filePath.split(separator: "/").dropLast(4).map { "/" + $0 }.joined() + "/scripts/with-postgres"
        let say = #"printf '%s\n' "$OWUI_TEST_POSTGRES" "$OWUI_TEST_POSTGRES_DATA" "$OWUI_TEST_POSTGRES_BIN""#
        child = try Child([script, "sh", "-c", "\(say); cat >/dev/null"])
        let lines = child.read(lines: 3).split(separator: "\n").map { String($0) }
        guard lines.count == 3 else { throw TestPostgres.Missing() }
        target = try TestPostgres.target(lines[0])
        data = lines[1]
        bin = lines[2]
    }

    deinit {
        _ = child.end()
    }

    func stop() async throws {
        try await control("stop", "--mode=fast")
    }

    func start() async throws {
        try await control("start", "--options=-p \(target.keywords["port"] ?? "")")
    }

    private func control(_ arguments: String...) async throws {
        let user = getuid() == 0 ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"] : []
        try await Child.run(
            ["env", "-C", data] + user + ["\(bin)/pg_ctl"] + arguments
                + ["--silent", "--wait", "--pgdata=\(data)", "--log=\(data)/../log"])
    }
}

/// The fault of a call that is to fail.
func failure(of body: () async throws -> Void) async -> PostgresFault? {
    do {
        try await body()
        return nil
    } catch {
        return error as? PostgresFault
    }
}
