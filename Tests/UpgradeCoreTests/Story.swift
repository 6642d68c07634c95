@testable import UpgradeCore

/// A deployment and its images, made by hand.
enum Sample {
    static let sourceHead = "c440947495f3"
    static let targetHead = "0bd252b206fb"
    static let source = ImageFacts(image: "0.6.43", version: "0.6.43", chain: ["aa", sourceHead], digest: "sha256:1")
    static let target = ImageFacts(
        image: "0.12.4", version: "0.12.4", chain: ["aa", sourceHead, "bb", targetHead], digest: "sha256:2")
    /// A target that brings no migration.
    static let sameHead = ImageFacts(
        image: "0.12.4", version: "0.12.4", chain: ["aa", sourceHead], digest: "sha256:3")
    /// A target of a platform whose images have a digest.
    static let pinned = ImageFacts(
        image: "ghcr.io/owui:v0.12.4", version: "0.12.4", chain: target.chain, digest: "sha256:4",
        pinned: "ghcr.io/owui:v0.12.4@sha256:4")
    static let backup = BackupRecord(location: "/backups/run.dump", bytes: 4096, revision: sourceHead)
    static let autoscaler = Automation(name: "autoscaler", isActive: true, record: "2...5")
    static let plan = Plan(target: "0.12.4", backup: .pgDump(folder: "/backups"))
    static let fault = Fault(.failed, "It failed.", why: "for a reason", remedy: "mend it")
    static let settings = Settings(image: "0.6.43", replicas: 3, workers: "4")

    static func database(_ revision: String = sourceHead, sessions: [Session] = []) -> DatabaseState {
        DatabaseState(revisions: [SchemaRevision(schema: "public", rows: [revision])], sessions: sessions)
    }

    static func main(_ settings: Settings = settings) -> Workload {
        Workload(
            name: "web", role: .main, settings: settings,
            instances: (0..<settings.replicas).map {
                Instance(id: "web-\($0)", image: settings.image, answer: .serving(version: "0.6.43"))
            })
    }

    static var companion: Workload { companion(of: "0.6.43") }

    static func companion(of image: String) -> Workload {
        Workload(
            name: "pool", role: .companion, settings: Settings(image: image, replicas: 2, migrations: "False"),
            instances: (0..<2).map {
                Instance(id: "pool-\($0)", image: image, answer: .serving(version: "0.6.43"))
            })
    }

    static func deployment(_ workloads: [Workload] = [main()]) -> Deployment {
        Deployment(workloads: workloads, automation: [autoscaler])
    }
}

/// A run that is told by hand, fact by fact.
struct Story {
    private(set) var upgrade: Upgrade
    private(set) var events: [Event]
    /// Every stage that the run stood at, in order.
    private(set) var stages: [Stage] = [.inspect]
    private let workloads: [Workload]
    private let target: ImageFacts

    init(
        _ plan: Plan = Sample.plan, workloads: [Workload] = [Sample.main()], target: ImageFacts = Sample.target
    ) throws {
        let first = Event.started(run: "r1", plan: plan, tool: "0.1.0", by: "ada")
        upgrade = try Upgrade(first)
        events = [first]
        self.workloads = workloads
        self.target = target
    }

    /// A run that has just come to this stage without trouble.
    init(
        at stage: Stage, _ plan: Plan = Sample.plan, workloads: [Workload] = [Sample.main()],
        target: ImageFacts = Sample.target
    ) throws {
        try self.init(plan, workloads: workloads, target: target)
        try go(to: stage)
    }

    mutating func record(_ event: Event) throws {
        let before = upgrade.position
        try upgrade.apply(event)
        events.append(event)
        if upgrade.position != before, case .at(let stage) = upgrade.position { stages.append(stage) }
    }

    /// Does what comes next, and it goes well.
    mutating func goOn() throws {
        switch upgrade.next {
        case .perform(let command, _):
            try record(.began(command: command))
            try record(.ended(reply: reply(to: command)))
        case .watch(let goal): try record(.judged(goal: goal, verdict: .reached))
        case .ask: try decide(.approve)
        case .hold, .finish: throw Stuck(position: upgrade.position)
        }
    }

    struct Stuck: Error {
        let position: Upgrade.Position
    }

    mutating func go(to stage: Stage) throws {
        while upgrade.position != .at(stage) { try goOn() }
    }

    mutating func goToTheEnd() throws {
        while true {
            switch upgrade.next {
            case .hold, .finish: return
            case .perform, .watch, .ask: try goOn()
            }
        }
    }

    mutating func decide(_ decision: Decision) throws { try record(.decided(decision: decision, by: "ada")) }

    /// The present command is given and fails.
    mutating func fail(with fault: Fault = Sample.fault) throws {
        guard case .perform(let command, _) = upgrade.next else { throw Stuck(position: upgrade.position) }
        try record(.began(command: command))
        try record(.ended(reply: .failed(fault: fault)))
    }

    /// The present goal is judged.
    mutating func judge(_ verdict: Verdict) throws {
        guard case .watch(let goal) = upgrade.next else { throw Stuck(position: upgrade.position) }
        try record(.judged(goal: goal, verdict: verdict))
    }

    /// The present goal is missed, or the present command fails.
    mutating func goWrong(revision: String?) throws {
        guard case .watch = upgrade.next else { return try fail() }
        try judge(.missed(fault: Sample.fault, revision: revision, migrating: false))
    }

    /// The database is asked for its revision and says this.
    mutating func findRevision(_ revision: String) throws {
        try record(.began(command: .readRevision))
        try record(.ended(reply: .revision(revisions: [SchemaRevision(schema: "public", rows: [revision])])))
    }

    /// The change that is asked for now.
    var change: Change? {
        if case .perform(.apply(let change), _) = upgrade.next { change } else { nil }
    }

    var hold: Hold? {
        if case .held(let hold) = upgrade.position { hold } else { nil }
    }

    var outcome: Outcome? {
        if case .finished(let outcome) = upgrade.position { outcome } else { nil }
    }

    func reply(to command: Command) -> Reply {
        switch command {
        case .inspect:
            .inspected(
                inspection: Inspection(deployment: Sample.deployment(workloads), database: Sample.database()))
        case .readImages(_, _, let others):
            .imagesRead(
                source: Sample.source, target: target,
                others: others?.map {
                    ImageFacts(image: $0, version: target.version, chain: target.chain, digest: "", pinned: "\($0)@p")
                })
        case .check: .checked(findings: [])
        case .pause: .paused(automation: [Sample.autoscaler])
        case .apply, .restore, .resumeAutomation: .done
        case .backUp: .backedUp(backup: Sample.backup)
        case .readRevision:
            .revision(revisions: [SchemaRevision(schema: "public", rows: [Sample.sourceHead])])
        case .saveEvidence: .evidenceSaved(files: ["web-0.log"])
        }
    }
}
