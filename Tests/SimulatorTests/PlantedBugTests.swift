import Simulator
import Testing
import UpgradeCore

@Suite struct `A planted bug` {
    /// Within how many seeds each must be found.
    static let bound: UInt64 = 500
    /// Found by other means than by seeds alone.
    static let bySeed = Bug.allCases.filter { $0 != .generationKept && $0 != .oneLeftIgnored }

    @Test(arguments: bySeed) func `is found within the bound`(bug: Bug) async {
        let violation = await Simulation.firstViolation(seeds: 0..<Self.bound, tool: bug.tool)
        print("\(bug.rawValue): \(violation.map { "seed \($0.seed), \($0.promise): \($0.text)" } ?? "not found")")
        #expect(violation != nil)
    }

    /// A generation that is not renewed is seen where a crash of the target and a death of the tool meet.
    @Test func `in the numbering of starts is found by a kill after a crash`() async {
        let right = await ends(Tool())
        let wrong = await ends(Bug.generationKept.tool)
        #expect(right.allSatisfy { $0 == .upgraded })
        #expect(wrong.contains { $0 != .upgraded })
    }

    /// The wait for one instance is courtesy to the users: the swap waits for all of them once more.
    @Test func `in the wait for one instance breaks no promise`() async {
        let violation = await Simulation.firstViolation(seeds: 0..<500, tool: Bug.oneLeftIgnored.tool)
        #expect(violation == nil)
    }

    private func ends(_ tool: Tool) async -> [EndState?] {
        let setup = Setup(plan: Plan(target: "0.12.4", backup: .none(acknowledged: true), deadlines: Setup.deadlines))
        var trouble = Trouble()
        trouble.fates = [.crashesBefore, .succeeds]
        trouble.leavesOrphans = false
        var ends: [EndState?] = []
        let points = await Story(Scenario(seed: 11, setup: setup, trouble: trouble), tool: tool).run().points
        for point in 0..<points {
            trouble.killAt = point
            ends.append(await Story(Scenario(seed: 11, setup: setup, trouble: trouble), tool: tool).run().end)
        }
        return ends
    }
}
