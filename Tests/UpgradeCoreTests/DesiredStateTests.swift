import Testing

@testable import UpgradeCore

@Suite struct `The desired state` {
    static let workloads = [Sample.main(), Sample.companion]

    private func change(at stage: Stage) throws -> Change {
        try #require(try Story(at: stage, workloads: Self.workloads).change)
    }

    @Test func `of scaling down keeps one old instance and no companion`() throws {
        let change = try change(at: .scaleDown)
        #expect(change["web"]?.settings == Sample.settings.with(replicas: 1))
        #expect(change["pool"]?.settings == Sample.companion.settings.with(replicas: 0))
        #expect(change["web"]?.accepts == nil)
    }

    @Test func `of stopping keeps the old image and accepts no instance`() throws {
        let change = try change(at: .stop)
        for desired in change.workloads {
            #expect(desired.settings.replicas == 0)
            #expect(desired.settings.image == "0.6.43")
            #expect(desired.accepts == [])
        }
    }

    @Test func `of migrating is one instance with one worker that migrates, in one write`() throws {
        let change = try change(at: .start)
        let web = try #require(change["web"])
        #expect(web.settings == Settings(image: "0.12.4", replicas: 1, workers: "1", migrations: nil))
        #expect(web.accepts == [web.naming])
        #expect(change["pool"]?.settings == Sample.companion.settings.with(replicas: 0))
    }

    @Test func `of scaling up keeps the migrating instance and starts the companions on the target`() throws {
        let story = try Story(at: .scaleUp, workloads: Self.workloads)
        let web = try #require(story.change?["web"])
        let pool = try #require(story.change?["pool"])
        #expect(web.settings == Sample.settings.with(image: "0.12.4"))
        #expect(web.accepts == [story.upgrade.migrator, web.naming].compactMap(\.self))
        #expect(pool.settings == Sample.companion.settings.with(image: "0.12.4"))
        #expect(pool.settings.migrations == "False")
        #expect(pool.accepts == [pool.naming])
    }

    @Test func `of replacing accepts the migrating instance no longer`() throws {
        let story = try Story(at: .replaceMigrator, workloads: Self.workloads)
        let web = try #require(story.change?["web"])
        #expect(web.accepts == [web.naming])
        #expect(web.naming != story.upgrade.migrator)
    }

    @Test func `of going back is the baseline exactly, and what was not set stays not set`() throws {
        var story = try Story(at: .awaitHealthy, workloads: Self.workloads, target: Sample.sameHead)
        try story.goWrong(revision: Sample.sourceHead)
        try story.go(to: .startSource)
        let change = try #require(story.change)
        #expect(change.workloads.map(\.settings) == Self.workloads.map(\.settings))
        #expect(change["web"]?.settings.migrations == nil)
        #expect(change["pool"]?.settings.workers == nil)
    }

    @Test(arguments: [(nil, 3), (5, 5), (1, 1)] as [(Int?, Int)])
    func `ends with as many replicas as the plan asks`(asked: Int?, expected: Int) throws {
        var plan = Sample.plan
        plan.replicas = asked
        let story = try Story(at: .scaleUp, plan, workloads: Self.workloads)
        #expect(story.change?["web"]?.settings.replicas == expected)
        #expect(story.change?["pool"]?.settings.replicas == 2)
    }

    @Test func `is asked for again in the same words after a crash in between`() throws {
        for stage in [Stage.scaleDown, .stop, .start, .scaleUp, .replaceMigrator] {
            var story = try Story(at: stage)
            let asked = story.upgrade.next
            guard case .perform(let command, _) = asked else { throw Story.Stuck(position: story.upgrade.position) }
            try story.record(.began(command: command))
            #expect(story.upgrade.next == asked)
            try story.record(.began(command: command))
            #expect(story.upgrade.next == asked)
        }
    }

    @Test func `names instances of each write after a generation of its own`() throws {
        let stages: [Stage] = [.scaleDown, .stop, .start, .scaleUp]
        let names = try stages.map { try #require(try Story(at: $0).change?["web"]?.naming) }
        #expect(Set(names).count == stages.count)
        #expect(names.map(\.number) == names.map(\.number).sorted())
    }

    @Test func `accepts instances by image and generation`() {
        let own = Generation(run: "r1", number: 3)
        let other = Generation(run: "r1", number: 2)
        let settings = Settings(image: "b", replicas: 1)
        let any = Change.Desired(workload: "web", settings: settings, naming: own)
        let strict = Change.Desired(workload: "web", settings: settings, naming: own, accepts: [own])
        #expect(any.accepts(Instance(id: "1", image: "b")))
        #expect(!any.accepts(Instance(id: "1", image: "a")))
        #expect(strict.accepts(Instance(id: "1", image: "b", generation: own)))
        #expect(!strict.accepts(Instance(id: "1", image: "b", generation: other)))
        #expect(!strict.accepts(Instance(id: "1", image: "b")))
        #expect(!strict.accepts(Instance(id: "1", image: "a", generation: own)))
    }
}
