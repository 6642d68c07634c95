import Testing

@testable import UpgradeCore

@Suite struct `A held run` {
    static let reentries: [(Stage, Stage)] = [
        (.awaitQuiet, .pause), (.awaitOneLeft, .scaleDown), (.awaitNoneLeft, .stop), (.awaitMigrated, .awaitMigrated),
        (.awaitHealthy, .awaitMigrated), (.awaitFleet, .awaitMigrated), (.awaitReplaced, .awaitMigrated),
        (.verify, .awaitMigrated), (.awaitAutomation, .resumeAutomation),
    ]

    @Test(arguments: reentries) func `resumes where it may look again`(stage: Stage, expected: Stage) throws {
        var story = try Story(at: stage)
        try story.judge(.interfered(fault: Sample.fault))
        try story.decide(.resume)
        #expect(story.upgrade.position == .at(expected))
        try story.goToTheEnd()
        #expect(story.outcome == .upgraded(changed: true))
    }

    @Test(arguments: [Stage.scaleUp, .replaceMigrator])
    func `looks at revision and health again before it scales up`(stage: Stage) throws {
        var story = try Story(at: stage)
        try story.fail()
        try story.decide(.resume)
        #expect(story.upgrade.position == .at(.awaitMigrated))
        #expect(!story.upgrade.lastChangeIsTaken)
        try story.go(to: .scaleUp)
        #expect(Array(story.stages.suffix(3)) == [.awaitMigrated, .awaitHealthy, .scaleUp])
    }

    static let backReentries: [(Stage, Stage)] = [
        (.saveEvidence, .saveEvidence), (.stopTarget, .stopTarget), (.awaitTargetGone, .stopTarget),
        (.readRevision, .readRevision), (.startSource, .readRevision), (.awaitSource, .readRevision),
        (.resumeAutomationBack, .resumeAutomationBack), (.awaitAutomationBack, .resumeAutomationBack),
    ]

    @Test(arguments: backReentries)
    func `goes on going back, and reads the revision anew before a start`(stage: Stage, expected: Stage) throws {
        var story = try Story(at: .awaitMigrated)
        try story.goWrong(revision: Sample.sourceHead)
        try story.go(to: stage)
        try story.goWrong(revision: Sample.sourceHead)
        try story.decide(.resume)
        #expect(story.upgrade.position == .at(expected))
        try story.goToTheEnd()
        #expect(story.outcome == .rolledBack(cause: Sample.fault))
    }

    @Test func `goes forward from a schema that moved while it went back`() throws {
        var story = try Story(at: .awaitMigrated)
        try story.goWrong(revision: Sample.sourceHead)
        try story.go(to: .readRevision)
        try story.findRevision(Sample.targetHead)
        try story.decide(.resume)
        #expect(story.upgrade.position == .at(.stop))
        try story.goToTheEnd()
        #expect(story.outcome == .upgraded(changed: true))
    }

    @Test func `has a crash excused after a resume, also where the plan excuses none`() throws {
        var plan = Sample.plan
        plan.restarts = 0
        var story = try Story(at: .awaitMigrated, plan)
        let crash = Verdict.crashed(fault: Sample.fault, revision: Sample.targetHead)
        try story.judge(crash)
        #expect(story.hold != nil)
        try story.decide(.resume)
        try story.judge(crash)
        #expect(story.upgrade.position == .at(.stop))
        try story.go(to: .awaitMigrated)
        try story.judge(crash)
        #expect(story.hold != nil, "but one only")
    }

    @Test func `of the first edition is folded as it was written, without that excuse`() throws {
        var plan = Sample.plan
        (plan.restarts, plan.edition) = (0, nil)
        var story = try Story(at: .awaitMigrated, plan)
        let crash = Verdict.crashed(fault: Sample.fault, revision: Sample.targetHead)
        try story.judge(crash)
        try story.decide(.resume)
        try story.judge(crash)
        #expect(story.hold != nil)
    }

    @Test func `has its crash excused again after a resume`() throws {
        var story = try Story(at: .awaitMigrated)
        let crash = Verdict.crashed(fault: Sample.fault, revision: Sample.sourceHead)
        try story.judge(crash)
        try story.go(to: .awaitMigrated)
        try story.judge(.interfered(fault: Sample.fault))
        try story.decide(.resume)
        try story.judge(crash)
        #expect(story.upgrade.position == .at(.stop))
    }

    @Test func `starts its instance anew on request, from zero instances and without another backup`() throws {
        var story = try Story(at: .awaitHealthy)
        try story.goWrong(revision: Sample.targetHead)
        let (first, count) = (story.upgrade.migrator, story.stages.count)
        try story.decide(.restart)
        try story.goToTheEnd()
        #expect(story.stages.dropFirst(count).prefix(4) == [.stop, .awaitNoneLeft, .start, .awaitMigrated])
        #expect(story.upgrade.migrator != first)
        #expect(story.outcome == .upgraded(changed: true))
    }

