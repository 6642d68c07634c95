import UpgradeCore
package import Wire

/// How a database is reached: by the first of its ways on which a server answers.
///
/// A way is tried, not guessed: where no connection comes about, the next one is; what a server says counts, whatever it
/// says. A connection that fails later has the ways looked up anew: a container that was made anew has another address.
package actor DatabaseRoad {
    /// As the application's settings have it.
    package nonisolated let target: PostgresTarget
    private let ways: any DatabaseWays
    private var taken: DatabaseWay?
    private var relay: Relay?
    /// Whether a server has ever answered without a relay: where it does not any more, it is down, and not out of reach.
    private var isNear = false

    init(_ target: PostgresTarget, _ ways: any DatabaseWays) {
        self.target = target
        self.ways = ways
    }

    package init(_ target: PostgresTarget) { self.init(target, OwnWay(target: target)) }

    /// Whether there is more than the one way of a machine's own database.
    nonisolated var hasWays: Bool { !(ways is OwnWay) }
    /// The way that was taken last; nil before the first.
    var way: DatabaseWay? { taken }

    /// The settings by which a program of this machine reaches the database.
    func settings() async throws(PostgresFault) -> PostgresTarget {
        if taken == nil { await (try await session()).close() }
        return taken?.target ?? target
    }

    /// A session, by the way that was taken before where that still leads there.
    func session() async throws(PostgresFault) -> PostgresSession {
        var failures: [(DatabaseWay, PostgresFault)] = []
        if let taken {
            do throws(PostgresFault) { return try await connected(by: taken) } catch {
                guard error.isOfTheWay else { throw error }
                if case .relay = taken.kind { throw try await lost(error, by: taken) }
                failures.append((taken, error))
            }
        }
        let near = try await nearWays()
        for way in near where way != failures.first?.0 {
            do throws(PostgresFault) { return try await take(way) } catch {
                guard error.isOfTheWay else { throw error }
                failures.append((way, error))
            }
        }
        if !isNear || near.isEmpty { return try await relayed(after: failures) }
        throw failures.last?.1 ?? PostgresFault(.databaseUnreached(target.place, []))
    }

    private func nearWays() async throws(PostgresFault) -> [DatabaseWay] {
        do throws(Fault) { return try await ways.near() } catch { throw PostgresFault(error) }
    }

    private func take(_ way: DatabaseWay) async throws(PostgresFault) -> PostgresSession {
        let session = try await connected(by: way)
        taken = way
        if case .relay = way.kind { return session }
        isNear = true
        return session
    }

    /// The last way. What kept the others from leading there is told where this one does not either.
    private func relayed(after failures: [(DatabaseWay, PostgresFault)]) async throws(PostgresFault) -> PostgresSession
    {
        let relay: Relay?
        do throws(Fault) { relay = try await made() } catch {
            guard error.kind != .interrupted else { throw PostgresFault(error) }
            let told = failures.map { "\($0.0.told): \($0.1.fault.cause)" }
            throw PostgresFault(
                .databaseUnreached(target.place, told + ["from inside: \(error.cause)"], remedy: error.remedy))
        }
        guard let relay else { throw failures.last?.1 ?? PostgresFault(.databaseUnreached(target.place, [])) }
        let way = DatabaseWay(
            kind: .relay(relay.name), target: target.at(relay.listener.address, port: relay.listener.port))
        do throws(PostgresFault) { return try await take(way) } catch {
            guard error.isOfTheWay else { throw error }
            let told = (failures + [(way, error)]).map { "\($0.0.told): \($0.1.fault.cause)" }
            throw PostgresFault(.databaseUnreached(target.place, told))
        }
    }

    private func made() async throws(Fault) -> Relay? {
        if let relay { return relay }
        let made = try await ways.relay()
        // Another question may have made one meanwhile.
        if let relay {
            await made?.close()
            return relay
        }
        relay = made
        return made
    }

    private func connected(by way: DatabaseWay) async throws(PostgresFault) -> PostgresSession {
        var limits = PostgresLimits(connect: .seconds(3))
        guard case .relay = way.kind, let relay else { return try await connect(to: way.target, limits) }
        // A command is begun in a container first.
        limits.connect = .seconds(15)
        relay.forgetComplaint()
        do throws(PostgresFault) { return try await connect(to: way.target, limits) } catch {
            // What libpq makes of a connection that ends at once depends on what it was about to do.
            guard error.sqlstate == nil, let why = await relay.complaint() else { throw error }
            throw PostgresFault(.databaseUnreached(target.place, [why]))
        }
    }

    private func connect(to target: PostgresTarget, _ limits: PostgresLimits) async throws(PostgresFault)
        -> PostgresSession
    {
        try await PostgresSession.connect(to: target, as: PostgresDatabase.applicationName, limits: limits)
    }

    /// A relay finds the server anew for each connection; only one that has ended itself is of no use any more.
    private func lost(_ fault: PostgresFault, by way: DatabaseWay) async throws(PostgresFault) -> PostgresFault {
        guard let relay, relay.hasEnded else { return fault }
        await relay.close()
        (self.relay, taken) = (nil, nil)
        return fault
    }

    /// Removes what was made to reach the database.
    package func close() async {
        await relay?.close()
        (relay, taken) = (nil, nil)
    }
}

extension PostgresFault {
    /// Whether no server has said anything: the name is unknown, the port closed, the network without a way there.
    fileprivate var isOfTheWay: Bool { kind == .unavailable && sqlstate == nil }
}
