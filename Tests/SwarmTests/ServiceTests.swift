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
