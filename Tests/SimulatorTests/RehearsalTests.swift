import Simulator
import Testing
import UpgradeCore

@Suite struct `A rehearsal` {
    private struct Nobody: Audience {
        func hear(_ event: Event, of upgrade: Upgrade) {}
        func see(_ observation: Observation, of upgrade: Upgrade) {}
    }

    private func ending(seed: UInt64, backup: Plan.Backup) async -> Story.Ending {
        await Rehearsal(Setup(plan: Plan(target: "0.12.4", backup: backup)), seed: seed).run(audience: Nobody())
    }

    @Test func `ends and keeps every promise, whatever a seed orders`() async {
        for seed in 0..<200 as Range<UInt64> {
            let ending = await ending(seed: seed, backup: .pgDump(folder: "backups"))
            #expect(ending.end != nil, "seed \(seed)")
            #expect(ending.violations == [], "seed \(seed)")
        }
    }

    @Test func `of a plan that is refused breaks no promise`() async {
        let ending = await ending(seed: 0, backup: .none(acknowledged: false))
        #expect(ending.end == .refused)
        #expect(ending.violations == [])
    }

    @Test func `says which trouble was ordered`() {
        var trouble = Trouble()
        #expect(orders(trouble) == [])
        trouble.fates = [.fails, .succeeds]
        trouble.flaw = .cannotStart
        trouble.failingBackups = 2
        trouble.isStuck = true
        trouble.regrets = true
        trouble.answers = [.mendAndResume, .restore]
        #expect(
            orders(trouble) == [
                "migrations, one after the other: one fails, then one succeeds", "the target's image cannot start",
                "the first 2 backups fail", "an old instance does not end for 90 s after it was told to",
                "a person takes the upgrade back after it has ended well",
                "where the run holds, a person answers: mends the cause and resumes, then rollback --restore",
            ])
    }

    @Test func `says nothing of trouble only where none was ordered`() {
        for seed in 0..<200 as Range<UInt64> {
            let trouble = Scenario(seed: seed).trouble
            #expect(orders(trouble).isEmpty == (trouble == Trouble()), "seed \(seed)")
        }
    }

    @Test func `says what deployment is simulated`() {
        var setup = Setup(plan: Plan(target: "0.12.4"))
        setup.replicas = 1
        setup.workers = "4"
        setup.companions = 2
        setup.hasAutoscaler = true
        #expect(
            Scenario(seed: 1, setup: setup, trouble: Trouble()).deployment == [
                "open-webui: one instance of 0.6.43, workers 4",
                "pool: 2 instances of 0.6.43, ENABLE_DB_MIGRATIONS=false",
                "an autoscaler, which the run has to pause",
                "the database at the head of its version; 0.12.4 has migrations to run",
            ])
    }

    private func orders(_ trouble: Trouble) -> [String] {
        Scenario(seed: 1, setup: Setup(plan: Plan(target: "0.12.4")), trouble: trouble).orders
    }
}

@Suite struct `A report of simulated runs` {
    @Test(arguments: [1, 2, 7]) func `reaches the last seed that there is`(parallel: Int) async {
        let report = await Simulation.run(seeds: UInt64.max - 5..<UInt64.max, parallel: parallel)
        #expect(report.runs == 5)
        #expect(report.violations == [])
    }

    @Test func `of few runs does not complain of empty cells`() async {
        let report = await Simulation.run(seeds: 0..<20)
        #expect(!report.coverage.gaps.isEmpty)
        #expect(report.emptyCells == [])
        #expect(report.description.contains("so few runs cannot fill the tables"))
        #expect(!report.description.contains("empty cells: "))
    }
}
