import Synchronization
package import UpgradeCore

/// A world that several simulated processes of the tool share.
package final class SharedWorld: Sendable {
    private let world: Mutex<World>
    private let rival = Mutex<(@Sendable (Int) async -> Void)?>(nil)

    package init(_ scenario: Scenario) {
        world = Mutex(World(scenario))
    }

    func use<Result: Sendable, Failure>(
        _ body: (inout World) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try world.withLock { (world) throws(Failure) -> Result in try body(&world) }
    }

    func onRival(_ body: (@Sendable (Int) async -> Void)?) { rival.withLock { $0 = body } }

    /// Where trouble wants it, another run does as it likes while this process stands still.
    func standStill(_ call: Call, _ tool: Int) async {
        guard use({ $0.tools[tool].isAlive && $0.rivalComes(during: call) }) else { return }
        if let rival = rival.withLock({ $0 }) { await rival(tool) }
    }

    /// A call with an effect that may be made twice and of which the answer may be lost.
    func call<Result: Sendable>(
        _ call: Call, by tool: Int, _ body: (inout World) throws(Fault) -> Result
    ) throws(Fault) -> Result {
        try use { (world) throws(Fault) -> Result in
            try world.enter(call, by: tool)
            var result = try body(&world)
            if !call.isLooking, world.isRepeated(call) { result = try body(&world) }
            try world.leave(call, by: tool)
            return result
        }
    }
}

/// A platform in memory.
package struct SimulatedPlatform: Backend {
    let world: SharedWorld
    let tool: Int
    let fence: any Fence

    package func observe() async throws(Fault) -> Deployment {
        try world.call(.observe, by: tool) { (world) in
            world.tools[tool].seenVersion = world.version
            world.tools[tool].lastLook = world.now
            return world.deployment
        }
    }

    package func findings(for plan: Plan) async throws(Fault) -> [Finding] {
        try world.call(.findings, by: tool) { (world) in
            world.setup.obstacle == .finding ? [Finding(refuses: true, fault: .found("platform"))] : []
        }
    }

    package func apply(_ change: Change) async throws(Fault) {
        await world.standStill(.apply, tool)
        try fence.check()
        try world.call(.apply, by: tool) { (world) throws(Fault) in
            if let seen = world.tools[tool].seenVersion, seen != world.version { throw .changedMeanwhile() }
            world.changing(.apply(change: change), by: tool)
            world.apply(change)
            world.tools[tool].seenVersion = world.version
        }
    }

    package func read(image: String) async throws(Fault) -> ImageFacts {
        try world.call(.read, by: tool) { (world) in
            let setup = world.setup
            let isTarget = setup.isTarget(setup.pinned(image)) || setup.isTarget(image)
            let isCompanions = isTarget && image != setup.targetName && image != setup.targetImage
            let version = setup.obstacle == .otherVersion ? "0.9.9" : setup.targetVersion
            let chain = isTarget ? setup.targetChain : setup.sourceChain
            return ImageFacts(
                image: image, version: isTarget ? version : setup.sourceVersion,
                chain: isCompanions && setup.obstacle == .otherCompanion ? chain + ["e"] : chain, digest: "",
                pinned: image.contains("@") ? image : setup.pinned(image))
        }
    }

    package func setAutomation(paused: Bool, _ known: [Automation]) async throws(Fault) -> [Automation] {
        await world.standStill(.automation, tool)
        try fence.check()
        return try world.call(.automation, by: tool) { (world) in
            world.changing(paused ? .pause : .resumeAutomation(paused: known), by: tool)
            guard world.setup.hasAutoscaler else { return [] }
            if paused {
                guard world.isScaling || world.turn?.isOn == true else { return [] }
                world.turnScaling(false)
                return [Automation(name: "autoscaler", isActive: true, record: "1-6")]
            }
            if let before = known.first(where: { $0.name == "autoscaler" }), before.isActive { world.turnScaling(true) }
            return known
        }
    }

    package func saveEvidence(of run: String) async throws(Fault) -> [String] {
        await world.standStill(.evidence, tool)
        try fence.check()
        return try world.call(.evidence, by: tool) { (world) in
            world.changing(.saveEvidence, by: tool)
            return ["evidence.log"]
        }
    }
}

/// A database in memory.
package struct SimulatedDatabase: Database {
    let world: SharedWorld
    let tool: Int
    let fence: any Fence

    package func look() async throws(Fault) -> DatabaseState {
        try world.call(.look, by: tool) { (world) in world.databaseState }
    }

    package func check(
        pending: [String], from source: String, to target: String
    ) async throws(Fault) -> [Finding] {
        try world.call(.check, by: tool) { (world) in
            world.setup.obstacle == .prediction ? [Finding(refuses: true, fault: .found("database"))] : []
        }
    }

    package func backUp(_ backup: Plan.Backup, of run: String) async throws(Fault) -> BackupRecord {
        try fence.check()
        // The tool that makes it works on while this process stands still; its work counts only where the lock is held.
        await world.standStill(.backUp, tool)
        try fence.check()
        return try world.call(.backUp, by: tool) { (world) throws(Fault) in
            world.changing(.backUp, by: tool)
            world.advance(to: world.now + world.life.within(100...6_000))
            if world.trouble.failingBackups > 0 {
                world.trouble.failingBackups -= 1
                throw .backupFailed()
            }
            if world.tools[tool].signal != nil { throw .cutShort() }
            return BackupRecord(location: "backup.dump", bytes: 1, revision: world.revision)
        }
    }

    package func checkRestore(_ backup: BackupRecord, _ plan: Plan.Backup) async throws(Fault) {}

    package func restore(_ backup: BackupRecord, _ plan: Plan.Backup) async throws(Fault) {
        try fence.check()
        await world.standStill(.restore, tool)
        try fence.check()
        try world.call(.restore, by: tool) { (world) in
            world.changing(.restore(backup: backup), by: tool)
            world.advance(to: world.now + world.life.within(100...6_000))
            world.restore(backup)
        }
    }
}

/// Discrete time: waiting moves it to the next thing that happens.
package struct SimulatedClock: Clock {
    let world: SharedWorld
    let tool: Int

    package var now: Moment { world.use { Moment(milliseconds: $0.now) } }

    package var interruption: String? {
        world.use { $0.tools[tool].isAlive ? $0.tools[tool].signal : "SIGKILL" }
    }

    package func wait(until moment: Moment) async {
        await world.standStill(.wait, tool)
        world.use { $0.wait(until: moment.milliseconds, by: tool) }
    }
}

/// The lock, as the effects of a process ask it.
package struct SimulatedFence: Fence {
    let world: SharedWorld
    let tool: Int

    package func check() throws(Fault) {
        try world.use { (world) throws(Fault) in try world.checkLock(of: tool) }
    }
}

/// A journal in memory, fenced by a lock; it outlives every process that writes it.
package struct SimulatedJournal: Journal, Sendable {
    let world: SharedWorld
    let tool: Int

    package mutating func append(_ event: Event) throws(Fault) {
        try world.use { (world) throws(Fault) in try world.append(event, by: tool) }
    }

    /// Whether its process lives.
    package var isAlive: Bool { world.use { $0.tools[tool].isAlive } }

    /// Writes without a look at the lock; for tests that plant this bug.
    package func force(_ event: Event) {
        world.use { $0.write(event, by: tool) }
    }
}
