import Testing

@testable import UpgradeCore

@Suite struct `A failure` {
    static let beforeChange: [Stage] = [.inspect, .readImages, .check]
    static let beforeTarget: [Stage] = [
        .pause, .awaitQuiet, .scaleDown, .awaitOneLeft, .stop, .awaitNoneLeft, .backUp,
    ]
    static let unmoved: [Stage] = [.start, .awaitMigrated]
    static let moved: [Stage] = [
        .awaitHealthy, .scaleUp, .awaitFleet, .replaceMigrator, .awaitReplaced, .resumeAutomation, .awaitAutomation,
        .verify,
    ]
    static let back: [Stage] = [
        .saveEvidence, .stopTarget, .awaitTargetGone, .readRevision, .startSource, .awaitSource, .resumeAutomationBack,
        .awaitAutomationBack,
    ]

    @Test(arguments: beforeChange) func `before the first change is a refusal`(stage: Stage) throws {
        var story = try Story(at: stage)
        try story.fail()
        #expect(story.outcome == .refused(faults: [Sample.fault]))
    }

    @Test(arguments: beforeTarget) func `before the target has run goes back without stopping`(stage: Stage) throws {
        var story = try Story(at: stage)
        try story.goWrong(revision: Sample.sourceHead)
        #expect(story.upgrade.position == .at(.readRevision))
        try story.goToTheEnd()
        #expect(story.outcome == .rolledBack(cause: Sample.fault))
        #expect(!story.stages.contains(.stopTarget))
    }

    @Test(arguments: unmoved)
    func `of a target that moved nothing goes back once all of it has ended`(stage: Stage) throws {
        var story = try Story(at: stage)
        try story.goWrong(revision: Sample.sourceHead)
        try story.goToTheEnd()
        #expect(Array(story.stages.suffix(Self.back.count)) == Self.back)
        #expect(story.outcome == .rolledBack(cause: Sample.fault))
        #expect(story.upgrade.evidence == ["web-0.log"])
    }

    @Test(arguments: moved) func `after the schema has moved holds`(stage: Stage) throws {
        var story = try Story(at: stage)
        try story.goWrong(revision: Sample.targetHead)
        #expect(story.hold == Hold(fault: Sample.fault, stage: stage, revisionMoved: true))
    }

    @Test(arguments: moved.filter { $0.step != .resumeAutomation })
    func `without a migration goes back from anywhere`(stage: Stage) throws {
        var story = try Story(at: stage, target: Sample.sameHead)
        try story.goWrong(revision: Sample.sourceHead)
        try story.goToTheEnd()
        #expect(story.outcome == .rolledBack(cause: Sample.fault))
        #expect(story.stages.contains(.pauseAgain) == (stage == .verify))
    }

    @Test(arguments: back) func `on the way back holds`(stage: Stage) throws {
        var story = try Story(at: .awaitMigrated)
        try story.goWrong(revision: Sample.sourceHead)
        try story.go(to: stage)
        try story.goWrong(revision: Sample.sourceHead)
        #expect(story.hold?.stage == stage)
    }

    @Test(arguments: [Stage.awaitQuiet, .awaitOneLeft, .awaitNoneLeft, .awaitMigrated, .awaitHealthy])
    func `while the revision cannot be known holds`(stage: Stage) throws {
        var story = try Story(at: stage)
        try story.judge(.missed(fault: Sample.fault, revision: nil, migrating: false))
        #expect(story.hold?.stage == stage)
        #expect(story.hold?.revisionMoved == [Stage.awaitMigrated, .awaitHealthy].contains(stage))
    }

    @Test func `while a migration may still run holds and stops nothing`() throws {
        var story = try Story(at: .awaitMigrated)
        try story.judge(.missed(fault: Sample.fault, revision: Sample.sourceHead, migrating: true))
        #expect(story.hold == Hold(fault: Sample.fault, stage: .awaitMigrated, revisionMoved: true))
    }

    @Test(arguments: Stage.allCases.filter { $0.goal != nil && !$0.isGoingBack })
    func `by someone else's hands holds`(stage: Stage) throws {
        var story = try Story(at: stage)
        try story.judge(.interfered(fault: Sample.fault))
        #expect(story.hold?.stage == stage)
    }

    @Test func `found on the way back, a moved revision holds and never starts the source`() throws {
        var story = try Story(at: .awaitMigrated)
        try story.goWrong(revision: Sample.sourceHead)
        try story.go(to: .readRevision)
        try story.record(.began(command: .readRevision))
        let moved = SchemaRevision(schema: "public", rows: [Sample.targetHead])
        try story.record(.ended(reply: .revision(revisions: [moved])))
        #expect(story.hold?.stage == .readRevision)
        #expect(story.hold?.revisionMoved == true)
        #expect(!story.stages.contains(.startSource))
    }
}

@Suite struct `A failure that may pass` {
    static let passing = Fault(.unavailable, "It was away.", why: "no route", remedy: "wait")

