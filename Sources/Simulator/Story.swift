package import UpgradeCore

/// One simulated run from its first process to its end: processes that die are followed by others, and a person answers.
package struct Story: Sendable {
    package let scenario: Scenario
    let tool: Tool
    let world: SharedWorld
    var audience: (any Audience & Sendable)?

    package init(
        _ scenario: Scenario, tool: Tool = Tool(), audience: (any Audience & Sendable)? = nil, keepsDiary: Bool = false
    ) {
        self.scenario = scenario
        self.tool = tool
        self.audience = audience
        world = SharedWorld(scenario)
        world.use { $0.keepsDiary = keepsDiary }
    }

    /// What came of a story.
    package struct Ending: Equatable, Sendable {
        /// How it ended; nil for a run that did not end.
        package let end: EndState?
        package let violations: [Violation]
        package let coverage: Coverage
        /// Every event of the run.
        package let journal: [Event]
        /// The deployment at the end, without the names that differ after a crash.
        package let remains: Remains
        /// At how many places a process could have died.
        package let points: Int
        /// What happened when, in words; empty unless it was asked for.
        package let diary: [String]
        /// How long it took in simulated time, in milliseconds.
        package let moment: Int64
    }

    /// What a run leaves behind, as far as two runs may be compared by it.
    package struct Remains: Equatable, Sendable {
        package let settings: [Settings]
        package let running: [String]
        package let automation: [Automation]
        package let revision: String
    }

    /// Runs it.
    package func run() async -> Ending {
        if scenario.trouble.left[Trouble.Kind.rival.rawValue] > 0 { world.onRival { _ in await rivalRuns() } }
        defer { world.onRival(nil) }
        var end: EndState?
        var isRunning = true
        var processes = 0
        while isRunning {
            processes += 1
            let machine = processes % 3 == 0 ? 1 : 0
            let process = world.use { $0.newProcess(machine: machine) }
            switch await runProcess(process) {
            case .over(let state):
                end = state
                isRunning = false
            case .again: isRunning = processes < 60 && world.use { $0.calls <= 12_000 }
            }
        }
        return conclude(end)
    }

    private func conclude(_ end: EndState?) -> Ending {
        world.use { (world) in
            if let end { world.coverage.ended(end) } else { world.violateEnd("the run has no end") }
            if scenario.trouble.isHarmless, end != scenario.setup.undisturbedEnd {
                let isExcused = end == .refused && (world.wasSpoiltEarly || scenario.setup.hasAutoscaler)
                if !isExcused {
                    world.violateEnd("nothing harmful happened, and the end is \(end.map { "\($0)" } ?? "none")")
                }
            }
            let deployment = world.deployment
            let running = deployment.living.map { "\($0.image) \($0.told)" }.sorted()
            let remains = Remains(
                settings: deployment.workloads.map(\.settings), running: running, automation: deployment.automation,
                revision: world.revision)
            return Ending(
                end: end, violations: world.violations, coverage: world.coverage, journal: world.journal,
                remains: remains, points: world.points,
                diary: world.diary.map { "\($0.moment) ms  \($0.text)" }, moment: world.now)
        }
    }

    enum After: Sendable {
        case again
        case over(EndState)
    }

    func runProcess(_ process: Int, takesOver: Bool = false) async -> After {
        guard world.use({ $0.takeLock(process, holderIsFrozen: takesOver) }) else { return exit(5, process) }
        do {
            return try await drive(process)
        } catch {
            if world.use({ !$0.tools[process].isAlive }) { return exit(137, process) }
            if error.kind == .bug { world.use { $0.violateEnd("\(error.what) \(error.why)") } }
            return exit(error.kind == .owned ? 5 : 1, process)
        }
    }

    private func drive(_ process: Int) async throws(Fault) -> After {
        let journal = SimulatedJournal(world: world, tool: process)
        var events = world.use { $0.journal }
        let isNew = events.isEmpty
        if isNew {
            events = [.started(run: "r1", plan: scenario.setup.plan, tool: "simulated", by: "person")]
            var journal = journal
            try journal.append(events[0])
        }
        let rules: any RuleBook
        do { rules = try tool.rules(events) } catch {
            throw Fault(.bug, "The journal does not fold.", why: error.description, remedy: "look at it")
        }
        let fence = tool.fence(SimulatedFence(world: world, tool: process))
        var driver = Driver(
            rules, journal: AnyJournal(inner: tool.journal(journal)),
            backend: SimulatedPlatform(world: world, tool: process, fence: fence),
            database: SimulatedDatabase(world: world, tool: process, fence: fence),
            clock: SimulatedClock(world: world, tool: process),
            audience: StageWatcher(world: world, audience: audience))
        if isNew { audience?.hear(events[0], of: driver.upgrade) }
        if !isNew, driver.upgrade.isUnfinished { try await driver.record(.continued(tool: "simulated", by: "person")) }
        if case .interrupted = events.last, !scenario.trouble.isHarmless { try await takeBack(&driver) }
        while true {
            let ending = try await driver.drive()
            if let after = try await answer(ending, &driver, process) { return after }
        }
    }

    func exit(_ code: Int, _ process: Int) -> After {
        world.use { (world) in
            world.coverage.exited(code)
            if world.holder == process, world.tools[process].isAlive { world.holder = nil }
        }
        return .again
    }

    /// A second run comes while the first one stands still: with another target, in vain, or as its heir.
    private func rivalRuns() async {
        let manner = world.use { $0.dice.below(3) }
        if manner < 2 {
            world.use { $0.coverage.exited(5) }
            return
        }
        let process = world.use { (world) in
            world.trouble.killAt = world.points + 3 + world.dice.below(80)
            return world.newProcess(machine: 2)
        }
        _ = await runProcess(process, takesOver: true)
        world.use { $0.trouble.killAt = nil }
    }
}

/// Tells the world where the run stands, so that trouble is counted at its step.
private struct StageWatcher: Audience {
    let world: SharedWorld
    let audience: (any Audience & Sendable)?

    func hear(_ event: Event, of upgrade: Upgrade) {
        let stage = upgrade.stage
        world.use { $0.stage = stage }
        audience?.hear(event, of: upgrade)
    }

    func see(_ observation: Observation, of upgrade: Upgrade) {
        audience?.see(observation, of: upgrade)
    }
}
