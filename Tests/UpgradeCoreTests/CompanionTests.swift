import Testing

@testable import UpgradeCore

@Suite struct `A companion of another variant` {
    static let workloads = [Sample.main(), Sample.companion(of: "0.6.43-cuda")]

    @Test func `has its own target image read`() throws {
        let story = try Story(at: .readImages, workloads: Self.workloads)
        let command = Command.readImages(source: "0.6.43", target: "0.12.4", others: ["0.12.4-cuda"])
        #expect(story.upgrade.next == .perform(command, attempt: 0))
        let same = try Story(at: .readImages, workloads: [Sample.main(), Sample.companion])
        #expect(same.upgrade.next == .perform(.readImages(source: "0.6.43", target: "0.12.4"), attempt: 0))
    }

    @Test func `is asked for exactly the image that was read`() throws {
        let story = try Story(at: .scaleUp, workloads: Self.workloads)
        #expect(story.change?["pool"]?.settings.image == "0.12.4-cuda@p")
        #expect(story.change?["web"]?.settings.image == "0.12.4")
    }

    static let differences = [
        ImageFacts(image: "0.12.4-cuda", version: "0.12.3", chain: Sample.target.chain, digest: ""),
        ImageFacts(image: "0.12.4-cuda", version: "0.12.4", chain: Sample.source.chain, digest: ""),
        ImageFacts(image: "0.12.4-cuda", version: "0.12.4", chain: [], digest: ""),
    ]

    @Test(arguments: differences) func `is refused where that is another release`(other: ImageFacts) throws {
        var story = try Story(at: .readImages, workloads: Self.workloads)
        guard case .perform(let command, _) = story.upgrade.next else {
            throw Story.Stuck(position: story.upgrade.position)
        }
        try story.record(.began(command: command))
        try story.record(
            .ended(reply: .imagesRead(source: Sample.source, target: Sample.target, others: [other])))
        #expect(story.outcome == .refused(faults: [.otherThanTheTarget(other, Sample.target)]))
    }
}

@Suite struct `Nothing to do` {
    static let other = ImageFacts(image: "0.12.4-cuda", version: "0.12.4", chain: Sample.target.chain, digest: "")

    /// A deployment that is as asked, and what is not.
    private func answer(
        _ plan: Plan = Sample.plan, target: ImageFacts = Sample.target, _ change: (inout Deployment) -> Void = { _ in }
    ) -> Preflight.Answer {
        var deployment = Deployment(
            workloads: [
                Sample.main(Sample.settings.with(image: target.image)), Sample.companion(of: "0.12.4-cuda"),
            ])
        for workload in deployment.workloads.indices {
            for index in deployment.workloads[workload].instances.indices {
                deployment.workloads[workload].instances[index].answer = .serving(version: "0.12.4")
            }
        }
        change(&deployment)
        let inspection = Inspection(deployment: deployment, database: Sample.database(Sample.targetHead))
        return Preflight.answer(inspection, source: target, target: target, others: [Self.other], plan: plan)
    }

    @Test func `is left where every workload is as asked`() {
        #expect(answer() == .nothingToDo)
        #expect(answer(target: Sample.pinned) == .nothingToDo)
    }

    static let changes: [@Sendable (inout Deployment) -> Void] = [
        { $0.workloads[1].settings.image = "0.12.3-cuda" },
        { $0.workloads[1].settings.replicas = 3 },
        { $0.workloads[1].instances.removeLast() },
        { $0.workloads[1].instances[0].answer = .serving(version: "0.12.3") },
        { $0.workloads[0].instances.removeLast() },
        { $0.workloads[0].settings.image = "0.12.3" },
    ]

    @Test(arguments: changes.indices) func `is not where any is not`(index: Int) {
        #expect(answer(Sample.plan, Self.changes[index]) == .proceed)
    }

    @Test func `is not where the plan asks for other replicas`() {
        var plan = Sample.plan
        plan.replicas = 2
        #expect(answer(plan) == .proceed)
    }

    @Test func `is not where a moving tag has come to mean another image`() {
        let moved = ImageFacts(
            image: "owui:main", version: "0.12.4", chain: Sample.target.chain, digest: "", pinned: "owui:main@sha256:5")
        var plan = Sample.plan
        plan.target = "main"
        let pinned = Aim(plan: plan, targets: [moved])
        #expect(!pinned.isReached(by: Sample.main(Settings(image: "owui:main", replicas: 1))))
        #expect(pinned.isReached(by: Sample.main(Settings(image: "owui:main@sha256:5", replicas: 1))))
    }
}

@Suite struct `An image that was read` {
    static let settings = Settings(image: "ghcr.io/owui:v0.6.43", replicas: 2, workers: "4")

    @Test func `is asked for by what pins it, from the first start to the last`() throws {
        for stage in [Stage.start, .scaleUp, .replaceMigrator] {
            let story = try Story(at: stage, workloads: [Sample.main(Self.settings)], target: Sample.pinned)
            #expect(story.change?["web"]?.settings.image == Sample.pinned.pinned)
        }
    }

    @Test func `is looked for under that name`() throws {
        let story = try Story(at: .awaitMigrated, workloads: [Sample.main(Self.settings)], target: Sample.pinned)
        var vigil = try Vigil(story.upgrade)
        vigil.database = Sample.database(Sample.targetHead)
        #expect(vigil.verdict() == .reached)
        vigil.deployment.workloads[0].instances[0].image = "ghcr.io/owui:v0.12.4"
        #expect(vigil.verdict()?.isInterfered == true)
    }

    private func back(_ source: ImageFacts, started: Bool) -> String? {
        let blueprint = Blueprint(
            baseline: [Sample.main(Settings(image: source.image, replicas: 1))],
            aim: Aim(plan: Sample.plan, targets: []),
            generation: Generation(run: "r1", number: 9), migrator: nil, fleets: [], lastChange: nil)
        return blueprint.asBefore(startingAnew: started ? source : nil)["web"]?.settings.image
    }

    @Test func `is put back as it was written, but for a moving tag that starts anew`() {
        let numbered = ImageFacts(
            image: "owui:v0.6.43", version: "0.6.43", chain: [], digest: "", pinned: "owui@sha256:1")
        let moving = ImageFacts(image: "owui:main", version: "0.6.43", chain: [], digest: "", pinned: "owui@sha256:1")
        #expect(back(numbered, started: true) == "owui:v0.6.43")
        #expect(back(moving, started: true) == "owui@sha256:1")
        #expect(back(moving, started: false) == "owui:main")
    }
}