    @Test(arguments: [Stage.awaitMigrated, .awaitFleet, .awaitReplaced, .verify])
    func `does not end what may migrate or serve in order to start it anew`(stage: Stage) throws {
        var story = try Story(at: stage)
        try story.judge(.interfered(fault: Sample.fault))
        let before = story.upgrade
        #expect(story.upgrade.objectionToRestart?.kind == .refused)
        #expect(throws: Upgrade.Refusal.self) { try story.decide(.restart) }
        #expect(story.upgrade == before)
    }

    @Test func `can be given up, and then ends as it is`() throws {
        var story = try Story(at: .awaitHealthy)
        try story.judge(.interfered(fault: Sample.fault))
        #expect(story.upgrade.isUnfinished)
        try story.decide(.giveUp)
        #expect(story.outcome == .givenUp)
        #expect(!story.upgrade.isUnfinished)
    }
}

@Suite struct `Going back on request` {
    static let end: [Stage] = [
        .readRevision, .startSource, .awaitSource, .resumeAutomationBack, .awaitAutomationBack,
    ]

    @Test(arguments: [Stage.pause, .scaleDown, .awaitOneLeft, .stop, .awaitNoneLeft, .backUp])
    func `before the target has run starts the source again`(stage: Stage) throws {
        var story = try Story(at: stage)
        try story.decide(.rollback(restore: false))
        try story.goToTheEnd()
        #expect(Array(story.stages.suffix(5)) == Self.end)
        #expect(story.outcome == .rolledBack(cause: nil))
    }

    @Test(arguments: [Stage.awaitHealthy, .awaitFleet, .verify])
    func `after the schema has moved needs the backup`(stage: Stage) throws {
        var story = try Story(at: stage)
        let before = story.upgrade
        #expect(story.upgrade.objection(toRollbackWithRestore: false)?.kind == .refused)
        #expect(throws: Upgrade.Refusal.self) { try story.decide(.rollback(restore: false)) }
        #expect(story.upgrade == before)
        try story.decide(.rollback(restore: true))
        try story.goToTheEnd()
        #expect(Array(story.stages.suffix(5)) == Self.end)
        #expect(story.stages.contains(.restore))
        #expect(story.outcome == .rolledBack(cause: nil))
        #expect(!story.upgrade.hasMoved)
    }

    @Test(arguments: [true, false]) func `also works for a run that ended well`(moves: Bool) throws {
        var story = try Story(target: moves ? Sample.target : Sample.sameHead)
        try story.goToTheEnd()
        try story.decide(.rollback(restore: moves))
        #expect(story.upgrade.position == .at(.pauseAgain))
        #expect(story.upgrade.isUnfinished)
        try story.goToTheEnd()
        #expect(story.stages.contains(.restore) == moves)
        #expect(story.outcome == .rolledBack(cause: nil))
    }

    @Test func `after automation was put back waits until it is quiet again, and stops nothing before`() throws {
        var story = try Story()
        try story.goToTheEnd()
        try story.decide(.rollback(restore: true))
        try story.go(to: .stopTarget)
        #expect(story.stages.suffix(4) == [.pauseAgain, .awaitQuietAgain, .saveEvidence, .stopTarget])
    }

    @Test(arguments: [Decision.resume, .rollback(restore: true)])
    func `pauses anew after a hold in which automation was not quiet`(decision: Decision) throws {
        var story = try Story()
        try story.goToTheEnd()
        try story.decide(.rollback(restore: true))
        try story.go(to: .awaitQuietAgain)
        try story.goWrong(revision: Sample.targetHead)
        #expect(story.hold?.stage == .awaitQuietAgain)
        try story.decide(decision)
        #expect(story.upgrade.position == .at(.pauseAgain))
    }

    @Test func `restores between the target's end and the reading`() throws {
        var story = try Story(at: .awaitFleet)
        try story.decide(.rollback(restore: true))
        try story.go(to: .restore)
        #expect(story.upgrade.next == .perform(.restore(backup: Sample.backup), attempt: 0))
        #expect(story.stages.suffix(4) == [.saveEvidence, .stopTarget, .awaitTargetGone, .restore])
    }

    @Test func `with a backup that does not bring the source's schema holds, and resume reads again`() throws {
        var story = try Story(at: .awaitFleet)
        try story.decide(.rollback(restore: true))
        try story.go(to: .readRevision)
        try story.findRevision("dddddddddddd")
        #expect(story.hold?.revisionMoved == true)
        try story.decide(.resume)
        #expect(story.upgrade.position == .at(.readRevision))
    }

    private static func schema(_ revision: String) -> [SchemaRevision] {
        [SchemaRevision(schema: "public", rows: [revision])]
    }

