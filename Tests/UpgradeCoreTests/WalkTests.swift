import Testing

@testable import UpgradeCore

/// What tells two states of a run apart, without the numbers that grow with each write.
struct Shape: Hashable {
    let text: String

    init(_ upgrade: Upgrade) {
        var parts: [String] = []
        for child in Mirror(reflecting: upgrade).children {
            switch child.label {
            case "position":
                switch upgrade.position {
                case .at(let stage): parts.append(stage.rawValue)
                case .held(let hold): parts.append("held \(hold.stage.rawValue) \(hold.revisionMoved)")
                case .finished(.refused): parts.append("refused")
                case .finished(.rolledBack): parts.append("rolledBack")
                case .finished(let outcome): parts.append("\(outcome)")
                }
            case "pending": parts.append(upgrade.pending == nil ? "-" : "pending")
            case "targetStarted", "migrated", "restarts", "restores", "automationIsBack", "lastChangeIsTaken",
                "reading":
                parts.append("\(child.value)")
            case "attempt": parts.append("\(min(child.value as? Int ?? 0, 1))")
            case "fleets": parts.append("\((child.value as? [Generation])?.isEmpty == true)")
            case "backup": parts.append(upgrade.backup == nil ? "-" : "backup")
            case "paused": parts.append(upgrade.paused.isEmpty ? "-" : "paused")
            default: break
            }
        }
        text = parts.joined(separator: " ")
    }
}

/// Every state that some list of facts leads to, and how.
struct Walk {
    struct Edge {
        let from: Upgrade
        let event: Event
        let to: Upgrade
        let shapes: (from: Shape, to: Shape)
    }

    private(set) var edges: [Edge] = []
    private(set) var shapes: [Shape: Upgrade] = [:]
    private(set) var refusedEventsThatChanged = 0
    private(set) var applications = 0

    init(plan: Plan, target: ImageFacts) throws {
        let story = try Story(plan, target: target)
        var queue = [(Shape(story.upgrade), story.upgrade)]
        shapes[queue[0].0] = story.upgrade
        while let (origin, upgrade) = queue.popLast() {
            for event in Self.alphabet(at: upgrade, target: target) {
                applications += 1
                var copy = upgrade
                do { try copy.apply(event) } catch {
                    if copy != upgrade { refusedEventsThatChanged += 1 }
                    continue
                }
                let shape = Shape(copy)
                edges.append(Edge(from: upgrade, event: event, to: copy, shapes: (origin, shape)))
                guard shapes[shape] == nil else { continue }
                shapes[shape] = copy
                queue.append((shape, copy))
            }
        }
    }

    /// Every kind of fact, the fitting ones and the others.
    static func alphabet(at upgrade: Upgrade, target: ImageFacts) -> [Event] {
        var commands: [Command] = [.inspect, .check, .pause, .backUp, .readRevision, .saveEvidence]
        commands += [.apply(change: Change(workloads: [])), .restore(backup: Sample.backup)]
        commands += [.resumeAutomation(paused: []), .readImages(source: "a", target: "b")]
        if case .perform(let command, _) = upgrade.next { commands.append(command) }
        var events = commands.map { Event.began(command: $0) } + replies(target).map { Event.ended(reply: $0) }
        events += Goal.allCases.map { .judged(goal: $0, verdict: .reached) }
        if case .watch(let goal) = upgrade.next {
            events += verdicts.dropFirst().map { .judged(goal: goal, verdict: $0) }
        }
        events += decisions.map { .decided(decision: $0, by: "ada") }
        events += [
            .started(run: "r1", plan: Sample.plan, tool: "0.1.0", by: "ada"), .noticed(notice: .databaseBack),
            .interrupted(signal: "SIGTERM"), .continued(tool: "0.1.0", by: "bob"),
        ]
        return events
    }

