package import UpgradeCore

/// One simulated run of a plan, told to whoever listens: what `owui-upgrade rehearse` shows.
package struct Rehearsal: Sendable {
    private let story: Story

    /// A rehearsal on this deployment; seed 0 stands for a run without trouble.
    package init(_ setup: Setup, seed: UInt64) {
        let trouble = seed == 0 ? Trouble() : Scenario(seed: seed).trouble
        story = Story(Scenario(seed: seed, setup: setup, trouble: trouble), keepsDiary: true)
    }

    /// The deployment, the plan and the trouble.
    package var scenario: Scenario { story.scenario }

    /// The simulated time, from the begin of the rehearsal on.
    package var now: Moment { story.world.use { Moment(milliseconds: $0.now) } }

    /// Runs it, once; the same deployment, plan and seed give the same run. The ending has the events, a diary of the
    /// simulated world and the promises that were not kept.
    package func run(audience: any Audience & Sendable) async -> Story.Ending {
        var story = story
        story.audience = audience
        return await story.run()
    }

    /// What happened in the simulated run of this seed, a line each, so that a violation can be replayed.
    package static func replay(seed: UInt64, tool: Tool = Tool()) async -> [String] {
        await Story(Scenario(seed: seed), tool: tool, keepsDiary: true).run().diary
    }
}
