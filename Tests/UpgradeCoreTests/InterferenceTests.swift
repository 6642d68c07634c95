import Testing

@testable import UpgradeCore

/// A person resumes a held run without having undone what it holds for.
@Suite struct `Interference that was not undone` {
    static let waits: [Stage] = [.awaitMigrated, .awaitHealthy, .awaitFleet, .awaitReplaced, .verify]

    private func held(at stage: Stage) throws -> Story {
        var story = try Story(at: stage)
        try story.judge(.interfered(fault: Sample.fault))
        try story.decide(.resume)
        return story
    }

    @Test(arguments: waits) func `holds again before anything is changed`(stage: Stage) throws {
        let story = try held(at: stage)
        #expect(story.upgrade.position == .at(.awaitMigrated))
        for change in [{ $0.replicas += 1 }, { $0.image = "x" }, { $0.workers = "9" }] as [(inout Settings) -> Void] {
            var vigil = try Vigil(story.upgrade)
            vigil.database = Sample.database(Sample.targetHead)
            change(&vigil.deployment.workloads[0].settings)
            #expect(vigil.verdict()?.isInterfered == true)
        }
    }

    @Test func `in the old instances stops all of them anew where nothing may run`() throws {
        let story = try held(at: .awaitNoneLeft)
        #expect(story.upgrade.position == .at(.stop))
        #expect(story.change?.starts == false)
    }

    private func foreseen(_ story: Story, _ instances: [Instance], revision: String = Sample.sourceHead) throws
        -> Reply?
    {
        let change = try #require(story.change)
        var web = Sample.main()
        web.instances = instances
        return story.upgrade.foreseen(
            change, in: Deployment(workloads: [web]), on: Sample.database(revision))
    }

    @Test func `starts no old instance beside another version`() throws {
        var story = try held(at: .awaitOneLeft)
        #expect(story.upgrade.position == .at(.scaleDown))
        let other = Instance(id: "x", image: "0.11.0")
        guard case .failed(let fault) = try foreseen(story, [other]) else {
            Issue.record("the other version was not seen")
            return
        }
        try story.fail(with: fault)
        #expect(story.upgrade.position == .at(.awaitQuiet))
    }

    @Test func `starts no old instance on a schema that has changed`() throws {
        var story = try held(at: .awaitOneLeft)
        #expect(try foreseen(story, []) == nil)
        guard case .failed(let fault) = try foreseen(story, [], revision: Sample.targetHead) else {
            Issue.record("the schema was not looked at")
            return
        }
        try story.fail(with: fault)
        #expect(story.upgrade.position == .at(.awaitQuiet))
        var vigil = try Vigil(story.upgrade)
        vigil.database = Sample.database(Sample.targetHead)
        #expect(vigil.verdict()?.isInterfered == true)
    }

    /// Found by the simulation: a person restores the database while no process of the run lives.
    @Test(arguments: [Stage.scaleUp, .replaceMigrator])
    func `by a restored schema is seen before a resumed run scales up on it`(stage: Stage) throws {
        var story = try Story(at: stage)
        #expect(try foreseen(story, [], revision: Sample.targetHead) == nil)
        guard case .failed(let fault) = try foreseen(story, []) else {
            Issue.record("the schema was not looked at")
            return
        }
        try story.fail(with: fault)
        #expect(story.upgrade.position == .at(.awaitMigrated))
    }

    @Test func `beside the source that is to start again has everything stopped first`() throws {
        var story = try Story(at: .awaitMigrated)
        try story.goWrong(revision: Sample.sourceHead)
        try story.go(to: .awaitSource)
        try story.judge(.interfered(fault: Sample.fault))
        try story.decide(.resume)
        try story.go(to: .startSource)
        guard case .failed(let fault) = try foreseen(story, [Instance(id: "x", image: "0.12.4")]) else {
            Issue.record("the target was not seen")
            return
        }
        try story.fail(with: fault)
        #expect(story.upgrade.position == .at(.stopTarget))
    }

    /// Zero instances were seen before the hold, and someone may have started one since.
    @Test(arguments: [(Stage.backUp, Stage.stop), (.restore, .stopTarget)])
    func `does not meet a backup or a restore`(stage: Stage, expected: Stage) throws {
        var story = try Story(at: stage == .backUp ? stage : .awaitFleet)
        if stage == .restore {
            try story.decide(.rollback(restore: true))
            try story.go(to: stage)
        }
        let conflict = Fault(.conflict, "Someone else wrote.", remedy: "stop them")
        while story.hold == nil { try story.fail(with: conflict) }
        try story.decide(.resume)
        #expect(story.upgrade.position == .at(expected))
        try story.goToTheEnd()
        #expect(story.outcome == (stage == .backUp ? .upgraded(changed: true) : .rolledBack(cause: nil)))
    }
}
