import Testing
import UpgradeCore

@testable import Backends

@Suite struct `A container of the engine` {
    @Test func `is shown with all that is looked at`() async throws {
        try await EngineSite.with { site in
            let image = try await site.shellImage()
            let id = try await site.engine.create(
                name: "\(site.name)-web-1", image: image, labels: site.labels.merging(["Some.Label": "v=1"]) { $1 },
                command: ["/bin/sh", "-c", "exit 3"], environment: ["UVICORN_WORKERS": "2", "URL": "a=b"],
                stopSeconds: 7, restartPolicy: EngineRestartPolicy("on-failure", limit: 0))
            let made = try await site.engine.container("\(site.name)-web-1")
            #expect(made.id == id)
            #expect(made.name == "\(site.name)-web-1")
            #expect(made.image == image)
            #expect(made.imageID == (try await site.engine.image(image)).id)
            #expect(made.labels["Some.Label"] == "v=1")
            #expect(made.environment["UVICORN_WORKERS"] == "2")
            #expect(made.environment["URL"] == "a=b")
            #expect(made.stopSeconds == 7)
            #expect(made.restartPolicy == EngineRestartPolicy("on-failure"))
            #expect(made.state.status == .created)
            #expect(made.state.hasEnded)
            #expect(made.state.startedAt == nil)
            #expect(made.health == nil)
            #expect(made.networks.map(\.name) == ["none"])
        }
    }

    @Test func `that has ended says with what`() async throws {
        try await EngineSite.with { site in
            let begin = try await site.engine.info().time
            let id = try await site.container("exit 3")
            try await site.engine.start(container: id)
            let event = try await site.await("die", of: id, since: begin)
            #expect(event.attributes["exitCode"] == "3")
            #expect(event.attributes["owui.test"] == site.name)
            #expect(event.type == "container")
            #expect(event.timeNano > begin)
            let container = try await site.engine.container(id)
            #expect(container.state.status == .exited)
            #expect(container.state.exitCode == 3)
            #expect(container.state.hasEnded)
            #expect(container.state.startedAt.flatMap(EngineTime.nanoseconds) ?? 0 > begin)
        }
    }

    @Test func `is listed by its labels, with those that do not run only where all are asked for`() async throws {
        try await EngineSite.with { site in
            let image = try await site.shellImage()
            _ = try await site.container("exit", suffix: "b", image: image)
            let running = try await site.container("while :; do sleep 1; done", suffix: "a", image: image)
            try await site.engine.start(container: running)
            let labels = ["owui.test=\(site.name)"]
            #expect(
                try await site.engine.containers(labels: labels).map(\.name) == ["\(site.name)-a", "\(site.name)-b"])
            #expect(try await site.engine.containers(labels: labels, all: false).map(\.id) == [running])
            #expect(try await site.engine.containers(labels: labels + ["no.such"]).isEmpty)
        }
    }

    @Test func `whose name is taken is a conflict, in the engine's words`() async throws {
        try await EngineSite.with { site in
            let image = try await site.shellImage()
            let first = try await site.container("exit", image: image)
            let fault = await #expect(throws: Fault.self) { try await site.container("exit", image: image) }
            #expect(fault?.kind == .conflict)
            #expect(fault?.what == "The Docker engine did not make the container \(site.name)-1.")
            #expect(fault?.why.contains("is already in use by container \"\(first)\"") == true)
        }
    }

    @Test func `that does not exist is missing, and is removed all the same`() async throws {
        try await EngineSite.with { site in
            let fault = await #expect(throws: Fault.self) { try await site.engine.container(site.name) }
            #expect(fault?.kind == .missing)
            #expect(fault?.why == "No such container: \(site.name)")
            try await site.engine.remove(container: site.name)
            let unmade = await #expect(throws: Fault.self) {
                try await site.container("exit", image: "\(site.name):no")
            }
            #expect(unmade?.kind == .missing)
        }
    }

    @Test func `gets another name and another restart policy while it runs`() async throws {
        try await EngineSite.with { site in
            let id = try await site.engine.create(
                name: "\(site.name)-1", image: try await site.shellImage(), labels: site.labels,
                command: ["/bin/sh", "-c", "while :; do sleep 1; done"], restartPolicy: EngineRestartPolicy("always"))
            try await site.engine.start(container: id)
            let before = try await site.engine.container(id)
            #expect(before.restartPolicy == EngineRestartPolicy("always"))
            try await site.engine.setRestart(container: id, .no)
            try await site.engine.rename(container: id, to: "\(site.name)-2")
            let after = try await site.engine.container(id)
            #expect(after.restartPolicy == .no)
            #expect(after.name == "\(site.name)-2")
            #expect(after.state.pid == before.state.pid)
            let refused = await #expect(throws: Fault.self) { try await site.engine.remove(container: id) }
            #expect(refused?.kind == .conflict)
            try await site.engine.remove(container: id, force: true)
            #expect(try await site.engine.containers(labels: ["owui.test=\(site.name)"]).isEmpty)
        }
    }
}
