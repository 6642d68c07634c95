import Simulator
import Testing
import UpgradeCore

@Suite struct `A killed run` {
    /// A debug build takes every fifth variant, a release build all of them.
    #if DEBUG
        private static let stride = 5
    #else
        private static let stride = 1
    #endif
    private static let slices = 5

    @Test(arguments: 0..<slices) func `ends at every point as if it had not been killed`(slice: Int) async {
        var kills = 0
        var variants = 0
        for (index, setup) in Setup.variants.enumerated()
        where index % Self.stride == 0 && index / Self.stride % Self.slices == slice {
            let undisturbed = await ending(setup, killAt: nil)
            #expect(undisturbed.end == .upgraded)
            variants += 1
            for point in 0..<undisturbed.points {
                let killed = await ending(setup, killAt: point)
                kills += 1
                let isSame = killed.remains == undisturbed.remains && killed.end == undisturbed.end
                if !isSame || !killed.violations.isEmpty {
                    Issue.record(
                        "killed at point \(point) of \(setup): \(killed.journal.map(\.told).joined(separator: "\n"))")
                    return
                }
            }
        }
        print("slice \(slice): killed at \(kills) points of \(variants) variants")
        #expect(kills > 100 * variants)
    }

    private func ending(_ setup: Setup, killAt point: Int?) async -> Story.Ending {
        var trouble = Trouble()
        trouble.killAt = point
        return await Story(Scenario(seed: 7, setup: setup, trouble: trouble)).run()
    }
}