    static func replies(_ target: ImageFacts) -> [Reply] {
        let inspection = Inspection(deployment: Sample.deployment(), database: Sample.database())
        let refusal = Finding(refuses: true, fault: Sample.fault)
        let empty = Inspection(deployment: Deployment(workloads: []), database: Sample.database())
        return [
            .done, .inspected(inspection: inspection), .inspected(inspection: empty),
            .imagesRead(source: Sample.source, target: target), .imagesRead(source: target, target: Sample.source),
            .checked(findings: []), .checked(findings: [refusal]), .paused(automation: [Sample.autoscaler]),
            .paused(automation: []), .backedUp(backup: Sample.backup), .evidenceSaved(files: []),
            .revision(revisions: []), .revision(revisions: [SchemaRevision(schema: "public", rows: ["dd"])]),
            .revision(revisions: [SchemaRevision(schema: "public", rows: [Sample.sourceHead])]),
            .revision(revisions: [SchemaRevision(schema: "public", rows: [Sample.targetHead])]),
        ]
            + [Fault.Kind.failed, .unavailable, .conflict].map {
                .failed(fault: Fault($0, "It failed.", remedy: "mend it"))
            }
    }

    static let verdicts: [Verdict] =
        [Verdict.reached, .interfered(fault: Sample.fault)]
        + [nil, Sample.sourceHead, Sample.targetHead].flatMap { revision -> [Verdict] in
            [
                .missed(fault: Sample.fault, revision: revision, migrating: false),
                .missed(fault: Sample.fault, revision: revision, migrating: true),
                .crashed(fault: Sample.fault, revision: revision),
            ]
        }

    static let decisions: [Decision] = [
        .approve, .resume, .restart, .giveUp, .rollback(restore: true), .rollback(restore: false),
        .rollback(restore: false, seen: [SchemaRevision(schema: "public", rows: [Sample.sourceHead])]), overMoved,
    ]
    /// A person goes back although the database says that the schema has moved.
    static let overMoved = Decision.rollback(
        restore: false, seen: [SchemaRevision(schema: "public", rows: [Sample.targetHead])])

    /// The edges by which a run comes to this stage from another.
    func ways(to stage: Stage) -> [Edge] {
        edges.filter { $0.to.position == .at(stage) && $0.from.position != .at(stage) }
    }
}

@Suite(.serialized) struct `A walk through every state` {
    /// Strategy, target, how long a command is tried again (none leads to every last attempt) and edition.
    static let walks: [(Plan.Strategy, ImageFacts, Int, Edition?)] = [
        (.scaleToOne, Sample.target, 120, .second), (.stopAll, Sample.sameHead, 120, .second),
        (.scaleToOne, Sample.target, 0, .second), (.scaleToOne, Sample.target, 120, nil),
    ]

    private func walk(
        _ strategy: Plan.Strategy, _ target: ImageFacts, _ patience: Int, _ edition: Edition?
    ) throws -> Walk {
        var plan = Sample.plan
        plan.strategy = strategy
        plan.deadlines.database = patience
        plan.edition = edition
        return try Walk(plan: plan, target: target)
    }

    @Test(arguments: walks) func `keeps the promises`(
        strategy: Plan.Strategy, target: ImageFacts, patience: Int, edition: Edition?
    ) throws {
        let walk = try walk(strategy, target, patience, edition)
        print("walk of \(strategy.rawValue): \(walk.shapes.count) states, \(walk.applications) facts tried")
        #expect((200...5_000).contains(walk.shapes.count))
        #expect(walk.refusedEventsThatChanged == 0)
        expectScaleUpAfterHealth(walk)
        expectSourceOnItsOwnSchema(walk)
        expectTargetAtZero(walk)
        expectRefusalsBeforeChanges(walk)
        expectWaysOut(walk)
        if edition != nil { expectQuiet(walk) }
    }

