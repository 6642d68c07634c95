@testable import Backends

extension SwarmSite {
    /// Does to the service what `docker service` says with these words, and returns when the swarm has done it.
    func change(_ words: [String]) async throws {
        try await TestEngine.docker(["service", words[0], "--detach"] + words.dropFirst())
        try await settle()
    }

    /// Returns when as many tasks run as the service says, and no other. What the swarm forgets is written again: docker
    /// itself would wait for it for ever.
    func settle() async throws {
        let engine = Engine(try EngineAddress(host: try TestEngine.address()))
        var lag = SwarmLag()
        while true {
            let service = try await engine.service(service)
            let tasks = try await engine.tasks(of: [service.name])
            let look = SwarmLook(services: [service], tasks: tasks, nodes: [:], containers: [:], gateways: [:])
            for late in lag.lasting(in: look) { try await engine.update(late) }
            let living = look.living(of: service)
            if living.count == service.replicas, living.allSatisfy({ $0.state == "running" && $0.isWanted }) { return }
        }
    }
}
