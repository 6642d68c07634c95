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

    @Test func `that runs has its mounts, networks, ports and health`() async throws {
        try await EngineSite.with { site in
            let image = try await site.shellImage()
            let (name, own) = (site.name, "owui.test=\(site.name)")
            try await site.docker("network", "create", "--label", own, name)
            let begin = try await site.engine.info().time
            let id = try await site.docker(
                "run", "-d", "--name", name, "--label", own, "--network", name, "--network-alias", "web", "-v",
                "\(name):/data", "-v", "\(site.folder):/here:ro", "--tmpfs", "/scratch", "-p", "127.0.0.1::8080",
                "--health-cmd", "echo well", "--health-interval", "200ms", "--stop-signal", "SIGINT", image, "/bin/sh",
                "-c",
                "while :; do sleep 0.1; done"
            ).trimmed
            _ = try await site.await("health_status: healthy", of: id, since: begin)
            let container = try await site.engine.container(id)
            #expect(container.health == .init(status: "healthy", failures: 0, output: "well"))
            #expect(container.stopSignal == "SIGINT")
            #expect(container.state.pid > 0)
            #expect(!container.state.hasEnded)
            let mounts = container.mounts.sorted { $0.destination < $1.destination }
            #expect(mounts.map(\.destination) == ["/data", "/here"])
            #expect(mounts.map(\.type) == ["volume", "bind"])
            #expect(mounts.map(\.name) == [name, nil])
            #expect(mounts.map(\.isWritable) == [true, false])
            let network = try #require(container.networks.first)
            #expect(network.name == name)
            #expect(network.aliases.contains("web"))
            #expect(!network.address.isEmpty && !network.gateway.isEmpty)
            #expect(container.ports.map(\.port) == [8080])
            #expect(container.ports.map(\.hostAddress) == ["127.0.0.1"])
            #expect((container.ports.first?.hostPort ?? 0) > 0)
            let networks = try await site.engine.networks(labels: [own])
            #expect(networks.map(\.id) == [network.id])
            #expect(networks.map(\.driver) == ["bridge"])
            try await site.engine.remove(container: id, force: true)
            // What has a name is kept.
            #expect(try await site.docker("volume", "ls", "-q").split(separator: "\n").map(String.init).contains(name))
            try await site.docker("volume", "rm", name)
            try await site.docker("network", "rm", name)
        }
    }

    @Test func `that was killed for memory says so`() async throws {
        try await EngineSite.with { site in
            let begin = try await site.engine.info().time
            try await site.shell("mkdir -p root/bin && ln -s busybox root/bin/tail")
            // A child of it is killed, and it ends when the engine has said so: the two come to the engine in any order.
            let id = try await site.docker(
                "run", "-d", "--label", "owui.test=\(site.name)", "--memory", "8m", try await site.shellImage(),
                "/bin/sh", "-c",
                """
                while [ ! -e /go ]; do sleep 0.1; done; tail /dev/zero; code=$?
                while [ ! -e /said ]; do sleep 0.1; done; exit $code
                """
            ).trimmed
            // Not before it counts as started: an engine that has not yet noted the start forgets with it why it ended.
            try await site.docker("exec", id, "/bin/busybox", "touch", "/go")
            _ = try await site.await("oom", of: id, since: begin)
            try await site.docker("exec", id, "/bin/busybox", "touch", "/said")
            _ = try await site.await("die", of: id, since: begin)
            let state = try await site.engine.container(id).state
            #expect(state.wasKilledForMemory)
            #expect(state.exitCode == 137)
        }
    }

    @Test func `that cannot be started says why`() async throws {
        try await EngineSite.with { site in
            let id = try await site.engine.create(
                name: "\(site.name)-1", image: try await site.shellImage(), labels: site.labels, command: ["/no/such"])
            let fault = await #expect(throws: Fault.self) { try await site.engine.start(container: id) }
            #expect(fault?.why.contains("/no/such") == true)
            let state = try await site.engine.container(id).state
            #expect(state.error.contains("/no/such"))
            #expect(state.hasEnded)
        }
    }
}
