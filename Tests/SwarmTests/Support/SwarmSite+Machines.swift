import Backends
import FoundationEssentials
import Testing
import UpgradeCore

@testable import JournalFile

/// A deployment as several machines reach it: each has a home of its own, and nothing of another's.
extension SwarmSite {
    /// A machine other than the one that the site's commands are given on by themselves.
    struct Machine: Sendable {
        let site: SwarmSite
        let home: String

        /// Runs the tool there.
        func run(_ words: String..., environment: [String: String] = [:]) async throws -> Finished {
            try await start(words, environment: environment).end()
        }

        /// Starts the tool there, and does not wait for it.
        func start(_ words: [String], environment: [String: String] = [:]) throws -> ChildProcess {
            let own = ["HOME": home, "XDG_STATE_HOME": "\(home)/state"]
            return try site.start(words, environment: own.merging(environment) { $1 })
        }

        /// Runs the tool there, where the machine calls itself so.
        func run(named name: String, _ words: String...) async throws -> Finished {
            let script = #"hostname "$0"; exec "$@""#
            let own = [
                "DOCKER_HOST": try TestEngine.address(), "HOME": home, "XDG_STATE_HOME": "\(home)/state",
            ]
            return try await ChildProcess.run(
                "/usr/bin/unshare",
                ["--uts", "sh", "-c", script, name, Workshop.tool] + words + ["--swarm", site.service], own)
        }
    }

    func machine(_ name: String) throws -> Machine {
        try Files.makeFolder("\(folder)/\(name)")
        return Machine(site: self, home: "\(folder)/\(name)")
    }

    /// What the tool keeps in the swarm for this service.
    func objects() async throws -> [PlatformObject] {
        let engine = Engine(try EngineAddress(host: try TestEngine.address()))
        return try await SwarmObjects(engine).all(
            labelled: PlatformLabel.deployment, try await engine.service(service).id)
    }

    /// Each config of the swarm, with its labels and its data, in the words that a person would read.
    func everyConfig() async throws -> [String] {
        var all: [String] = []
        for id in try await TestEngine.list(["config", "ls", "--quiet"]) {
            let config = try await TestEngine.ask(["config", "inspect", "--pretty", id])
            // Another deployment may have taken its own away since.
            guard config.exit == 0 || config.error.contains("not found") else { throw Trouble(config.story) }
            all.append(config.out)
        }
        return all
    }
}
