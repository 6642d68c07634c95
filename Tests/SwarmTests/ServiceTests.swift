import FoundationEssentials
import Testing
import UpgradeCore

@testable import Backends

@Suite struct `A service's spec` {
    private func service(_ spec: String, previous: String = "{}", index: Int = 7) throws -> EngineService {
        let text = #"{"ID": "s1", "Version": {"Index": \#(index)}, "Spec": \#(spec), "PreviousSpec": \#(previous)}"#
        return try #require(EngineService(try JSONDecoder().decode(EngineValue.self, from: Data(text.utf8))))
    }

    private let web = #"""
        {"Name": "web", "Labels": {"a": "b"}, "TaskTemplate": {"ForceUpdate": 4, "ContainerSpec":
        {"Image": "chat:v1", "Env": ["UVICORN_WORKERS=4", "A=1", "UVICORN_WORKERS=2"], "Secrets": [{"x": 0.5}]}},
        "Mode": {"Replicated": {"Replicas": 3}}, "UpdateConfig": {"Parallelism": 1, "Delay": 10000000000,
        "MaxFailureRatio": 0.25, "Order": "stop-first"}}
        """#

    @Test func `is read with the setting that counts in a container`() throws {
        #expect(try service(web).settings == Settings(image: "chat:v1", replicas: 3, workers: "2"))
    }

    @Test func `is written back as it was read where nothing is changed`() throws {
        let read = try service(web)
        let written = try EngineJSON.write(read.spec)
        #expect(try JSONDecoder().decode(EngineValue.self, from: Data(written)) == read.spec)
        var same = read
        try same.take(read.settings)
        #expect(same == read)
    }

    @Test func `takes settings where they stood, and gives them back`() throws {
        let before = try service(web)
        var service = before
        try service.take(Settings(image: "chat:v2", replicas: 1, workers: "1", migrations: "true"))
        let lines = service.template["ContainerSpec"]["Env"].texts
        #expect(lines == ["UVICORN_WORKERS=4", "A=1", "UVICORN_WORKERS=1", "ENABLE_DB_MIGRATIONS=true"])
        try service.take(before.settings)
        #expect(service == before)
    }

    private func service(health: String, reserved: String = "{}", published: String = "ingress") throws -> EngineService
    {
        try service(
            #"""
            {"Name": "web", "TaskTemplate": {"ContainerSpec": {"Image": "chat:v1"\#(health)},
            "Resources": {"Reservations": \#(reserved)}}, "Mode": {"Replicated": {"Replicas": 3}},
            "EndpointSpec": {"Ports": [{"PublishMode": "\#(published)", "TargetPort": 8080}]}}
            """#)
    }

    private func migrating(_ service: EngineService) throws -> EngineService {
        var migrating = service
        try migrating.take(service.settings.forMigrating(image: "chat:v2", grace: .forMigration))
        return migrating
    }

    @Test(arguments: [
        "", #", "Healthcheck": {}"#, #", "Healthcheck": {"Interval": 1000000000}"#,
        #", "Healthcheck": {"Test": ["CMD", "true"], "StartPeriod": 60000000000}"#,
    ])
    func `has a health check that waits for a migration, and its own again`(health: String) throws {
        let before = try service(health: health)
        #expect(before.endsUnwell)
        #expect(before.settings.grace == nil)
        var service = try migrating(before)
        #expect(service.settings.grace == .forMigration)
        #expect(service.healthCheck["StartPeriod"].integer == 24 * 3600 * 1_000_000_000)
        #expect(service.healthCheck["Test"] == before.healthCheck["Test"])
        #expect(service.endsUnwell)
        let same = service
        try service.take(service.settings)
        #expect(service == same)
        try service.take(before.settings)
        #expect(service.template == before.template)
        #expect(service.labels.isEmpty)
    }

    @Test func `keeps the health check that was written where a run is given up, for the next one`() throws {
        let before = try service(health: "")
        var service = before
        try service.pause()
        service = try migrating(service)
        try service.resume()
        #expect(service.settings.grace == .forMigration)
        try service.take(before.settings)
        #expect(service.template == before.template)
        #expect(service.labels.isEmpty)
    }

    /// In nanoseconds: 5 minutes, and 2 hours.
    @Test(arguments: [Int64(300_000_000_000), 7_200_000_000_000])
    func `keeps a start period that somebody has written in the middle of a run`(period: Int64) throws {
        let before = try service(health: "")
        var service = try migrating(before)
        service.spec["TaskTemplate"]["ContainerSpec"]["Healthcheck"]["StartPeriod"] = .integer(period)
        #expect(service.settings.grace == nil)
        var again = try migrating(service)
        #expect(again.settings.grace == .forMigration)
        for wanted in [service.settings, before.settings] {
            try service.take(wanted)
            try again.take(wanted)
            #expect(service.settings == wanted)
            #expect(again.settings == wanted)
            #expect(service.healthCheck == .object(["StartPeriod": .integer(period)]))
            #expect(again.healthCheck == service.healthCheck)
            #expect(service.labels.isEmpty)
        }
    }

    @Test(arguments: [
        (#", "Healthcheck": {"Test": ["NONE"]}"#, "{}", "ingress"),
        (#", "Healthcheck": {"StartPeriod": 3600000000000}"#, "{}", "ingress"),
        ("", #"{"MemoryBytes": 1}"#, "ingress"), ("", #"{"NanoCPUs": 1}"#, "ingress"), ("", "{}", "host"),
    ])
    func `keeps its health check where that waits, or a task more may find no place`(
        health: String, reserved: String, published: String
    ) throws {
        #expect(try !service(health: health, reserved: reserved, published: published).endsUnwell)
    }

    @Test func `is handed over to a run and back, byte for byte`() throws {
        let before = try service(web)
        var service = before
        try service.pause(for: "token")
        #expect(service.notes?.holder == "token")
        #expect(service.spec["UpdateConfig"]["Order"].text == "stop-first")
        #expect(service.template == before.template)
        let paused = service
        try service.pause()
        #expect(service == paused)
        try service.resume()
        #expect(service == before)
        try service.resume()
        #expect(service == before)
    }

    @Test func `keeps what somebody has set in the middle of a run`() throws {
        var service = try service(web)
        try service.pause()
        service.spec["UpdateConfig"]["Order"] = .text("start-first")
        service.spec["UpdateConfig"]["Parallelism"] = .integer(2)
        service.spec["UpdateConfig"]["Monitor"] = .integer(30_000_000_000)
        try service.resume()
        #expect(service.notes == nil)
        let config = service.spec["UpdateConfig"]
        #expect(config["Order"].text == "start-first" && config["Parallelism"].integer == 2)
        #expect(config["Monitor"].integer == 30_000_000_000)
        // The rest is as it was before the run.
        #expect(config["Delay"].integer == 10_000_000_000 && config["MaxFailureRatio"] == .number(0.25))
        #expect(config["FailureAction"].isNull)
    }

    /// A service in the middle of a run that has asked for one task of another image.
    private func aimed(by generation: Generation) throws -> EngineService {
        var service = try service(web)
        try service.pause()
        try service.aim(
            at: Change.Desired(
                workload: "web", settings: service.settings.with(image: "chat:v2", replicas: 1), naming: generation,
                accepts: [generation]), hasLiving: false)
        return service
    }

    @Test(arguments: [
        (#"{"Image": "chat:v2", "Env": ["UVICORN_WORKERS=1", "A=1"], "Secrets": [{"x": 0.5}]}"#, true),
        (#"{"Image": "chat:v2", "Env": ["A=1", "B=2"], "Secrets": [{"x": 0.5}]}"#, false),
        (#"{"Image": "chat:v2", "Env": ["A=1"], "Secrets": [{"x": 0.5}], "Args": ["sh"]}"#, false),
        (#"{"Image": "chat:v2", "Env": ["A=1"], "Secrets": [{"x": 0.5}], "Args": [], "TTY": false}"#, true),
    ])
    func `is made anew by somebody where a task of the same count has another template`(
        container: String, isOwn: Bool
    ) throws {
        let generation = Generation(run: "r", number: 3)
        let service = try aimed(by: generation)
        let text = #"""
            {"ID": "t", "Spec": {"ForceUpdate": 5, "ContainerSpec": \#(container)}, "Status": {"State": "running"}}
            """#
        let task = try #require(EngineTask(try JSONDecoder().decode(EngineValue.self, from: Data(text.utf8))))
        #expect(service.generation(of: task) == (isOwn ? generation : nil))
    }

    @Test(arguments: [("ingress", true, "start-first"), ("ingress", false, "stop-first"), ("host", true, "stop-first")])
    func `lets the old one go last only where this run replaces it, and places are not counted`(
        mode: String, hasLiving: Bool, order: String
    ) throws {
        var service = try service(web)
        service.spec["EndpointSpec"]["Ports"] = .list([.object(["PublishMode": .text(mode)])])
        let before = service
        try service.pause()
        let change = Change.Desired(
            workload: "web", settings: service.settings.with(image: "chat:v2"), naming: Generation(run: "r", number: 3))
        try service.aim(at: change, hasLiving: hasLiving)
        #expect(service.spec["UpdateConfig"]["Order"].text == order)
        try service.resume()
        #expect(service.spec["UpdateConfig"] == before.spec["UpdateConfig"])
    }

    @Test func `tells after a run, too, which write a task came from`() throws {
        let generation = Generation(run: "r", number: 3)
        let service = try aimed(by: generation)
        #expect(service.counter == 5)
        let task = try task(of: service)
        #expect(service.generation(of: task) == generation)
        let kept = String(decoding: try EngineJSON.write(service.spec), as: UTF8.self)
        #expect(try self.service(web, previous: kept).generation(of: task) == generation)
    }

    @Test func `is not given another template while what may stay was made from this one`() throws {
        var service = try service(web)
        let scaled = Change.Desired(
            workload: "web", settings: service.settings.with(replicas: 1), naming: Generation(run: "r", number: 1))
        try service.aim(at: scaled, hasLiving: true)
        #expect(service.counter == 4)
        #expect(service.replicas == 1)
    }

    private func task(of service: EngineService) throws -> EngineTask {
        let spec = String(decoding: try EngineJSON.write(service.template), as: UTF8.self)
        let text = #"{"ID": "t", "Spec": \#(spec), "Status": {"State": "running"}}"#
        return try #require(EngineTask(try JSONDecoder().decode(EngineValue.self, from: Data(text.utf8))))
    }
}

@Suite struct `A task` {
    private static func look(
        _ tasks: [String], node: String = "ready", replicas: Int = 1, index: Int = 1, policy: String = "{}"
    ) throws -> SwarmLook {
        func value(_ text: String) throws -> EngineValue {
            try JSONDecoder().decode(EngineValue.self, from: Data(text.utf8))
        }
        let service = try value(
            #"""
            {"ID": "s", "Version": {"Index": \#(index)},
            "Spec": {"Name": "web", "Mode": {"Replicated": {"Replicas": \#(replicas)}}}}
            """#)
        let found = try value(#"{"ID": "n", "Status": {"State": "\#(node)"}}"#)
        return SwarmLook(
            services: [try #require(EngineService(service))],
            tasks: try tasks.enumerated().map { number, words in
                let parts = words.split(separator: " ")
                let node = parts.count > 2 ? parts[2] : "n"
                return try #require(
                    EngineTask(
                        try value(
                            #"""
                            {"ID": "t\#(number)", "ServiceID": "s", "Slot": 1, "NodeID": "\#(node == "-" ? "" : node)",
                            "Spec": {"RestartPolicy": \#(policy)}, "CreatedAt": "2026-0\#(number)", "DesiredState": "\#(parts[1])",
                            "Status": {"State": "\#(parts[0])", "ContainerStatus": {"ExitCode": 3}}}
                            """#)))
            },
            nodes: ["n": try #require(EngineNode(found))], containers: [:], gateways: [:])
    }

    @Test(arguments: [
        ("running running", Instance.State.running), ("starting running", .running), ("preparing running", .running),
        ("pending running -", .running), ("ready ready", .running), ("running shutdown", .stopping),
        ("starting remove", .stopping), ("pending remove -", .withdrawn), ("assigned remove", .withdrawn),
        ("assigned shutdown", .stopping), ("failed shutdown", .ended(exit: "exit code 3")),
        ("failed running", .running), ("complete shutdown", .ended(exit: "exit code 3")),
    ])
    func `is what the swarm says of it`(words: String, state: Instance.State) throws {
        let look = try Self.look([words])
        #expect(look.condition(look.tasks[0]) == state)
    }

    @Test(arguments: [
        "shutdown shutdown", "pending shutdown -", "orphaned shutdown gone", "remove remove",
    ])
    func `of which nothing runs is no instance`(words: String) throws {
        let look = try Self.look([words])
        #expect(look.condition(look.tasks[0]) == nil)
    }

    @Test(
        arguments: ["running shutdown", "assigned remove", "starting remove", "orphaned shutdown"], ["down", "unknown"])
    func `is not taken for ended because its node does not answer`(words: String, node: String) throws {
        let look = try Self.look([words], node: node)
        #expect(look.condition(look.tasks[0]) == .stopping)
        #expect(look.lost.map(\.refuses) == [true])
    }

    /// The swarm takes one that it would not start again for the replica that it is to replace.
    @Test(
        arguments: [
            (#"{"Condition": "none"}"#, true), (#"{"Condition": "on-failure"}"#, true),
            (#"{"Condition": "any", "MaxAttempts": 3}"#, true), (#"{"Condition": "any"}"#, false), ("{}", false),
        ], ["failed shutdown", "failed remove", "complete shutdown", "shutdown shutdown", "shutdown remove"])
    func `that has ended is waited for until it is removed`(policy: (String, Bool), words: String) throws {
        var standing = SwarmStanding()
        func isHeld(_ tasks: [String], replicas: Int = 0) throws -> Bool {
            var look = try Self.look(tasks, replicas: replicas, policy: policy.0)
            look.standing = standing.ids(in: look)
            return look.tasks.contains { look.condition($0) == .withdrawn }
        }
        #expect(try !isHeld([words], replicas: 1))
        #expect(try isHeld([words]) == policy.1)
        // What was there before it is nobody's replica.
        #expect(try !isHeld(["failed shutdown", "running running"], replicas: 1))
        #expect(try isHeld(["failed shutdown", words]) == policy.1)
        #expect(try !isHeld(["failed shutdown"]))
    }

    @Test func `that was started in another's place counts its ends`() throws {
        let look = try Self.look(["failed shutdown", "complete shutdown", "shutdown shutdown", "running running"])
        #expect(look.tasks.compactMap { look.instance($0)?.restarts } == [2])
    }

    /// As happens with an engine that has just been started again.
    @Test func `counts what its nodes refuse once that has gone on for longer than the start of an engine`() throws {
        var refusals = SwarmRefusals()
        let start = ContinuousClock.now
        func restarts(_ tasks: [String], after seconds: Int) throws -> [Int] {
            var look = try Self.look(tasks)
            look.refused = refusals.lasting(in: look, at: start + .seconds(seconds))
            return look.tasks.compactMap { look.instance($0)?.restarts }
        }
        let refused = ["failed shutdown", "rejected shutdown", "rejected shutdown", "ready ready"]
        #expect(try restarts(refused, after: 0) == [1])
        #expect(try restarts(refused, after: 30) == [1])
        #expect(try restarts(refused, after: 31) == [3])
        let running = Array(refused.dropLast()) + ["running running"]
        #expect(try restarts(running, after: 40) == [1])
        #expect(try restarts(refused, after: 50) == [1])
    }

    /// As where a task's state changes at the moment at which its service is scaled down.
    @Test func `makes its service late once the swarm has wanted it for longer than a busy swarm takes`() throws {
        var lag = SwarmLag()
        let start = ContinuousClock.now
        func isLate(
            _ tasks: [String], replicas: Int = 0, policy: String = "{}", index: Int = 1, after seconds: Int
        ) throws -> Bool {
            var look = try Self.look(tasks, replicas: replicas, index: index, policy: policy)
            look.standing = ["t0"]
            return !lag.lasting(in: look, at: start + .seconds(seconds)).isEmpty
        }
        let restarted = ["failed shutdown", "running running"]
        #expect(try !isLate(restarted, after: 0))
        #expect(try !isLate(restarted, after: 5))
        #expect(try isLate(restarted, after: 6))
        // Written again.
        #expect(try !isLate(restarted, index: 2, after: 7))
        #expect(try isLate(restarted, index: 2, after: 13))
        #expect(try !isLate(["running remove"], index: 2, after: 14))
        #expect(try !isLate(restarted, index: 2, after: 15))
        // A task beside its successor is one place.
        #expect(try !isLate(["running running", "preparing running"], replicas: 1, index: 3, after: 16))
        #expect(try !isLate(["running running", "preparing running"], replicas: 1, index: 3, after: 30))
        // Held for a replica, and not to be removed.
        let held = #"{"Condition": "none"}"#
        #expect(try !isLate(["failed shutdown"], policy: held, index: 4, after: 40))
        #expect(try isLate(["failed shutdown"], policy: held, index: 4, after: 46))
        #expect(try !isLate(["failed remove"], policy: held, index: 4, after: 60))
    }
}
