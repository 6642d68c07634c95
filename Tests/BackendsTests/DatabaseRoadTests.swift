import Synchronization
import Testing
import UpgradeCore
import Wire

@testable import Backends

/// Ways as a test has them, and how often they were looked up.
private final class GivenWays: DatabaseWays {
    private let state: Mutex<(ways: [DatabaseWay], count: Int)>

    init(_ ways: [DatabaseWay]) { state = Mutex((ways, 0)) }

    var count: Int { state.withLock { $0.count } }

    func set(_ ways: [DatabaseWay]) { state.withLock { $0.ways = ways } }

    func near() -> [DatabaseWay] {
        state.withLock { state in
            state.count += 1
            return state.ways
        }
    }

    func relay() -> Relay? { nil }
}

@Suite(.tags(.postgres)) struct `The way to a database` {
    private static func way(_ name: String, _ target: PostgresTarget) -> DatabaseWay {
        DatabaseWay(kind: .container(name), target: target)
    }

    /// Ways on which nobody ever answers.
    private static func dead(_ target: PostgresTarget) -> [DatabaseWay] {
        var unknown = target
        unknown.keywords.set("host", "no-such-host.invalid")
        unknown.keywords.set("hostaddr", nil)
        return [way("a name that nobody knows", unknown), way("a closed port", target.at("127.0.0.1", port: 1))]
    }

    @Test func `is the first on which a server answers, and is said`() async throws {
        try await PostgresSite.with { site in
            let ways = GivenWays(Self.dead(site.target) + [Self.way("db-1", site.target)])
            let road = DatabaseRoad(site.target, ways)
            let database = PostgresDatabase(
                road, fence: OpenFence(), owner: { _, _ in .somebodyElse }, isInterrupted: { false })
            _ = try await database.look()
            _ = try await database.look()
            #expect(ways.count == 1)
            let findings = try await database.check(pending: [], from: "0.6.43", to: "0.12.4")
            #expect(findings.map(\.refuses) == [false])
            #expect(findings.first?.fault.what.hasSuffix("is asked at the address of db-1.") == true)
        }
    }

    @Test func `is not left for another where the server itself says no`() async throws {
        try await PostgresSite.with { site in
            var absent = site.target
            absent.keywords.set("dbname", "there_is_no_such_database")
            let road = DatabaseRoad(
                site.target, GivenWays([Self.way("db-1", absent), Self.way("db-2", site.target)]))
            let fault = await #expect(throws: PostgresFault.self) { _ = try await road.session() }
            #expect(fault?.kind == .missing)
        }
    }

    @Test func `is found anew when the server has another address`() async throws {
        try await PostgresSite.with { site in
            try await PostgresCluster.with { cluster in
                let ways = GivenWays([Self.way("db-1", cluster.target)])
                let road = DatabaseRoad(site.target, ways)
                let database = PostgresDatabase(
                    road, fence: OpenFence(), owner: { _, _ in .somebodyElse }, isInterrupted: { false })
                _ = try await database.look()
                try await cluster.stop()
                ways.set([Self.way("db-2", site.target)])
                // The session that was lost is noticed by the question that it fails.
                _ = await #expect(throws: Fault.self) { _ = try await database.look() }
                _ = try await database.look()
                #expect(await road.way?.kind == .container("db-2"))
            }
        }
    }

    @Test func `that is none tells why, of each`() async throws {
        try await PostgresSite.with { site in
            let road = DatabaseRoad(site.target, GivenWays(Self.dead(site.target)))
            let fault = await #expect(throws: PostgresFault.self) { _ = try await road.session() }
            #expect(fault?.kind == .unavailable)
        }
    }
}
