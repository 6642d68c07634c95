import Testing

/// The points come from the trace of an undisturbed run; at each effect the real program kills itself and is started again.
@Suite(.tags(.postgres, .engine), .serialized)
struct `A run on Compose that is killed at an effect` {
    @Test func `ends as if it had not been killed`() async throws {
        let shape = ComposeSite.Shape(replicas: 2, workers: "2")
        let all = try await points(shape)
        let chosen = Seeded.wantsAll ? all : Self.effects(all)
        say("Kill matrix on Compose: \(chosen.count) of \(all.count) points")
        try await withThrowingTaskGroup(of: Void.self) { cases in
            for point in chosen {
                cases.addTask {
                    guard let failure = try await Workshop.inTurn({ try await failure(shape, killedAt: point) })
                    else { return }
                    Issue.record("\(failure)")
                }
            }
            try await cases.waitForAll()
        }
        #expect(chosen.count > 15, "\(all)")
    }

    /// Every effect once in each command: what is told, made, removed, written. What happens to several containers at the
    /// same time counts once.
    private static func effects(_ points: [String]) -> [String] {
        var command = ""
        var seen: Set<String> = []
        return points.filter { point in
            if point.hasPrefix("before ") || point.hasPrefix("after ") {
                command = point
                return point.hasSuffix("apply #3")
            }
            return seen.insert("\(command): \(point.prefix { $0 != "#" })").inserted
        }
    }

    private func points(_ shape: ComposeSite.Shape) async throws -> [String] {
        try await ComposeSite.play(shape) { (site) -> [String] in
            let trace = "\(site.folder)/trace"
            try await site.up()
            let run = try await site.run("--to", "v0.12.4", "--yes", environment: ["OWUI_UPGRADE_TRACE": trace])
            #expect(run.exit == 0, "\(run.story)")
            return try Files.read(trace).split(separator: "\n").map(String.init)
        }
    }

    /// Nil where the end is as it has to be.
    private func failure(_ shape: ComposeSite.Shape, killedAt point: String) async throws -> String? {
        try await ComposeSite.play(shape) { (site) -> String? in
            try await site.up()
            var run = try await site.run("--to", "v0.12.4", "--yes", environment: ["OWUI_UPGRADE_KILL_AT": point])
            guard run.exit == Finished.killed || point.contains("noticed") else {
                return "\(point) was not passed: \(run.story)"
            }
            if run.exit == Finished.killed { run = try await site.run("--to", "v0.12.4", "--yes") }
            let objection = try await site.objection(to: "0.12.4")
            guard run.exit != 0 || objection != nil else { return nil }
            return """
                Killed at “\(point)” it ends with \(run.exit): \(objection ?? "")
                \(run.story)
                \(try await site.run("log").story)
                """
        }
    }
}
