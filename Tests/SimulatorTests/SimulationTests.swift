import Simulator
import Testing
import UpgradeCore

@Suite struct `Simulated runs` {
    @Test func `keep every promise, and come by every cell that is possible`() async {
        let report = await Simulation.run(seeds: 0..<20_000)
        print(report)
        #expect(report.violations.isEmpty)
        #expect(report.coverage.gaps.isEmpty)
        #expect(report.runs == 20_000)
    }

    @Test(arguments: [3, 40, 191, 897, 6_571] as [UInt64]) func `are the same for the same seed`(seed: UInt64) async {
        let first = await Rehearsal.replay(seed: seed)
        let second = await Rehearsal.replay(seed: seed)
        #expect(first == second)
        #expect(!first.isEmpty)
    }

    @Test func `count the same, however many threads run them`() async {
        let one = await Simulation.run(seeds: 0..<300, parallel: 1)
        let three = await Simulation.run(seeds: 0..<300, parallel: 3)
        #expect(one.coverage == three.coverage)
        #expect(one.events == three.events)
    }
}

@Suite struct `A simulated migration` {
    static let ends: [(Trouble.Fate, EndState, Setup.Relation)] = [
        (.succeeds, .upgraded, .migrates), (.fails, .rolledBack, .migrates), (.swallowed, .rolledBack, .migrates),
        (.hangs, .held, .migrates), (.blocked, .upgraded, .migrates), (.blockedForLong, .held, .migrates),
        (.crashesBefore, .rolledBack, .migrates), (.crashesAfter, .upgraded, .migrates),
        (.takesLong, .upgraded, .migrates), (.fails, .upgraded, .sameHead),
    ]

    @Test(arguments: ends) func `ends as its fate says`(fate: Trouble.Fate, end: EndState, relation: Setup.Relation)
        async
    {
        let ending = await ending(relation) { $0.fates = [fate] }
        #expect(ending.end == end)
        #expect(ending.violations.isEmpty)
    }

    static let flaws: [(Trouble.Flaw, EndState, Setup.Relation)] = [
        (.cannotStart, .rolledBack, .migrates), (.cannotStart, .rolledBack, .sameHead),
        (.neverHealthy, .held, .migrates), (.neverHealthy, .rolledBack, .sameHead),
        (.wrongVersion, .held, .migrates), (.wrongVersion, .rolledBack, .sameHead),
    ]

    @Test(arguments: flaws) func `of a bad image goes back, or holds where the schema moved`(
        flaw: Trouble.Flaw, end: EndState, relation: Setup.Relation
    ) async {
        let ending = await ending(relation) { $0.flaw = flaw }
        #expect(ending.end == end)
        #expect(ending.violations.isEmpty)
    }

    private func ending(_ relation: Setup.Relation, _ order: (inout Trouble) -> Void) async -> Story.Ending {
        var setup = Setup(
            plan: Plan(target: "0.12.4", backup: .none(acknowledged: true), deadlines: Setup.deadlines))
        setup.relation = relation
        setup.workers = "4"
        setup.companions = 2
        var trouble = Trouble()
        trouble.leavesOrphans = false
        order(&trouble)
        return await Story(Scenario(seed: 5, setup: setup, trouble: trouble)).run()
    }
}
