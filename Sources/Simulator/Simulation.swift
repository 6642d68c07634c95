/// Many simulated runs.
package enum Simulation {
    /// Runs these seeds on that many threads, and counts what came of them.
    package static func run(seeds: Range<UInt64>, parallel: Int = 2, tool: Tool = Tool()) async -> Report {
        await withTaskGroup(of: Report.self) { group in
            let threads = UInt64(max(1, parallel))
            for thread in 0..<threads {
                group.addTask {
                    var report = Report()
                    // Counted from the first seed: the last one may be the largest number that there is.
                    let count = seeds.upperBound - seeds.lowerBound
                    var place = thread
                    while place < count {
                        report.add(await Story(Scenario(seed: seeds.lowerBound + place), tool: tool).run())
                        place += threads
                    }
                    return report
                }
            }
            var whole = Report()
            for await part in group { whole.add(part) }
            return whole
        }
    }

    /// The first violation of these seeds, and its seed's place among them; nil where there is none.
    package static func firstViolation(seeds: Range<UInt64>, tool: Tool) async -> Violation? {
        for seed in seeds {
            if let violation = await Story(Scenario(seed: seed), tool: tool).run().violations.first { return violation }
        }
        return nil
    }
}
