import Backends
import Testing

/// The points come from the trace of an undisturbed run. At a tenth of them, which a seed chooses, or at every one the real
/// program kills itself and is started again.
@Suite(.tags(.postgres, .engine), .serialized)
struct `A run on a swarm that is killed at a point` {
    private static let shape = SwarmSite.Shape(replicas: 2, workers: "2", startPeriod: "20m")
    private static let words = ["--to", "v0.12.4", "--yes"]

    @Test func `ends as if it had not been killed`() async throws {
        let all = try await points()
        let stride = Seeded.wantsAll ? 1 : 10
        let first = Int(Seeded.ofTests % UInt64(stride))
        let chosen = all.indices.filter { $0 % stride == first }.map { all[$0] }
        say("Kill matrix on Swarm: \(chosen.count) of \(all.count) points (seed \(Seeded.ofTests))")
        try await withThrowingTaskGroup(of: Void.self) { cases in
            for point in chosen {
                cases.addTask {
                    guard let failure = try await Workshop.inTurn({ try await failure(killedAt: point) }) else {
                        return
                    }
                    Issue.record("\(failure)")
                }
            }
            try await cases.waitForAll()
        }
        #expect(all.count > 40, "\(all)")
    }

    /// Those that every run passes: a write that one of the swarm's own has crossed is made again, which few runs meet.
    private func points() async throws -> [String] {
        var points = try await trace()
        for _ in 0..<3 where points.contains(where: { $0.contains(" failed ") }) { points = try await trace() }
        return points
    }

    private func trace() async throws -> [String] {
        try await SwarmSite.play(Self.shape) { (site) -> [String] in
            let trace = "\(site.folder)/trace"
            try await site.up()
            let before = try await site.spec()
            let run = try await site.run(Self.words, environment: ["OWUI_UPGRADE_TRACE": trace])
            #expect(run.exit == 0, "\(run.story)")
            if let objection = try await site.objection(to: "0.12.4", after: before) { Issue.record("\(objection)") }
            return try Files.read(trace).split(separator: "\n").map(String.init)
        }
    }

    /// Nil where the end is as it has to be.
    private func failure(killedAt point: String) async throws -> String? {
        try await SwarmSite.play(Self.shape) { (site) -> String? in
            try await site.up()
            let before = try await site.spec()
            var run = try await site.run(Self.words, environment: ["OWUI_UPGRADE_KILL_AT": point])
            // Only what is noticed on the way differs from run to run.
            guard run.exit == Finished.killed || point.contains("noticed") else {
                return "\(point) was not passed: \(run.story)"
            }
            if run.exit == Finished.killed {
                let status = try await site.run("status", "--output", "json")
                // Then nobody waits for it.
                guard !status.out.contains(#""lock":{"#) || status.out.contains(#""lockIsLeftOver":true"#) else {
                    return "Killed at “\(point)” it is not known to be dead: \(status.story)"
                }
                run = try await site.run(Self.words)
            }
            let objection = try await site.objection(to: "0.12.4", after: before)
            guard run.exit != 0 || objection != nil else { return nil }
            return """
                Killed at “\(point)” it ends with \(run.exit): \(objection ?? "")
                \(run.story)
                \(try await site.run("log").story)
                """
        }
    }
}
