import Testing

/// The points come from the trace of an undisturbed run. At each of them the real program kills itself, in a deployment
/// of its own over the real database, and is started again.
@Suite(.tags(.postgres), .serialized)
struct `A run that is killed at a point` {
    @Test func `ends as if it had not been killed, at every point`() async throws {
        try await kill(.straight, everyOther: 1)
    }

    @Test(arguments: [Course.replacing, .back, .stopAll])
    func `ends as if it had not been killed, whatever course it takes`(course: Course) async throws {
        try await kill(course, everyOther: Seeded.wantsAll ? 1 : 8)
    }

    private func kill(_ course: Course, everyOther stride: Int) async throws {
        let all = try await points(of: course)
        let first = Int(Seeded.ofTests % UInt64(stride))
        let chosen = all.indices.filter { $0 % stride == first }.map { all[$0] }
        say("Kill matrix, \(course.testDescription): \(chosen.count) of \(all.count) points (seed \(Seeded.ofTests))")
        try await withThrowingTaskGroup(of: Void.self) { cases in
            for point in chosen {
                cases.addTask {
                    guard let failure = try await Workshop.inTurn({ try await failure(of: course, killedAt: point) })
                    else { return }
                    Issue.record("\(failure)")
                }
            }
            try await cases.waitForAll()
        }
        #expect(all.count > 40, "\(all)")
    }

    /// What an undisturbed run passes, which must itself end well.
    private func points(of course: Course) async throws -> [String] {
        try await Playground.play(course.shape) { playground in
            let trace = "\(playground.folder)/trace"
            try await playground.up()
            let run = try await course.run(playground, environment: ["OWUI_UPGRADE_TRACE": trace])
            let end = try await course.end(of: playground, exit: run.exit)
            #expect(end == course.end, "\(run.story)")
            return try Files.read(trace).split(separator: "\n").map(String.init)
        }
    }

    /// Nil where the end is as it has to be.
    private func failure(of course: Course, killedAt point: String) async throws -> String? {
        try await Playground.play(course.shape) { playground in
            try await playground.up()
            var run = try await course.run(playground, environment: ["OWUI_UPGRADE_KILL_AT": point])
            let wasKilled = run.exit == Finished.killed
            // Only what is noticed on the way differs from run to run.
            guard wasKilled || point.contains("noticed") else { return "\(point) was not passed: \(run.story)" }
            if wasKilled { run = try await course.run(playground) }
            let end = try await course.end(of: playground, exit: run.exit)
            guard end != course.end else { return nil }
            return """
                Killed at “\(point)” it ends as \(end)
                instead of \(course.end)
                \(run.story)
                \(try await playground.run("log").story)
                \(try await playground.report())
                """
        }
    }
}