    @Test(arguments: [(0, 1), (1, 4), (120, 11), (600, 27)])
    func `is tried until the pauses are as long as the plan's patience, then counts`(seconds: Int, attempts: Int) throws
    {
        var plan = Sample.plan
        plan.deadlines.database = seconds
        var story = try Story(at: .stop, plan)
        for attempt in 0..<attempts {
            let asked = try #require(story.change)
            #expect(story.upgrade.next == .perform(.apply(change: asked), attempt: attempt))
            try story.fail(with: Self.passing)
        }
        #expect(story.upgrade.position == .at(.readRevision))
        #expect(story.upgrade.cause?.why == (attempts == 1 ? "no route" : "no route (tried \(attempts) times)"))
        let waited = (0..<attempts).reduce(0) { $0 + Patience.pause(before: $1) }
        #expect(waited >= Int64(seconds) * 1000)
        #expect(waited - Patience.pause(before: attempts - 1) < max(Int64(seconds) * 1000, 1))
    }

    @Test func `is tried eight times in a run of the first edition`() throws {
        var plan = Sample.plan
        plan.edition = nil
        var story = try Story(at: .stop, plan)
        for _ in 0..<8 { try story.fail(with: Self.passing) }
        #expect(story.upgrade.position == .at(.readRevision))
    }

    @Test func `counts from the beginning after a success`() throws {
        var story = try Story(at: .stop)
        for _ in 0..<7 { try story.fail(with: Self.passing) }
        try story.go(to: .backUp)
        #expect(story.upgrade.next == .perform(.backUp, attempt: 0))
    }

    @Test(arguments: [Stage.inspect, .readImages, .check])
    func `is not tried again before the first change`(stage: Stage) throws {
        var story = try Story(at: stage)
        try story.fail(with: Self.passing)
        #expect(story.outcome == .refused(faults: [Self.passing]))
    }

    @Test func `holds where it is someone else who keeps writing`() throws {
        var story = try Story(at: .stop)
        let conflict = Fault(.conflict, "Someone else wrote.", remedy: "stop them")
        for _ in 0..<7 {
            try story.fail(with: conflict)
            #expect(story.upgrade.position == .at(.awaitOneLeft))
            try story.go(to: .stop)
        }
        for _ in 0..<11 { try story.fail(with: conflict) }
        #expect(story.hold?.stage == .stop)
        #expect(story.hold?.revisionMoved == false)
    }

    @Test(arguments: Fault.Kind.allCases.filter { $0 != .unavailable && $0 != .conflict })
    func `is no other kind`(kind: Fault.Kind) throws {
        var story = try Story(at: .stop)
        try story.fail(with: Fault(kind, "It failed.", remedy: "mend it"))
        #expect(story.upgrade.position == .at(.readRevision))
    }
}

@Suite struct `A crash of the target` {
    static let crash = Verdict.crashed(fault: Sample.fault, revision: Sample.sourceHead)

    @Test func `is excused once, and begins again at zero instances without a second backup`() throws {
        var story = try Story(at: .awaitMigrated)
        let first = story.upgrade.migrator
        try story.judge(Self.crash)
        #expect(story.upgrade.position == .at(.stop))
        try story.go(to: .awaitMigrated)
        #expect(Array(story.stages.suffix(4)) == [.stop, .awaitNoneLeft, .start, .awaitMigrated])
        #expect(story.upgrade.migrator != first)
        try story.judge(Self.crash)
        try story.goToTheEnd()
        #expect(story.outcome == .rolledBack(cause: Sample.fault))
    }

    @Test func `is not excused where the plan excuses none`() throws {
        var plan = Sample.plan
        plan.restarts = 0
        var story = try Story(at: .awaitMigrated, plan)
        try story.judge(Self.crash)
        #expect(story.upgrade.position == .at(.saveEvidence))
    }

    @Test func `after the migration holds when it is not excused`() throws {
        var plan = Sample.plan
        plan.restarts = 0
        var story = try Story(at: .awaitHealthy, plan)
        try story.judge(.crashed(fault: Sample.fault, revision: Sample.targetHead))
        #expect(story.hold?.revisionMoved == true)
    }

    @Test(arguments: [Stage.awaitFleet, .awaitReplaced, .verify])
    func `in the fleet is made good beside those that serve`(stage: Stage) throws {
        var story = try Story(at: stage)
        let before = story.upgrade.targetGenerations
        try story.judge(.crashed(fault: Sample.fault, revision: Sample.targetHead))
        #expect(story.upgrade.position == .at(.scaleUp))
        let web = try #require(story.change?["web"])
        #expect(web.accepts == before + [web.naming])
        #expect(!before.contains(web.naming))
        #expect(story.upgrade.fleetHasCrashed)
        try story.goToTheEnd()
        #expect(story.outcome == .upgraded(changed: true))
    }
}
