package import UpgradeCore

/// One simulated run of a plan, told to whoever listens: what `owui-upgrade rehearse` shows.
package struct Rehearsal: Sendable {
    /// The deployment, the plan and the trouble.
    package var scenario: Scenario

    /// A rehearsal of this plan on a deployment of three instances; seed 0 stands for a run without trouble.
    package init(plan: Plan, seed: UInt64, image: String = "0.6.43", replicas: Int = 3) {
        var setup = Setup(plan: plan, image: image)
        setup.replicas = replicas
        let trouble = seed == 0 ? Trouble() : Scenario(seed: seed).trouble
        scenario = Scenario(seed: seed, setup: setup, trouble: trouble)
    }

    /// Runs it; the same plan and seed give the same run. The ending has the events, a diary of the simulated world and
    /// the promises that were not kept.
    package func run(audience: any Audience & Sendable) async -> Story.Ending {
        await Story(scenario, audience: audience, keepsDiary: true).run()
    }

    /// Runs a plan with the trouble of a seed.
    package static func run(plan: Plan, seed: UInt64, audience: any Audience & Sendable) async -> Story.Ending {
        await Rehearsal(plan: plan, seed: seed).run(audience: audience)
    }

    /// What happened in the simulated run of this seed, a line each, so that a violation can be replayed.
    package static func replay(seed: UInt64, tool: Tool = Tool()) async -> [String] {
        await Story(Scenario(seed: seed), tool: tool, keepsDiary: true).run().diary
    }
}
