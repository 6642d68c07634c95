import Glibc
import Testing

@testable import open_webui_stand_in

/// Deployments of other shapes.
@Suite(.onStage) struct `An upgrade of` {
    @Test func `a group with a companion takes it to zero and brings it back on the target`() throws {
        let scene = try Scene(ports: 6)
        let own = Array(scene.ports[..<3])
        let lines = [
            "companions:", "  - name: pool", "    replicas: 2",
            "    ports: [\(scene.ports[3...].map(String.init).joined(separator: ", "))]",
            "    environment:", "      ENABLE_DB_MIGRATIONS: \"False\"",
        ]
        try scene.writeGroup(lines: lines, ports: own)
        try scene.up("0.7.0")
        #expect(scene.serving.count == 4)
        try scene.upgrade().expect(0)
        try scene.expect("0.12.4", times: 4)
        let target = try scene.account().lives.filter { $0.version == "0.12.4" }
        #expect(target.count { $0.migrates && $0.revision != $0.head } == 1, "one process migrated")
        #expect(target.count { !$0.migrates } == 2, "the companions do not migrate")
        try scene.tool(["local", "ps"]).expect(0, saying: "pool", "serves 0.12.4")
    }

    @Test func `two workers migrates with one and puts two back`() throws {
        let scene = try Scene(group: ["workers: 2"])
        try scene.up("0.6.43")
        try scene.upgrade().expect(0, saying: "2 instances serve 0.12.4", "the migrating instance is replaced")
        try scene.expect("0.12.4", times: 2)
        let target = try scene.account().lives.filter { $0.version == "0.12.4" }
        #expect(target.first?.role == .alone)
        #expect(target.dropFirst().count { $0.role == .worker } == 4)
        #expect(target.first?.isAlive == false)
        let first = try scene.account().marks.filter { $0.life == target.first?.id }.last { $0.kind == "stopping" }
        let opened = try scene.account().marks.filter { mark in
            mark.kind == "opened" && target.dropFirst().contains { $0.id == mark.life }
        }
        #expect(
            opened.contains { $0.at < first?.at ?? 0 }, "another instance served when the migrating one was stopped")
    }

    @Test func `a baseline without migrations turns them on for one instance only`() throws {
        let scene = try Scene(group: ["migrations: \"false\""])
        try scene.up("0.7.0")
        try scene.upgrade().expect(0, saying: "2 instances serve 0.12.4")
        try scene.expect("0.12.4", times: 2)
        let living = try scene.account().lives.filter(\.isAlive)
        #expect(living.count == 2)
        #expect(living.allSatisfy { !$0.migrates && $0.version == "0.12.4" })
        #expect(try scene.account().lives.count { $0.migrates && $0.version == "0.12.4" } == 1)
        let status = try scene.tool(["status", "--output", "json"])
        status.expect(0, saying: #""migrations":"false""#)
    }

    @Test func `a deployment that asks for stop-all stops all at once`() throws {
        let scene = try Scene()
        try scene.up("0.6.43", replicas: 3)
        let ended = try scene.upgrade(to: "0.12.4", "--strategy", "stop-all")
        ended.expect(0, saying: "3 instances serve 0.12.4")
        #expect(!ended.story.contains("scale-down"))
        try scene.expect("0.12.4", times: 3)
    }

    @Test(arguments: [1, 3]) func `two instances ends with as many as are asked for`(replicas: Int) throws {
        let scene = try Scene()
        try scene.up("0.6.43")
        try scene.upgrade(to: "0.12.4", "--replicas", "\(replicas)").expect(0)
        try scene.expect("0.12.4", times: replicas)
        try scene.upgrade(to: "0.12.4").expect(0, saying: "Everything is already as asked")
    }

    @Test func `one instance is an upgrade too`() throws {
        let scene = try Scene(ports: 2)
        try scene.up("0.6.43", replicas: 1)
        try scene.upgrade().expect(0, saying: "One instance serves 0.12.4; the database is at 0bd252b206fb.")
        try scene.expect("0.12.4", times: 1)
    }

    @Test func `instances of which one was scaled up by hand in the middle holds and says so`() throws {
        let scene = try Scene(["STAND_IN_SLOW_MIGRATION": "0.12.4:6"])
        try scene.up("0.6.43", replicas: 1)
        let run = try scene.start(["--to", "0.12.4", "--yes"])
        try scene.waitForMigration()
        // Somebody edits what the group was asked to be.
        let path = "\(scene.state)/state.json"
        let state = try #require(Files.text(path))
        try Files.write(state.replacing(#""replicas" : 1"#, with: #""replicas" : 3"#), to: path)
        let ended = try run.end()
        ended.expect(4, what: "Someone else has changed chat.", why: "3 replicas", remedy: "undo that change")
        try Files.write(state, to: path)
        try scene.tool(["resume"]).expect(0)
        try scene.expect("0.12.4", times: 1)
    }

    @Test func `an instance whose port a stranger takes holds, and goes back when the port is free`() throws {
        let scene = try Scene(ports: 1)
        try scene.up("0.6.43", replicas: 1)
        // The backup is made at zero instances; there the port is free.
        let (zero, go) = ("\(scene.folder)/zero", "\(scene.folder)/go")
        let plan = try scene.plan(
            "backup:", "  command:",
            "    make: \"touch \(zero); while ! test -e \(go); do sleep 0.05; done; echo none\"")
        let run = try scene.start(["--to", "0.12.4", "--yes", "--plan", plan])
        try scene.wait("zero instances") { Files.exists(zero) }
        var stranger = Listening(scene.ports[0])
        try #require(stranger != nil)
        try Files.write("", to: go)
        let ended = try run.end()
        ended.expect(
            4, what: "There is no free port for another instance of chat.",
            why: "\(scene.ports[0]) is in use by process \(getpid())", remedy: "end what uses the port")
        #expect(scene.instances() == [])
        stranger = nil
        try scene.tool(["resume"]).expect(3, saying: "0.6.43 serves again")
        try scene.expect("0.6.43", times: 1)
    }

    @Test func `a group does not begin where its port is taken`() throws {
        let scene = try Scene(ports: 1)
        try scene.install("0.6.43")
        let stranger = Listening(scene.ports[0])
        try scene.tool(["local", "up", "--version", "0.6.43"]).expect(
            2, what: "port", why: "", remedy: "")
        #expect(try scene.revision == nil)
        withExtendedLifetime(stranger) {}
    }
}
