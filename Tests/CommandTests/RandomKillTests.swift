import Glibc
import Testing

/// Signals from outside, at moments that a seed decides: so many lines of output, and so many microseconds then.
@Suite(.tags(.postgres), .serialized)
struct `A run that gets a signal at any moment` {
    /// What an undisturbed run says, and when.
    private struct Timeline {
        let lines: [Duration]
        let took: Duration

        /// A moment of the run, each as likely as the other, `after` its first lines.
        func moment(after first: Int, _ dice: inout Seeded) -> ChildProcess.Signal.Moment {
            let start = first == 0 ? Duration.zero : lines[first - 1]
            let share = Double.random(in: 0..<1, using: &dice)
            let moment = start + (took - start) * share
            let count = lines.count { $0 <= moment }
            let rest = moment - (count == 0 ? .zero : lines[count - 1])
            return .lines(count, microseconds: Int(rest / .microseconds(1)))
        }
    }

    @Test func `ends as if it had not been killed, however often`() async throws {
        let wanted = Seeded.wantsAll ? 200 : 15
        let timeline = try await timeline()
        say("Kills from outside: \(wanted), seed \(Seeded.ofTests)")
        var kills = 0
        var first = 0
        while kills < wanted {
            let games = (wanted - kills + 1) / 2
            kills += try await played(first..<(first + games), timeline)
            first += games
        }
        say("Kills from outside: \(kills) in \(first) runs")
    }

    /// Plays games, several at a time, and says how many kills there were.
    private func played(_ games: Range<Int>, _ timeline: Timeline) async throws -> Int {
        try await withThrowingTaskGroup(of: Int.self) { cases in
            for game in games {
                cases.addTask { try await Workshop.inTurn { try await kills(in: game, timeline) } }
            }
            return try await cases.reduce(0, +)
        }
    }

    /// Kills a run until it comes to its end.
    private func kills(in game: Int, _ timeline: Timeline) async throws -> Int {
        var dice = Seeded(Seeded.ofTests &+ UInt64(game) << 32)
        let course = Course.straight
        return try await Playground.play(course.shape) { playground in
            try await playground.up()
            var moments: [ChildProcess.Signal.Moment] = []
            var run: Finished
            repeat {
                moments.append(timeline.moment(after: 0, &dice))
                run = try await course.runAsJSON(playground, .init(number: SIGKILL, moment: moments[moments.count - 1]))
            } while run.exit == Finished.killed
            let end = try await course.end(of: playground, exit: run.exit)
            let told = end == course.end ? "" : try await playground.run("log").story + playground.report()
            #expect(end == course.end, "game \(game) of seed \(Seeded.ofTests), \(moments)\n\(run.story)\n\(told)")
            return moments.count - 1
        }
    }

    @Test func `ends with 6 or 0 when it is asked to, and the same command goes on`() async throws {
        let timeline = try await timeline()
        let games = Seeded.wantsAll ? 50 : 5
        say("SIGTERM from outside: \(games), seed \(Seeded.ofTests)")
        try await withThrowingTaskGroup(of: Void.self) { cases in
            for game in 0..<games {
                cases.addTask { try await Workshop.inTurn { try await interrupt(game, timeline) } }
            }
            try await cases.waitForAll()
        }
    }

    private func interrupt(_ game: Int, _ timeline: Timeline) async throws {
        var dice = Seeded(Seeded.ofTests &+ UInt64(game) << 32 &+ 1)
        // Before its first line a program may not yet listen to signals.
        let moment = timeline.moment(after: 1, &dice)
        let course = Course.straight
        try await Playground.play(course.shape) { playground in
            try await playground.up()
            let asked = try await course.runAsJSON(playground, .init(number: SIGTERM, moment: moment))
            #expect([0, 6].contains(asked.exit), "game \(game) of seed \(Seeded.ofTests), \(moment)\n\(asked.story)")
            let run = try await course.run(playground)
            let end = try await course.end(of: playground, exit: run.exit)
            let told = end == course.end ? "" : try await playground.run("log").story + playground.report()
            #expect(end == course.end, "game \(game) of seed \(Seeded.ofTests), \(moment)\n\(run.story)\n\(told)")
        }
    }

    private func timeline() async throws -> Timeline {
        try await Playground.play(Course.straight.shape) { playground in
            try await playground.up()
            let run = try await Course.straight.runAsJSON(playground, nil)
            try #require(run.exit == 0 && run.lines.count > 20, "\(run.story)")
            return Timeline(lines: run.lines, took: run.took)
        }
    }
}

extension Course {
    /// With a line of output for every event.
    fileprivate func runAsJSON(_ playground: Playground, _ signal: ChildProcess.Signal?) async throws -> Finished {
        try await playground.run(arguments + ["--output", "json"], signal: signal)
    }
}

@Suite(.tags(.postgres))
struct `A run that is killed together with the migrating instance` {
    /// The server works on for a client that is gone; only the end of its session lets another migrate.
    @Test func `starts no other before the orphaned session is gone`() async throws {
        let shape = Playground.Shape(replicas: 1)
        try await Playground.play(shape) { playground in
            try await playground.up()
            try playground.order(["STAND_IN_SLOW_MIGRATION": "0.12.4:once:\(playground.folder)/slow:600"])
            let arguments = ["--to", "v0.12.4", "--yes"]
            let first = try playground.start(arguments)
            try await TestServer.wait(until: "SELECT count(*) = 1 \(orphans(of: playground))", in: playground.witness)
            first.signal(SIGKILL)
            #expect(try await first.end().exit == Finished.killed)
            for process in playground.living() { kill(process.pid, SIGKILL) }

            let second = try playground.start(arguments)
            async let ended = second.end()
            try await watchTheTool(of: playground, looks: 8)
            #expect(try await lives(in: playground) == "1", "another started beside the orphan")
            try await TestServer.run("SELECT pg_terminate_backend(pid) \(orphans(of: playground))")
            let run = try await ended
            #expect(run.exit == 0, "\(run.story)")
            #expect(try await playground.serving() == ["0.12.4"])
            #expect(try await playground.revision() == "0bd252b206fb")
            #expect(try await playground.complaint() == nil)
            #expect(try await lives(in: playground) == "2")
        }
    }

    private func orphans(of playground: Playground) -> String {
        "FROM pg_stat_activity WHERE datname = '\(playground.database)' AND query LIKE '%pg_sleep(600%'"
    }

    private func lives(in playground: Playground) async throws -> String? {
        try await TestServer.value("SELECT count(*) FROM life WHERE version = '0.12.4'", in: playground.witness)
    }

    /// Returns when the tool has looked at the database so many times.
    private func watchTheTool(of playground: Playground, looks: Int) async throws {
        var seen: Set<String> = []
        while seen.count < looks {
            let start = try await TestServer.value(
                """
                SELECT max(query_start)::text FROM pg_stat_activity
                WHERE datname = '\(playground.database)' AND application_name LIKE 'owui-upgrade%'
                """, in: playground.witness)
            if let start { seen.insert(start) }
        }
    }
}
