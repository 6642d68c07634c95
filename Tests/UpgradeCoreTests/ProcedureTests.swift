import Testing

@testable import UpgradeCore

@Suite struct `An undisturbed run` {
    static let preflight: [Stage] = [.inspect, .readImages, .check, .confirm, .pause, .awaitQuiet]
    static let swap: [Stage] = [.stop, .awaitNoneLeft, .backUp, .start, .awaitMigrated, .awaitHealthy]
    static let end: [Stage] = [
        .scaleUp, .awaitFleet, .replaceMigrator, .awaitReplaced, .resumeAutomation, .awaitAutomation, .verify,
    ]

    @Test func `scales to one, swaps at zero and scales up again`() throws {
        var story = try Story()
        try story.goToTheEnd()
        #expect(story.stages == Self.preflight + [.scaleDown, .awaitOneLeft] + Self.swap + Self.end)
        #expect(story.outcome == .upgraded(changed: true))
        #expect(!story.upgrade.isUnfinished)
    }

    @Test func `stops all at once where the plan says so`() throws {
        var plan = Sample.plan
        plan.strategy = .stopAll
        var story = try Story(plan)
        try story.goToTheEnd()
        #expect(story.stages == Self.preflight + Self.swap + Self.end)
    }

    @Test func `makes no backup where the plan acknowledges none`() throws {
        var story = try Story(Plan(target: "0.12.4", backup: .none(acknowledged: true)))
        try story.goToTheEnd()
        #expect(!story.stages.contains(.backUp))
        #expect(story.outcome == .upgraded(changed: true))
    }

    @Test func `does not replace a migrating instance that is already as it should be`() throws {
        let settings = Settings(image: "0.6.43", replicas: 3)
        var story = try Story(workloads: [Sample.main(settings)])
        try story.goToTheEnd()
        #expect(!story.stages.contains(.replaceMigrator))
        #expect(story.upgrade.targetGenerations == [story.upgrade.migrator, story.upgrade.migrator])
    }

    @Test func `is the same when it is replayed from its journal at any point`() throws {
        var story = try Story(workloads: [Sample.main(), Sample.companion])
        try story.goToTheEnd()
        var upgrade = try Upgrade(story.events[0])
        for (count, event) in story.events.enumerated().dropFirst() {
            #expect(try Upgrade(replaying: Array(story.events[..<count])) == upgrade)
            try upgrade.apply(event)
        }
        #expect(upgrade == story.upgrade)
    }

    @Test func `asks each stage for its own command`() throws {
        let expected: [Stage: Command] = [
            .inspect: .inspect, .readImages: .readImages(source: "0.6.43", target: "0.12.4"), .check: .check,
            .pause: .pause, .backUp: .backUp, .resumeAutomation: .resumeAutomation(paused: [Sample.autoscaler]),
        ]
        for (stage, command) in expected {
            #expect(try Story(at: stage).upgrade.next == .perform(command, attempt: 0))
        }
    }

    @Test(arguments: Stage.allCases.filter { $0.goal != nil && !$0.isGoingBack })
    func `waits for each stage's own goal`(stage: Stage) throws {
        #expect(try Story(at: stage).upgrade.next == stage.goal.map(Upgrade.Next.watch))
    }

    @Test func `ends with nothing to do where everything is as asked`() throws {
        let settings = Settings(image: "0.12.4", replicas: 1)
        let instance = Instance(id: "web-0", image: "0.12.4", answer: .serving(version: "0.12.4"))
        let web = Workload(name: "web", role: .main, settings: settings, instances: [instance])
        var story = try Story()
        let inspection = Inspection(
            deployment: Deployment(workloads: [web]), database: Sample.database(Sample.targetHead))
        try story.record(.began(command: .inspect))
        try story.record(.ended(reply: .inspected(inspection: inspection)))
        try story.record(.began(command: .readImages(source: "0.12.4", target: "0.12.4")))
        try story.record(.ended(reply: .imagesRead(source: Sample.target, target: Sample.target)))
        #expect(story.outcome == .upgraded(changed: false))
    }
}
