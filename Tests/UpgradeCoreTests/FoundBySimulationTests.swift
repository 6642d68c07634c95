import Testing
import UpgradeCore

/// Each of these was a flaw that a simulated run came by.
@Suite struct `A flaw that the simulation found` {
    @Test func `automation whose pause was not answered is put back all the same`() throws {
        let run = try Upgrade(replaying: begun + [.began(command: .pause), .ended(reply: .paused(automation: []))])
        #expect(run.paused == [autoscaler])
    }

    @Test func `a start that was refused looks again whether nothing is left`() throws {
        var run = try Upgrade(replaying: atStart)
        try perform(&run, .failed(fault: conflict))
        #expect(run.next == .watch(.noneLeft))
        let stopped = try #require(run.changeBefore)
        let seen = look(settings: stopped.workloads[0].settings, instances: [])
        #expect(judge(seen, run) == .judged(goal: .noneLeft, verdict: .reached))
    }

    @Test func `a scale-up that was refused looks for what was changed, and holds`() throws {
        var run = try Upgrade(replaying: atStart)
        try perform(&run, .done)
        try run.apply(.judged(goal: .migrated, verdict: .reached))
        try run.apply(.judged(goal: .healthy, verdict: .reached))
        try perform(&run, .failed(fault: conflict))
        #expect(run.next == .watch(.migrated))
        let edited = Settings(image: "0.11.0", replicas: 1)
        guard case .judged(.migrated, .interfered) = judge(look(settings: edited, instances: []), run) else {
            Issue.record("the edit was not seen")
            return
        }
    }

    @Test func `always refused, it does not look for ever`() throws {
        var run = try Upgrade(replaying: atStart)
        for _ in 0..<60 {
            switch run.next {
            case .perform: try perform(&run, .failed(fault: conflict))
            case .watch(let goal): try run.apply(.judged(goal: goal, verdict: .reached))
            default: break
            }
        }
        guard case .held = run.position else {
            Issue.record("it stands at \(run.position)")
            return
        }
    }

    @Test func `the migrating instance that has ended is not started beside its session`() throws {
        var run = try Upgrade(replaying: atStart)
        guard case .perform(.apply(let change), _) = run.next else {
            Issue.record("not what was expected")
            return
        }
        try run.apply(.began(command: .apply(change: change)))
        let naming = change.workloads[0].naming
        let ended = Instance(id: "n", image: "0.12.4", generation: naming, state: .ended(exit: "signal 9"))
        let settings = change.workloads[0].settings
        let reply = run.foreseen(
            change, in: deployment(settings: settings, instances: [ended]), on: atSource)
        guard case .failed(let fault) = reply else {
            Issue.record("not what was expected")
            return
        }
        #expect(fault.kind == .conflict)
        let living = Instance(id: "n", image: "0.12.4", generation: naming)
        let there = deployment(settings: settings, instances: [living])
        #expect(run.foreseen(change, in: there, on: atSource) == .done)
        let foreign = DatabaseState(revisions: [SchemaRevision(schema: "public", rows: ["m"])])
        guard case .failed = run.foreseen(change, in: there, on: foreign) else {
            Issue.record("a foreign schema was not seen")
            return
        }
    }

    @Test func `an old instance beside the new one is seen before anything is scaled up`() throws {
        var run = try Upgrade(replaying: atStart)
        try perform(&run, .done)
        try run.apply(.judged(goal: .migrated, verdict: .reached))
        let settings = try #require(run.lastChange?.workloads[0].settings)
        let seen = look(settings: settings, instances: [Instance(id: "old", image: "0.6.43")])
        guard case .judged(.healthy, .interfered) = judge(seen, run) else {
            Issue.record("not what was expected")
            return
        }
    }

