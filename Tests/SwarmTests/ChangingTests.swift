import Testing
import UpgradeCore

@testable import Backends

/// What a manager says to changes.
@Suite(.tags(.postgres, .engine), .serialized)
struct `A write to a service` {
    @Test func `that was made from an older version of it is a conflict`() async throws {
        try await SwarmSite.play(SwarmSite.Shape(prepared: nil, replicas: 0)) { site in
            try await site.up()
            let engine = Engine(try EngineAddress(host: try TestEngine.address()))
            var service = try await engine.service(site.service)
            let stale = service
            service.spec["Labels"]["another"] = .text("label")
            try await engine.update(service)
            let fault = await #expect(throws: Fault.self) { try await engine.update(stale) }
            #expect(fault?.kind == .conflict)
            #expect(fault?.why.contains("update out of sequence") == true)
            #expect(try await engine.service(site.service).spec == service.spec)
        }
    }

    @Test func `that the manager does not take is its own fault`() async throws {
        try await SwarmSite.play(SwarmSite.Shape(prepared: nil, replicas: 0)) { site in
            try await site.up()
            let engine = Engine(try EngineAddress(host: try TestEngine.address()))
            var service = try await engine.service(site.service)
            service.spec["Name"] = .text("another name")
            let fault = await #expect(throws: Fault.self) { try await engine.update(service) }
            #expect(fault?.kind != .conflict)
            await #expect { try await engine.service("\(site.name)_none") } throws: {
                ($0 as? Fault)?.kind == .missing
            }
        }
    }

    @Test func `is found by what one of its containers prints`() async throws {
        try await SwarmSite.play(SwarmSite.Shape(replicas: 1)) { site in
            try await site.up()
            let engine = Engine(try EngineAddress(host: try TestEngine.address()))
            let task = try #require(
                try await engine.tasks(of: [site.service]).first { $0.state == "running" })
            let (exit, output) = try await engine.run(
                ["curl", "--silent", "http://127.0.0.1:8080/health"], in: task.containerID)
            #expect(exit == 0)
            #expect(output == #"{"status":true}"#)
            #expect(try await engine.run(["false"], in: task.containerID).exit == 1)
            #expect(try await engine.addresses(in: "docker_gwbridge")[task.containerID] != nil)
        }
    }

    /// A task that was made for one that ended, and was told to go before any node had it, is given to a node even so.
    @Test func `leaves no task that seems gone and is seen again`() async throws {
        let shape = SwarmSite.Shape(replicas: 0, environment: ["STAND_IN_EXIT_AT_ONCE": "0.6.43:7"])
        try await SwarmSite.play(shape) { site in
            try await site.up()
            let engine = Engine(try EngineAddress(host: try TestEngine.address()))
            let service = try await engine.service(site.service)
            func tasks() async throws -> [EngineTask] { try await engine.tasks(of: [site.service]) }
            func scaled(to replicas: Int64) async throws -> EngineService {
                var service = try await engine.service(site.service)
                service.spec["Mode"]["Replicated"]["Replicas"] = .integer(replicas)
                return service
            }
            let nodes = Dictionary(uniqueKeysWithValues: try await engine.nodes().map { ($0.id, $0) })
            func look(_ tasks: [EngineTask]) -> SwarmLook {
                SwarmLook(services: [service], tasks: tasks, nodes: nodes, containers: [:], gateways: [:])
            }
            var (isMet, tries) = (false, 0)
            while !isMet, tries < 4 {
                tries += 1
                try await engine.update(try await scaled(to: 1))
                while try await tasks().contains(where: \.endedByItself) == false {}
                let none = try await scaled(to: 0)
                while try await tasks().contains(where: \.nodeID.isEmpty) == false {}
                try await engine.update(none)
                var seen = look(try await tasks())
                isMet = seen.tasks.contains { $0.nodeID.isEmpty && $0.desired == "remove" }
                // Told to go at the moment at which its state changes, a task may also be forgotten.
                var lag = SwarmLag()
                while !seen.living(of: none).isEmpty {
                    if !lag.lasting(in: seen).isEmpty {
                        try await engine.update(try await scaled(to: 0))
                        lag = SwarmLag()
                    }
                    seen = look(try await tasks())
                }
                #expect(seen.tasks.allSatisfy { ["failed", "shutdown", "remove"].contains($0.state) }, "\(seen.tasks)")
            }
        }
    }
}