    /// What `pause` and `resume-automation` wait for is waited for on both ways.
    private func expectQuiet(_ walk: Walk) {
        let quiet = Event.judged(goal: .quiet, verdict: .reached)
        for way in walk.ways(to: .scaleDown) where way.from.position == .at(.awaitQuiet) { #expect(way.event == quiet) }
        for way in walk.ways(to: .saveEvidence) where way.from.automationIsBack {
            Issue.record("\(way.event) leads from \(way.from.position) to saveEvidence while automation is active")
        }
        for way in walk.ways(to: .saveEvidence) where way.from.position == .at(.awaitQuietAgain) {
            #expect(way.event == quiet)
        }
        let isBack = Event.judged(goal: .automated, verdict: .reached)
        for way in walk.ways(to: .verify) { #expect(way.event == isBack) }
        for edge in walk.edges {
            guard case .finished(.rolledBack) = edge.to.position, edge.to.position != edge.from.position else {
                continue
            }
            #expect(edge.event == isBack)
        }
        for way in walk.ways(to: .restore) { #expect(way.from.position == .at(.awaitTargetGone)) }
    }

    /// P3.
    private func expectScaleUpAfterHealth(_ walk: Walk) {
        let ways = walk.ways(to: .scaleUp)
        #expect(!ways.isEmpty)
        for way in ways {
            #expect(way.to.migrated)
            if way.from.position == .at(.awaitHealthy) {
                #expect(way.event == .judged(goal: .healthy, verdict: .reached))
            } else {
                guard case .judged(_, .crashed) = way.event, let stage = way.from.stage else {
                    Issue.record("\(way.event) leads to scaleUp")
                    continue
                }
                #expect([Stage.awaitFleet, .awaitReplaced, .verify].contains(stage))
            }
        }
        for way in walk.ways(to: .awaitHealthy) {
            #expect(way.event == .judged(goal: .migrated, verdict: .reached))
        }
    }

    /// P2, on the way back.
    private func expectSourceOnItsOwnSchema(_ walk: Walk) {
        let own = SchemaRevision(schema: "public", rows: [Sample.sourceHead])
        let ways = walk.ways(to: .startSource)
        #expect(!ways.isEmpty)
        for way in ways {
            #expect(way.from.position == .at(.readRevision))
            #expect(way.event == .ended(reply: .revision(revisions: [own])))
        }
        for way in walk.ways(to: .readRevision) where way.to.targetStarted {
            let last = way.from.stage
            let isResume = way.event == .decided(decision: .resume, by: "ada")
            #expect(last == .awaitTargetGone || last == .restore || isResume)
        }
    }

    /// P2, on the way forward.
    private func expectTargetAtZero(_ walk: Walk) {
        for way in walk.ways(to: .start) {
            #expect(way.from.position == .at(.awaitNoneLeft) || way.from.position == .at(.backUp))
        }
        for way in walk.ways(to: .backUp) where way.from.plan.edition != nil {
            #expect(way.from.position == .at(.awaitNoneLeft))
        }
        for edge in walk.edges where edge.event == .decided(decision: Walk.overMoved, by: "ada") {
            #expect(!edge.from.targetStarted || edge.from.source?.head == Sample.targetHead)
        }
        for edge in walk.edges where !edge.from.targetStarted && edge.to.targetStarted {
            #expect(edge.from.position == .at(.start))
        }
    }

    private func expectRefusalsBeforeChanges(_ walk: Walk) {
        for edge in walk.edges {
            guard case .finished(.refused) = edge.to.position, edge.to.position != edge.from.position else { continue }
            #expect(edge.from.stage?.isBeforeFirstChange == true)
            #expect(edge.to.lastChange == nil)
        }
    }

    /// From every state some facts lead to an end, and from every hold a person's decision leads on.
    private func expectWaysOut(_ walk: Walk) {
        var sources: [Shape: Set<Shape>] = [:]
        for edge in walk.edges where edge.event != .decided(decision: .giveUp, by: "ada") {
            sources[edge.shapes.to, default: []].insert(edge.shapes.from)
        }
        var reached = Set(walk.shapes.filter { !$0.value.isUnfinished }.keys)
        var queue = Array(reached)
        while let shape = queue.popLast() {
            for source in sources[shape] ?? [] where reached.insert(source).inserted { queue.append(source) }
        }
        let stuck = walk.shapes.keys.filter { !reached.contains($0) }
        #expect(stuck.isEmpty, "\(stuck.prefix(3).map(\.text))")
    }
}
