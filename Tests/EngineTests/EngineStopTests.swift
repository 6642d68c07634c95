import Testing
import UpgradeCore
import Wire

@testable import Backends

extension EngineSite {
    /// A running container that ignores SIGTERM.
    fileprivate func stubborn(stopSeconds: Int, suffix: String = "1") async throws -> String {
        let id = try await container(
            "trap '' TERM; while :; do sleep 0.1; done", suffix: suffix, stopSeconds: stopSeconds)
        try await engine.start(container: id)
        return id
    }

    /// All that happened to a container until it died.
    fileprivate func course(of id: String, since: Int64) async throws -> [EngineEvent] {
        var course: [EngineEvent] = []
        for try await event in try await engine.events(since: since, filters: ["container": [id]]) {
            course.append(event)
            if event.action == "die" { break }
        }
        return course
    }
}

@Suite struct `A stop` {
    @Test func `returns while the container is still ending, and kills it after its grace`() async throws {
        try await EngineSite.with { site in
            let begin = try await site.engine.info().time
            let patient = try await site.stubborn(stopSeconds: 60, suffix: "2")
            try await site.engine.stop(container: patient)
            #expect(try await site.engine.container(patient).state.status == .running)
            let id = try await site.stubborn(stopSeconds: 3)
            try await site.engine.stop(container: id)
            let course = try await site.course(of: id, since: begin)
            #expect(course.filter { $0.action == "kill" }.map { $0.attributes["signal"] } == ["15", "9"])
            #expect(course.last?.attributes["exitCode"] == "137")
            #expect(try await site.engine.container(id).state.hasEnded)
        }
    }

    @Test func `goes on when the client hangs up, with the whole grace`() async throws {
        try await EngineSite.with { site in
            let begin = try await site.engine.info().time
            func hangUp(on id: String) async throws {
                let request = HTTPRequest(
                    "POST", "http://docker/v1.41/containers/\(id)/stop", limits: HTTPLimits(total: .milliseconds(300)),
                    socket: try site.socket)
                let hungUp = await #expect(throws: Fault.self) { try await HTTPSession().send(request) }
                #expect(hungUp?.kind == .unavailable)
            }
            let patient = try await site.stubborn(stopSeconds: 60, suffix: "2")
            try await hangUp(on: patient)
            #expect(try await site.engine.container(patient).state.status == .running)
            let id = try await site.stubborn(stopSeconds: 2)
            try await hangUp(on: id)
            let course = try await site.course(of: id, since: begin)
            let kills = course.filter { $0.action == "kill" }
            #expect(kills.map { $0.attributes["signal"] } == ["15", "9"])
            // By the engine's own time stamps.
            #expect((kills.last?.timeNano ?? 0) - (kills.first?.timeNano ?? 0) >= 1_900_000_000)
            #expect(course.last?.attributes["exitCode"] == "137")
        }
    }

    @Test func `is told once for as long as it lasts`() async throws {
        try await EngineSite.with { site in
            let begin = try await site.engine.info().time
            let id = try await site.stubborn(stopSeconds: 2)
            for _ in 0..<3 { try await site.engine.stop(container: id) }
            let course = try await site.course(of: id, since: begin)
            #expect(course.filter { $0.attributes["signal"] == "15" }.count == 1)
        }
    }

    @Test func `lets a container end by itself`() async throws {
        try await EngineSite.with { site in
            let begin = try await site.engine.info().time
            let id = try await site.container("trap 'exit 7' TERM; echo up; while :; do sleep 0.1; done")
            try await site.engine.start(container: id)
            while try await site.engine.logs(container: id, last: 1) != ["up"] { await Task.yield() }
            try await site.engine.stop(container: id, within: 20)
            #expect(try await site.course(of: id, since: begin).last?.attributes["exitCode"] == "7")
        }
    }

    @Test func `of a container that has ended, was never started or is gone is done`() async throws {
        try await EngineSite.with { site in
            let id = try await site.container("exit")
            try await site.engine.stop(container: id)
            #expect(try await site.engine.container(id).state.status == .created)
            try await site.engine.remove(container: id)
            try await site.engine.stop(container: id)
        }
    }
}
