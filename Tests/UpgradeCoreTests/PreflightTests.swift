import Testing

@testable import UpgradeCore

@Suite struct `Before anything changes` {
    private func refusals(_ change: (inout Inspection) -> Void) -> [Fault] {
        var inspection = Inspection(deployment: Sample.deployment(), database: Sample.database())
        change(&inspection)
        return Preflight.refusals(inspection)
    }

    @Test func `a deployment that serves is not refused`() {
        #expect(refusals { _ in }.isEmpty)
    }

    @Test func `nothing to upgrade is refused`() {
        #expect(refusals { $0.deployment.workloads = [] } == [.noWorkload()])
        #expect(refusals { $0.deployment.workloads[0].role = .companion } == [.noWorkload()])
        #expect(refusals { $0.deployment.workloads[0].instances = [] } == [.nothingRuns("web")])
    }

    @Test func `two versions at once are refused`() {
        let faults = refusals { $0.deployment.workloads[0].instances[0].image = "0.6.42" }
        #expect(faults == [.mixedVersions(["0.6.42", "0.6.43"])])
    }

    @Test func `two variants of one version are not`() {
        #expect(refusals { $0.deployment.workloads[0].instances[0].image = "0.6.43-cuda" }.isEmpty)
    }

    @Test(arguments: [
        (Instance.Answer.none, "runs, its port is closed"), (.unwell(reason: "503"), "is not well (503)"),
    ])
    func `an instance that does not serve is refused, with what is known of it`(answer: Instance.Answer, reason: String)
    {
        #expect(
            refusals { $0.deployment.workloads[0].instances[1].answer = answer } == [.notServing(["web-1 \(reason)"])])
    }

    @Test func `an instance that was taken back before it started is none`() {
        let taken = Instance(id: "web-9", image: "0.11.0", state: .withdrawn)
        #expect(refusals { $0.deployment.workloads[0].instances.append(taken) }.isEmpty)
        #expect(refusals { $0.deployment.workloads[0].instances = [taken] } == [.nothingRuns("web")])
    }

    @Test func `a session of nobody's is refused, one of an instance is not`() {
        let stray = Session(pid: 7, client: "10.0.0.7")
        #expect(refusals { $0.database.sessions = [stray] } == [.strays([stray])])
        #expect(refusals { $0.database.sessions = [Session(pid: 7, instance: "web-0")] }.isEmpty)
    }

    @Test func `a database without exactly one revision is refused`() {
        #expect(refusals { $0.database.revisions = [] } == [.noRevision()])
        #expect(refusals { $0.database.revisions[0].rows = [] } == [.noRevision()])
        let two = [SchemaRevision(schema: "public", rows: ["a", "b"])]
        #expect(refusals { $0.database.revisions = two } == [.manyRevisions(two)])
        let schemas = ["public", "app"].map { SchemaRevision(schema: $0, rows: ["a"]) }
        #expect(refusals { $0.database.revisions = schemas } == [.manyRevisions(schemas)])
    }

    @Test func `what the platform refuses is refused, what it only tells is not`() {
        #expect(refusals { $0.findings = [Finding(refuses: true, fault: Sample.fault)] } == [Sample.fault])
        #expect(refusals { $0.findings = [Finding(refuses: false, fault: Sample.fault)] }.isEmpty)
    }

    private func answer(
        _ source: ImageFacts = Sample.source, _ target: ImageFacts = Sample.target, plan: Plan = Sample.plan,
        revision: String = Sample.sourceHead
    ) -> Preflight.Answer {
        let inspection = Inspection(deployment: Sample.deployment(), database: Sample.database(revision))
        return Preflight.answer(inspection, source: source, target: target, plan: plan)
    }

    @Test func `images decide by their chains`() {
        let empty = ImageFacts(image: "0.12.4", version: "0.12.4", chain: [], digest: "")
        let short = ImageFacts(image: "0.12.4", version: "0.12.4", chain: ["aa"], digest: "")
        #expect(answer() == .proceed)
        #expect(answer(empty) == .refuse([.emptyChain(empty)]))
        #expect(answer(Sample.source, empty) == .refuse([.emptyChain(empty)]))
        #expect(answer(Sample.source, short) == .refuse([.downgrade(Sample.sourceHead, short)]))
        #expect(answer(revision: "bb") == .refuse([.notAtSourceHead("bb", Sample.source)]))
    }

    @Test func `an image that is not the version asked for is refused`() {
        let plan = Plan(target: "v0.12.3", backup: .none(acknowledged: true))
        #expect(answer(plan: plan) == .refuse([.notTheVersion(Sample.target, asked: Version(0, 12, 3))]))
    }

    @Test func `a migration without a backup must have been acknowledged`() {
        #expect(answer(plan: Plan(target: "0.12.4")) == .refuse([.backupNotChosen()]))
        #expect(answer(plan: Plan(target: "0.12.4", backup: .none(acknowledged: true))) == .proceed)
        #expect(answer(Sample.source, Sample.sameHead, plan: Plan(target: "0.12.4")) == .proceed)
    }
}
