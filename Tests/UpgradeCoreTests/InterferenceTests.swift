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

    /// What others have started cannot be told from what the run has, and they may not know how to undo it.
    @Test(arguments: waits) func `in what is started lets a migration end, then begins anew where nothing lives`(
        stage: Stage
    ) throws {
        var story = try held(at: stage)
        var vigil = try Vigil(story.upgrade, instances: [Instance(id: "x", image: "0.12.4")])
        vigil.database.sessions = [Session(pid: 1, hasWritten: true, isWorking: true)]
        #expect(vigil.look() == nil)
        vigil.database.sessions = []
        let verdict = vigil.verdict()
        try story.judge(try #require(verdict))
        #expect(story.upgrade.position == .at(.stop))
        try story.goToTheEnd()
        #expect(story.outcome == .upgraded(changed: true))
    }

    @Test func `but by ending all that there was begins anew as well`() throws {
        var story = try held(at: .awaitMigrated)
        var vigil = try Vigil(story.upgrade, instances: [])
        vigil.deployment.workloads[0].settings.replicas = 0
        let verdict = vigil.verdict()
        try story.judge(try #require(verdict))
        #expect(story.upgrade.position == .at(.stop))
    }

    @Test func `by a second hand holds once more`() throws {
        var story = try held(at: .awaitMigrated)
        try story.judge(.crashed(fault: Sample.fault, revision: nil))
        try story.go(to: .awaitMigrated)
        var vigil = try Vigil(story.upgrade, instances: [Instance(id: "x", image: "0.12.4")])
        #expect(vigil.verdict()?.isInterfered == true)
    }

    @Test(arguments: [Stage.awaitOneLeft, .awaitNoneLeft], ["0.6.43", "0.12.4"])
    func `that has migrated before the target was started leads back to no old version`(
        stage: Stage, image: String
    ) throws {
        var vigil = try Vigil(at: stage)
        vigil.database = Sample.database(Sample.targetHead)
        vigil.deployment.workloads[0].settings.image = image
        guard case .interfered(let fault) = vigil.verdict() else {
            Issue.record("it was not seen")
            return
        }
        #expect(fault.remedy.contains("`owui-upgrade unlock r1 --give-up`"))
    }

    @Test func `that may yet migrate is not to be undone by starting the old version`() throws {
        var vigil = try Vigil(at: .awaitOneLeft)
        vigil.deployment.workloads[0].settings.image = "0.12.4"
        guard case .interfered(let fault) = vigil.verdict() else {
            Issue.record("it was not seen")
            return
        }
        #expect(fault.remedy.contains("zero instances") && !fault.remedy.contains("undo"))
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

    @Test func `minds no other version that was taken back before it started`() throws {
        let story = try held(at: .awaitOneLeft)
        #expect(try foreseen(story, [Instance(id: "x", image: "0.11.0", state: .withdrawn)]) == nil)
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
