import Glibc
import Testing

@testable import Backends

/// A target that is in a registry alone, and comes slowly.
@Suite(.tags(.postgres, .engine), .serialized)
struct `A target that is fetched first` {
    @Test func `is told of as it comes; a signal ends that at once, and the same command goes on`() async throws {
        try await RestartableEngine.with(images: ["v0.6.43"]) { engine in
            try await Registry.with(engine.site) { registry in
                let repository = "\(registry.host)/slow/\(engine.site.name)/open-webui"
                try await engine.site.push("\(repository):v0.12.4", holding: 20_000_000)
                try await TestEngine.$other.withValue(engine.address) {
                    try await TestEngine.docker(
                        ["tag", "\(ComposeSite.repository):v0.6.43", "\(repository):v0.6.43"])
                    let shape = ComposeSite.Shape(repository: repository, replicas: 2)
                    try await ComposeSite.play(shape) { site in
                        try await site.up()
                        try await interrupted(site, repository)
                        try engine.site.write("fast", "")
                        try await fetched(site)
                    }
                }
            }
        }
    }

    private func interrupted(_ site: ComposeSite, _ repository: String) async throws {
        for (words, signal) in [(["plan"], SIGINT), (["--yes"], SIGTERM)] {
            let signal = ChildProcess.Signal(number: signal, moment: .says("fetching \(repository):v0.12.4"))
            let run = try await site.run(words + ["--to", "v0.12.4"], signal: signal)
            #expect(run.exit == 6, "\(run.story)")
            let images = try await TestEngine.docker(["image", "ls", "--format", "{{.Tag}}", repository])
            #expect(images == "v0.6.43\n")
        }
    }

    private func fetched(_ site: ComposeSite) async throws {
        let run = try await site.run("--to", "v0.12.4", "--yes", "--output", "json")
        #expect(run.exit == 0, "\(run.story)")
        #expect(run.out.contains(#"{"fetching":{"#), "\(run.story)")
        try await site.expectEnd("0.12.4")
    }
}

/// An engine that takes connections and says nothing, as one does that hangs.
@Suite struct `An engine that does not answer` {
    @Test(arguments: [SIGINT, SIGTERM]) func `keeps nobody from ending the command`(signal: Int32) async throws {
        let server = try SilentServer()
        let command = try ChildProcess(
            Workshop.tool, ["plan", "--to", "0.12.4", "--swarm", "chat"],
            ["DOCKER_HOST": "tcp://127.0.0.1:\(server.port)"])
        try await offThePool { server.awaitClient() }
        command.signal(signal)
        let ended = try await command.end()
        #expect(ended.exit == 6, "\(ended.story)")
    }
}

extension EngineSite {
    /// Puts the stand-in's newest release into a registry, with so many bytes more, and keeps none of it.
    fileprivate func push(_ image: String, holding bytes: Int) async throws {
        try write("larger/Dockerfile", "FROM \(ComposeSite.repository):v0.12.4\nCOPY large /large\n")
        try await shell("head -c \(bytes) /dev/urandom >larger/large")
        try await docker("build", "-q", "-t", image, "\(folder)/larger")
        try await docker("push", "-q", image)
        try await docker("image", "rm", image)
    }
}
