import Testing

@testable import UpgradeCore

@Suite struct `A failed target` {
    @Test(arguments: [Instance.Answer.serving(version: "0.12.4"), .unwell(reason: "503")])
    func `that opens its port on the old schema has swallowed its migration`(answer: Instance.Answer) throws {
        var vigil = try Vigil(at: .awaitMigrated)
        vigil.answer(answer)
        vigil.database.sessions = [Session(pid: 1, hasWritten: true)]
        let verdict = vigil.verdict()
        #expect(verdict?.missedWhileMigrating == false)
        guard case .missed(_, Sample.sourceHead, _) = verdict else {
            Issue.record("\(String(describing: verdict))")
            return
        }
    }

    @Test func `without a migration may open its port at once`() throws {
        var vigil = try Vigil(at: .awaitMigrated, target: Sample.sameHead)
        vigil.answer(.serving(version: "0.12.4"))
        #expect(vigil.verdict() == .reached)
    }

    @Test(arguments: [Stage.awaitHealthy, .awaitFleet, .awaitReplaced, .verify])
    func `that says another version is found out`(stage: Stage) throws {
        var vigil = try Vigil(at: stage)
        vigil.answer(.serving(version: "0.11.0"))
        #expect(vigil.verdict()?.missedWhileMigrating == false)
    }

    @Test(arguments: [Stage.awaitMigrated, .awaitHealthy, .awaitFleet, .awaitReplaced, .verify])
    func `that ended by itself has crashed`(stage: Stage) throws {
        var vigil = try Vigil(at: stage)
        vigil.end(0)
        #expect(vigil.verdict()?.isCrashed == true)
    }

    @Test(arguments: [Stage.awaitMigrated, .awaitHealthy, .awaitFleet, .awaitReplaced, .verify])
    func `that is started again and again has failed`(stage: Stage) throws {
        var vigil = try Vigil(at: stage)
        vigil.deployment.workloads[0].instances[0].restarts = 1
        #expect(vigil.look() == nil)
        vigil.deployment.workloads[0].instances[0].restarts = 2
        #expect(vigil.verdict()?.missedWhileMigrating == false)
    }

    @Test func `is judged once for a crash in the fleet`() throws {
        var story = try Story(at: .awaitFleet)
        let ended = try #require(story.upgrade.lastChange?["web"]?.naming)
        try story.judge(.crashed(fault: Sample.fault, revision: Sample.targetHead))
        try story.go(to: .awaitFleet)
        var vigil = try Vigil(story.upgrade)
        vigil.deployment.workloads[0].instances = [
            Instance(id: "ended", image: "0.12.4", generation: ended, state: .ended(exit: "exit 1"))
        ]
        #expect(vigil.look() == nil)
    }

    @Test func `makes verify fail where the revision has changed`() throws {
        var vigil = try Vigil(at: .verify)
        vigil.answer(.serving(version: "0.12.4"))
        vigil.database = Sample.database("dddddddddddd")
        #expect(vigil.verdict()?.missedWhileMigrating == false)
    }
}

@Suite struct `Someone else's hands` {
    static let stages: [Stage] = [
        .awaitOneLeft, .awaitNoneLeft, .awaitMigrated, .awaitHealthy, .awaitFleet, .awaitReplaced, .verify,
    ]

    @Test(arguments: stages) func `on the settings are seen`(stage: Stage) throws {
        for change in [{ $0.replicas += 1 }, { $0.image = "x" }, { $0.workers = "9" }] as [(inout Settings) -> Void] {
            var vigil = try Vigil(at: stage)
            change(&vigil.deployment.workloads[0].settings)
            #expect(vigil.verdict()?.isInterfered == true)
        }
    }

    @Test(arguments: stages) func `that take a workload away are seen`(stage: Stage) throws {
        var vigil = try Vigil(at: stage)
        vigil.deployment.workloads = []
        #expect(vigil.verdict()?.isInterfered == true)
    }

    @Test(arguments: stages) func `on the automation are seen until the run puts it back`(stage: Stage) throws {
        var vigil = try Vigil(at: stage)
        vigil.deployment.automation = [Sample.autoscaler]
        #expect((vigil.verdict()?.isInterfered == true) == (stage != .verify))
    }

    @Test(arguments: [Stage.awaitMigrated, .awaitHealthy, .awaitFleet, .awaitReplaced, .verify])
    func `that start an old instance beside the target are seen`(stage: Stage) throws {
        var vigil = try Vigil(at: stage)
        vigil.deployment.workloads[0].instances.append(Instance(id: "old", image: "0.6.43"))
        #expect(vigil.verdict()?.isInterfered == true)
    }

    @Test func `that start a second target are seen while it migrates`() throws {
        var vigil = try Vigil(at: .awaitMigrated)
        vigil.deployment.workloads[0].instances.append(Instance(id: "other", image: "0.12.4"))
        #expect(vigil.verdict()?.isInterfered == true)
        var own = vigil.deployment.workloads[0].instances[0]
        own.id = "twin"
        vigil.deployment.workloads[0].instances[1] = own
        #expect(vigil.verdict()?.isInterfered == true)
    }

    @Test(arguments: ["0.6.43", "0.12.4"]) func `are not suspected in what was taken back before it started`(
        image: String
    ) throws {
        var vigil = try Vigil(at: .awaitMigrated)
        var other = vigil.deployment.workloads[0].instances[0]
        (other.id, other.image, other.state) = ("other", image, .withdrawn)
        vigil.deployment.workloads[0].instances.append(other)
        #expect(vigil.look() == nil)
    }

    @Test func `that change the revision at zero instances are seen`() throws {
        var vigil = try Vigil(at: .awaitNoneLeft)
        vigil.database = Sample.database(Sample.targetHead)
        #expect(vigil.verdict()?.isInterfered == true)
    }

    @Test func `are not suspected after a crash that came when the migration was done`() throws {
        var story = try Story(at: .awaitMigrated)
        try story.judge(.crashed(fault: Sample.fault, revision: Sample.targetHead))
        try story.go(to: .awaitNoneLeft)
        var vigil = try Vigil(story.upgrade)
        vigil.database = Sample.database(Sample.targetHead)
        #expect(vigil.verdict() == .reached)
    }

    @Test func `are not suspected after a write that failed`() throws {
        var story = try Story(at: .scaleUp)
        let migrator = try #require(story.upgrade.migrator)
        try story.fail()
        try story.decide(.resume)
        let instance = Instance(
            id: "m", image: "0.12.4", generation: migrator, answer: .serving(version: "0.12.4"))
        var vigil = try Vigil(story.upgrade, instances: [instance])
        let before = try #require(story.upgrade.changeBefore?.workloads[0].settings)
        vigil.deployment.workloads[0].settings = before
        vigil.database = Sample.database(Sample.targetHead)
        #expect(vigil.verdict() == .reached)
        vigil.deployment.workloads[0].settings.image = "0.11.0"
        #expect(vigil.verdict()?.isInterfered == true)
    }
}