    @Test(arguments: [Stage.awaitHealthy, .awaitFleet, .verify])
    func `after a person restored the database goes by what the database says`(stage: Stage) throws {
        var story = try Story(at: stage)
        let (own, moved) = (Sample.database(), Sample.database(Sample.targetHead))
        #expect(story.upgrade.objection(toRollbackWithRestore: false, seen: own) == nil)
        #expect(
            story.upgrade.objection(toRollbackWithRestore: false, seen: moved)
                == .goingBackNeedsRestore("r1", hasBackup: true, seen: moved))
        #expect(throws: Upgrade.Refusal.self) {
            try story.decide(.rollback(restore: false, seen: Self.schema(Sample.targetHead)))
        }
        try story.decide(.rollback(restore: false, seen: Self.schema(Sample.sourceHead)))
        #expect(!story.upgrade.hasMoved)
        try story.goToTheEnd()
        #expect(!story.stages.contains(.restore))
        #expect(story.outcome == .rolledBack(cause: nil))
    }

    @Test func `looks before it stops a target whose schema has moved unseen`() throws {
        let story = try Story(at: .awaitMigrated)
        let moved = Sample.database(Sample.targetHead)
        #expect(story.upgrade.objection(toRollbackWithRestore: false) == nil)
        #expect(story.upgrade.objection(toRollbackWithRestore: false, seen: moved)?.kind == .refused)
        let two = DatabaseState(revisions: [SchemaRevision(schema: "public", rows: ["a", "b"])])
        #expect(story.upgrade.objection(toRollbackWithRestore: false, seen: two)?.kind == .refused)
    }

    @Test func `still reads the revision after everything has ended`() throws {
        var story = try Story(at: .awaitHealthy)
        try story.decide(.rollback(restore: false, seen: Self.schema(Sample.sourceHead)))
        try story.go(to: .readRevision)
        try story.findRevision(Sample.targetHead)
        #expect(story.hold?.revisionMoved == true)
        #expect(!story.stages.contains(.startSource))
    }

    @Test func `needs a backup of this run to restore`() throws {
        var story = try Story(at: .awaitHealthy, Plan(target: "0.12.4", backup: .none(acknowledged: true)))
        #expect(story.upgrade.objection(toRollbackWithRestore: true) == .noBackup("r1"))
        #expect(throws: Upgrade.Refusal.self) { try story.decide(.rollback(restore: true)) }
    }

    @Test(arguments: [Stage.inspect, .readImages, .check, .confirm])
    func `has nothing to take back before the first change`(stage: Stage) throws {
        var story = try Story(at: stage)
        #expect(story.upgrade.objection(toRollbackWithRestore: false) == .nothingToGoBackFrom("r1"))
        #expect(throws: Upgrade.Refusal.self) { try story.decide(.rollback(restore: false)) }
    }

    @Test func `never leads to a restore that nobody asked for`() throws {
        var story = try Story(at: .awaitMigrated)
        try story.decide(.rollback(restore: true))
        try story.decide(.rollback(restore: false))
        try story.goToTheEnd()
        #expect(!story.stages.contains(.restore))
    }
}

@Suite struct `A fact out of place` {
    static let events: [Event] = [
        .started(run: "r2", plan: Sample.plan, tool: "0.1.0", by: "ada"),
        .began(command: .backUp), .ended(reply: .done), .ended(reply: .failed(fault: Sample.fault)),
        .judged(goal: .migrated, verdict: .reached), .decided(decision: .approve, by: "ada"),
        .decided(decision: .resume, by: "ada"), .decided(decision: .rollback(restore: true), by: "ada"),
    ]

    @Test(arguments: events) func `is refused in a few words and changes nothing`(event: Event) throws {
        var upgrade = try Story().upgrade
        let before = upgrade
        let refusal = #expect(throws: Upgrade.Refusal.self) { try upgrade.apply(event) }
        #expect(refusal?.description.hasSuffix("` does not fit inspect") == true)
        #expect(upgrade == before)
    }

    @Test func `is a reply to another command`() throws {
        var story = try Story(at: .backUp)
        try story.record(.began(command: .backUp))
        let before = story.upgrade
        #expect(throws: Upgrade.Refusal.self) { try story.record(.ended(reply: .checked(findings: []))) }
        #expect(story.upgrade == before)
    }

    @Test func `is a goal that is not waited for now`() throws {
        var story = try Story(at: .awaitMigrated)
        #expect(throws: Upgrade.Refusal.self) { try story.record(.judged(goal: .healthy, verdict: .reached)) }
    }

    @Test(arguments: [Decision.approve, .resume, .giveUp])
    func `is a decision about a run that has ended`(decision: Decision) throws {
        var story = try Story()
        try story.goToTheEnd()
        #expect(throws: Upgrade.Refusal.self) { try story.decide(decision) }
    }

    @Test func `is a journal that does not start with its start`() {
        #expect(throws: Upgrade.Refusal.self) { try Upgrade(replaying: []) }
        #expect(throws: Upgrade.Refusal.self) { try Upgrade(.began(command: .inspect)) }
    }

    @Test func `is never a notice, an interruption or a continuation`() throws {
        var story = try Story(at: .awaitMigrated)
        let before = story.upgrade
        try story.record(.noticed(notice: .databaseBack))
        try story.record(.interrupted(signal: "SIGTERM"))
        try story.record(.continued(tool: "0.1.0", by: "bob"))
        #expect(story.upgrade == before)
    }
}
