import Glibc
import Testing

@Suite(.tags(.postgres, .engine))
struct `A run that is told to end while it waits for Compose` {
    @Test func `ends at a durable point, and the same command goes on`() async throws {
        try await Workshop.inTurn {
            try await ComposeSite.play(ComposeSite.Shape(replicas: 2)) { site in
                try await site.up()
                let line = "touch \"\(site.folder)/reached\"; until [ -e \"\(site.folder)/go\" ]; do sleep 0.02; done"
                let compose = try InterruptedCompose(in: site.folder, doing: line)
                let environment = [
                    "DOCKER_HOST": try TestEngine.address(), "DOCKER_CONFIG": compose.configuration,
                ]
                let words = ["--to", "v0.12.4", "--yes", "--compose", site.folder]
                let run = try Recorded(words, in: site.folder, environment)
                try await site.comes("reached")
                run.process.signal(SIGTERM)
                let (exit, said) = (try await run.end(), try run.said())
                #expect(exit == 6, "\(said)")
                #expect(try await site.instances() == [])
                let again = try await site.run("--to", "v0.12.4", "--yes")
                #expect(again.exit == 0, "\(again.story)")
                try await site.expectEnd("0.12.4")
            }
        }
    }

    @Test func `for an instance to end does the same`() async throws {
        let shape = ComposeSite.Shape(replicas: 2, environment: ["STAND_IN_SLOW_STOP": "0.6.43:4"])
        try await Workshop.inTurn {
            try await ComposeSite.play(shape) { site in
                try await site.up()
                let signal = ChildProcess.Signal(number: SIGTERM, moment: .says("one instance of"))
                let run = try await site.run("--to", "v0.12.4", "--yes", signal: signal)
                #expect(run.exit == 6, "\(run.story)")
                let again = try await site.run("--to", "v0.12.4", "--yes")
                #expect(again.exit == 0, "\(again.story)")
                try await site.expectEnd("0.12.4")
            }
        }
    }
}

extension ComposeSite {
    /// Returns when a file of its folder is there.
    func comes(_ name: String) async throws {
        let folder = folder
        try await offThePool {
            let changes = Changes(below: folder)
            for _ in 0..<1000 {
                changes.listen()
                if Files.exists("\(folder)/\(name)") { return }
                changes.wait()
            }
            throw Trouble("\(name) never came")
        }
    }
}
