import UpgradeCore

/// A whole deployment in memory: platform, database, journal, lock and time, in one value.
///
/// Time is in milliseconds and moves only when something is waited for: to the next thing that happens, or to the moment
/// that was asked for.
struct World: Sendable {
    let seed: UInt64
    let setup: Setup
    var trouble: Trouble
    var now: Int64 = 0
    /// Decides how long things take and how they end.
    var life: SplitMix64
    /// Decides when there is trouble; apart from `life`, so that trouble alone changes nothing else.
    var dice: SplitMix64

    // The platform
    var workloads: [SimulatedWorkload] = []
    var instances: [SimulatedInstance] = []
    var started = 0
    /// Grows with each change of what the platform is asked to run.
    var version = 0
    var isScaling: Bool
    /// The automation was as it is now before the run.
    let scaledBefore: Bool
    var nextScaling = Int64.max
    /// What the automation was told, and when it takes it in.
    var turn: (isOn: Bool, at: Int64)?
    var platformAwayUntil: Int64 = 0

    // The database
    var revision: String
    var orphans: [Orphan] = []
    var migrationsBegun = 0
    var databaseAwayUntil: Int64 = 0
    /// When someone else moved the schema to what no image knows.
    var foreignSince: Int64 = 0
    static var foreignRevision: String { "m" }
    /// When a person last put the source's schema back past the tool.
    var restoredByHandSince: Int64 = -1

    // The tool
    var journal: [Event] = []
    var tools: [ToolProcess] = []
    var holder: Int?
    var stage: Stage?
    var points = 0
    var calls = 0

    // What was seen
    /// Everything that happened, with its moment; empty unless asked for.
    var diary: [(moment: Int64, text: String)] = []
    var keepsDiary = false
    var violations: [Violation] = []
    var coverage = Coverage()
    /// Whether the target served on its own schema since it was last started from nothing.
    var wasHealthy = false
    /// When the tool looked last before the change that it made last.
    var lookBeforeChange: Int64 = -1
    /// Whether a person, an autoscaler or a dying machine took part.
    var wasDisturbed = false
    /// The kinds of trouble that happened, as bits.
    var happened = 0
    /// Whether a look before the first change was spoilt.
    var wasSpoiltEarly = false

    init(_ scenario: Scenario) {
        seed = scenario.seed
        setup = scenario.setup
        trouble = scenario.trouble
        life = SplitMix64(seed: scenario.seed, stream: 2)
        dice = SplitMix64(seed: scenario.seed, stream: 3)
        isScaling = setup.hasAutoscaler
        scaledBefore = setup.hasAutoscaler
        revision = setup.sourceHead
        if isScaling { nextScaling = life.within(500...60_000) }
        for (index, settings) in setup.baseline.enumerated() {
            let role: Workload.Role = index == 0 ? .main : .companion
            workloads.append(
                SimulatedWorkload(name: index == 0 ? "open-webui" : "pool", role: role, settings: settings))
            let count = setup.obstacle == .nothingRuns ? 0 : settings.replicas
            for _ in 0..<count { start(index, by: .before, phase: .serving) }
        }
        if setup.obstacle == .unwell, !instances.isEmpty { instances[0].phase = .unwell }
        if setup.obstacle == .mixed { startOther() }
    }

    /// Lets everything happen that is due until then.
    mutating func advance(to moment: Int64) {
        while let due = nextDue, due <= moment {
            now = max(now, due)
            happen()
        }
        now = max(now, moment)
    }

    /// When the next thing happens by itself.
    var nextDue: Int64? {
        var due = min(isScaling ? nextScaling : Int64.max, turn?.at ?? .max)
        for instance in instances where instance.due < due { due = instance.due }
        for orphan in orphans where orphan.due < due { due = orphan.due }
        return due == .max ? nil : due
    }

    private mutating func happen() {
        for index in instances.indices where instances[index].due <= now {
            live(index)
            return
        }
        for index in orphans.indices where orphans[index].due <= now {
            let orphan = orphans.remove(at: index)
            if orphan.commits { commit(setup.targetHead, of: nil) }
            return
        }
        if let turn, turn.at <= now {
            setScaling(turn.isOn)
            return
        }
        if isScaling, nextScaling <= now { scale() }
    }
}

/// What the platform is asked for, for one workload.
struct SimulatedWorkload: Sendable {
    let name: String
    let role: Workload.Role
    var settings: Settings
    var naming: Generation?
    var accepts: [Generation]?

    func accepts(_ instance: SimulatedInstance) -> Bool {
        guard instance.image == settings.image else { return false }
        guard let accepts else { return true }
        return instance.generation.map(accepts.contains) ?? false
    }
}

/// A database session whose process is gone.
struct Orphan: Sendable {
    let pid: Int
    let instance: String
    let isOfTarget: Bool
    let hasWritten: Bool
    /// Whether its process died in the middle of the commit, which the server then makes.
    let commits: Bool
    let starter: SimulatedInstance.Starter
    let startedAt: Int64
    var due: Int64
}

/// One process of the tool under test.
struct ToolProcess: Sendable {
    let machine: Int
    var isAlive = true
    var signal: String?
    /// The version of the deployment that it saw last; nil before its first look.
    var seenVersion: Int?
    var lastLook: Int64 = -1
    /// When another took the lock from it.
    var lostLockAt: Int64?
}

/// A promise that was not kept.
package struct Violation: Encodable, Equatable, Sendable {
    /// Which promise, in the design's words: P1 … P8, `quiet` for automation that was not waited for, or `ends` for a run
    /// that does not end as it must.
    package let promise: String
    package let seed: UInt64
    /// What was seen.
    package let text: String
    /// The simulated moment, in milliseconds.
    package let moment: Int64
}
