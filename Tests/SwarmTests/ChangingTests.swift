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
            let scale = try await Scale(site)
            var (isMet, tries) = (false, 0)
            while !isMet, tries < 4 {
                tries += 1
                try await scale.set(to: 1)
                while try await scale.look().tasks.contains(where: \.endedByItself) == false {}
                let none = try await scale.spec(of: 0)
                while try await scale.look().tasks.contains(where: \.nodeID.isEmpty) == false {}
                try await scale.engine.update(none)
                let seen = try await scale.look()
                isMet = seen.tasks.contains { $0.nodeID.isEmpty && $0.desired == "remove" }
                let last = try await scale.emptied()
                #expect(last.tasks.allSatisfy { ["failed", "shutdown", "remove"].contains($0.state) }, "\(last.tasks)")
            }
        }
    }

    /// What its policy does not start again stands for the replica until it is removed; for one that is asked for before
    /// that, the swarm may make two.
    @Test(arguments: [["none"], ["any", "--restart-max-attempts", "1"]])
    func `has one task for one replica, where none was held`(policy: [String]) async throws {
        let shape = SwarmSite.Shape(
            replicas: 0, environment: ["STAND_IN_EXIT_AT_ONCE": "0.6.43:7"], restart: policy[0],
            options: Array(policy.dropFirst()))
        try await SwarmSite.play(shape) { site in
            try await site.up()
            let scale = try await Scale(site)
            for _ in 0..<3 {
                try await scale.set(to: 1)
                var seen = try await scale.look()
                while seen.tasks.isEmpty || seen.tasks.contains(where: \.isWanted) {
                    #expect(seen.tasks.count(where: \.isWanted) <= 1, "\(seen.tasks)")
                    seen = try await scale.look()
                }
                let ended = seen.tasks.map(\.id)
                try await scale.set(to: 0)
                let last = try await scale.emptied()
                #expect(!last.tasks.contains { $0.desired == "remove" }, "\(last.tasks)")
                #expect(last.tasks.count < ended.count, "\(last.tasks)")
            }
        }
    }
}

/// A service that is scaled again and again, at the very moments that a test is about.
private actor Scale {
    let engine: Engine
    private var standing = SwarmStanding()
    private let name: String
    private let nodes: [String: EngineNode]

    init(_ site: SwarmSite) async throws {
        engine = Engine(try EngineAddress(host: try TestEngine.address()))
        name = site.service
        nodes = Dictionary(uniqueKeysWithValues: try await engine.nodes().map { ($0.id, $0) })
    }

    /// The service as it would be with so many replicas.
    func spec(of replicas: Int64) async throws -> EngineService {
        var service = try await engine.service(name)
        service.spec["Mode"]["Replicated"]["Replicas"] = .integer(replicas)
        return service
    }

    func set(to replicas: Int64) async throws { try await engine.update(try await spec(of: replicas)) }

    func look() async throws -> SwarmLook {
        let service = try await engine.service(name)
        let tasks = try await engine.tasks(of: [name])
        var look = SwarmLook(services: [service], tasks: tasks, nodes: nodes, containers: [:], gateways: [:])
        look.standing = standing.ids(in: look)
        return look
    }

    /// The first look that shows no task any more. What the swarm forgets is written again, as a run does.
    func emptied() async throws -> SwarmLook {
        var lag = SwarmLag()
        while true {
            let seen = try await look()
            if seen.services.allSatisfy({ seen.living(of: $0).isEmpty }) { return seen }
            for late in lag.lasting(in: seen) { try await engine.update(late) }
        }
    }
}