    @Test func `automation that was put back may scale while the end is verified`() throws {
        var run = try Upgrade(replaying: atStart)
        try perform(&run, .done)
        try run.apply(.judged(goal: .migrated, verdict: .reached))
        try run.apply(.judged(goal: .healthy, verdict: .reached))
        try perform(&run, .done)
        try run.apply(.judged(goal: .fleetServing, verdict: .reached))
        try perform(&run, .done)
        try run.apply(.judged(goal: .automated, verdict: .reached))
        #expect(run.next == .watch(.verified))
        let desired = try #require(run.lastChange?.workloads[0])
        let one = Instance(
            id: "n", image: "0.12.4", generation: desired.naming, answer: .serving(version: "0.12.4"))
        let seen = Observation(
            deployment: .success(
                deployment(settings: desired.settings.with(replicas: 1), instances: [one], automation: [autoscaler])),
            database: .success(DatabaseState(revisions: [SchemaRevision(schema: "public", rows: ["b"])])))
        #expect(judge(seen, run) == .judged(goal: .verified, verdict: .reached))
    }

    // The run up to its first start of the target

    private let autoscaler = Automation(name: "autoscaler", isActive: true, record: "1-6")
    private let conflict = Fault(.conflict, "It was changed.", why: "its version is another", remedy: "look again")

    private let atSource = DatabaseState(revisions: [SchemaRevision(schema: "public", rows: ["a"])])

    private var begun: [Event] {
        let old = (0..<2).map { Instance(id: "o\($0)", image: "0.6.43", answer: .serving(version: "0.6.43")) }
        let inspection = Inspection(
            deployment: deployment(
                settings: Settings(image: "0.6.43", replicas: 2), instances: old, automation: [autoscaler]),
            database: DatabaseState(revisions: [SchemaRevision(schema: "public", rows: ["a"])]))
        let source = ImageFacts(image: "0.6.43", version: "0.6.43", chain: ["a"], digest: "")
        let target = ImageFacts(image: "0.12.4", version: "0.12.4", chain: ["a", "b"], digest: "")
        return [
            .started(
                run: "r", plan: Plan(target: "0.12.4", strategy: .stopAll, backup: .none(acknowledged: true)),
                tool: "t",
                by: "p"),
            .began(command: .inspect), .ended(reply: .inspected(inspection: inspection)),
            .began(command: .readImages(source: "0.6.43", target: "0.12.4")),
            .ended(reply: .imagesRead(source: source, target: target)), .began(command: .check),
            .ended(reply: .checked(findings: [])), .decided(decision: .approve, by: "p"),
        ]
    }

    private var atStart: [Event] {
        get throws {
            var events = begun + [.began(command: .pause), .ended(reply: .paused(automation: [autoscaler]))]
            events.append(.judged(goal: .quiet, verdict: .reached))
            guard case .perform(let stop, _) = try Upgrade(replaying: events).next else { return events }
            return events + [
                .began(command: stop), .ended(reply: .done), .judged(goal: .noneLeft, verdict: .reached),
            ]
        }
    }

    private func perform(_ run: inout Upgrade, _ reply: Reply) throws {
        guard case .perform(let command, _) = run.next else {
            Issue.record("not what was expected")
            return
        }
        try run.apply(.began(command: command))
        try run.apply(.ended(reply: reply))
    }

    private func deployment(
        settings: Settings, instances: [Instance], automation: [Automation] = []
    ) -> Deployment {
        Deployment(
            workloads: [Workload(name: "w", role: .main, settings: settings, instances: instances)],
            automation: automation)
    }

    private func look(settings: Settings, instances: [Instance]) -> Observation {
        Observation(
            deployment: .success(deployment(settings: settings, instances: instances)),
            database: .success(DatabaseState(revisions: [SchemaRevision(schema: "public", rows: ["a"])])))
    }

    private func judge(_ seen: Observation, _ run: Upgrade) -> Event? {
        guard case .watch(let goal) = run.next else { return nil }
        var watch = Watch(goal, since: Moment(milliseconds: 0))
        return watch.judge(seen, of: run, at: Moment(milliseconds: 0))
    }
}
