import FoundationEssentials
import Testing
import UpgradeCore

@testable import Backends

/// A service as a manager tells of it.
private func service(
    _ name: String, _ image: String = "ghcr.io/open-webui/open-webui:v0.6.43", _ variables: [String] = [],
    mode: String = #"{"Replicated": {"Replicas": 2}}"#, _ more: String = ""
) throws -> EngineService {
    let list = variables.map { #""\#($0)""# }.joined(separator: ", ")
    let text = #"""
        {"ID": "id-\#(name)", "Version": {"Index": 1}, "Spec": {"Name": "\#(name)", "Mode": \#(mode), "TaskTemplate":
        {"ContainerSpec": {"Image": "\#(image)", "Env": [\#(list)]}}\#(more)}}
        """#
    return try #require(EngineService(try JSONDecoder().decode(EngineValue.self, from: Data(text.utf8))))
}

@Suite struct `Of the services of a swarm` {
    private let shared = "DATABASE_URL=postgresql://u:p@db/chat"

    @Test func `the one is chosen that is Open WebUI by its image`() throws {
        let choice = try SwarmChoice([try service("db", "postgres:15"), try service("chat_web")])
        #expect(choice.all == ["chat_web"])
    }

    @Test func `those on the same database are companions of the one that migrates`() throws {
        let services = [
            try service("pool", "ghcr.io/open-webui/open-webui:v0.6.43", [shared, "ENABLE_DB_MIGRATIONS=False"]),
            try service("web", "ghcr.io/open-webui/open-webui:v0.6.43", [shared]),
        ]
        let choice = try SwarmChoice(services)
        #expect(choice.main == "web")
        #expect(choice.companions == ["pool"])
        #expect(try SwarmChoice(services, wish: "id-pool").main == "pool")
    }

    @Test func `one must be named where they are installations of their own`() throws {
        let services = [try service("one"), try service("two")]
        let fault = #expect(throws: Fault.self) { try SwarmChoice(services) }
        #expect(fault?.kind == .refused)
        #expect(fault?.remedy.contains("--swarm one") == true)
        #expect(try SwarmChoice(services, wish: "two").all == ["two"])
    }

    @Test func `none is taken that is not there, nor one that brings an image to nodes`() throws {
        let web = try service("web")
        var fetch = try service("owui-upgrade-fetch-1")
        fetch.spec = web.fetch(of: web.image, named: "owui-upgrade-fetch-1")
        #expect(try SwarmChoice([web, fetch]).all == ["web"])
        #expect(throws: Fault.self) { try SwarmChoice([fetch]) }
        let fault = #expect(throws: Fault.self) { try SwarmChoice([web], wish: "wbe") }
        #expect(fault?.kind == .missing)
        #expect(fault?.why.contains("web") == true)
    }

    @Test(arguments: ["Global", "GlobalJob"]) func `one that is not replicated is refused`(mode: String) throws {
        let web = try service("web", mode: #"{"\#(mode)": {}}"#)
        let fault = #expect(throws: Fault.self) { try SwarmChoice([web]) }
        #expect(fault?.kind == .refused)
        #expect(fault?.remedy.contains("--mode replicated") == true)
    }
}

@Suite struct `Before an upgrade of a service` {
    private func node(_ id: String, state: String = "ready", availability: String = "active") throws -> EngineNode {
        let text = #"""
            {"ID": "\#(id)", "Status": {"State": "\#(state)", "Addr": "10.1.2.3"}, "Description": {"Hostname": "host-\#(id)",
            "Platform": {"Architecture": "x86_64", "OS": "linux"}, "Engine": {"Labels": {"rack": "A"}}},
            "Spec": {"Availability": "\#(availability)", "Role": "worker", "Labels": {"disk": "fast"}}}
            """#
        return try #require(EngineNode(try JSONDecoder().decode(EngineValue.self, from: Data(text.utf8))))
    }

    /// What is found where the service has a key, and a folder that all nodes share for its data.
    private func findings(_ service: EngineService, _ nodes: [EngineNode]) -> [Finding] {
        var service = service
        let spec = service.spec["TaskTemplate"]["ContainerSpec"]
        service.spec["TaskTemplate"]["ContainerSpec"]["Env"] = .list(
            spec["Env"].list + [.text("WEBUI_SECRET_KEY=k")])
        let data = EngineValue.object([
            "Type": .text("bind"), "Source": .text("/srv"), "Target": .text("/app/backend/data"),
        ])
        if spec["Mounts"].list.isEmpty { service.spec["TaskTemplate"]["ContainerSpec"]["Mounts"] = .list([data]) }
        return all(service, nodes)
    }

    private func all(_ service: EngineService, _ nodes: [EngineNode]) -> [Finding] {
        SwarmLook(
            services: [service], tasks: [], nodes: Dictionary(nodes.map { ($0.id, $0) }) { $1 }, containers: [:],
            gateways: [:]
        ).findings(service, for: Plan(target: "v0.12.4"))
    }

    @Test func `nothing is found where nothing is wrong`() throws {
        #expect(findings(try service("web"), [try node("a"), try node("b")]).isEmpty)
    }

    @Test(arguments: [
        (["PGAPPNAME=chat"], "[]", "could not be told from others"),
        (["DATABASE_URL=postgresql://u:p@db/chat?application_name=x"], "[]", "could not be told from others"),
        (["WEB_CONCURRENCY=4"], #"["uvicorn", "open_webui.main:app"]"#, "cannot be reduced"),
        ([], #"["uvicorn", "open_webui.main:app", "--workers", "4"]"#, "cannot be reduced"),
    ])
    func `settings are refused with which several would migrate`(
        variables: [String], command: String, words: String
    ) throws {
        var web = try service("web", "ghcr.io/open-webui/open-webui:v0.6.43", variables)
        web.spec["TaskTemplate"]["ContainerSpec"]["Command"] = try JSONDecoder().decode(
            EngineValue.self, from: Data(command.utf8))
        let found = findings(web, [try node("a")])
        #expect(found.map(\.refuses) == [true])
        #expect(found.first?.fault.what.contains(words) == true, "\(found)")
    }

    @Test func `what goes with a task is told, and a key that does is refused`() throws {
        let found = all(try service("web"), [try node("a")])
        #expect(found.map(\.refuses) == [true, false])
        #expect(
            found.map(\.fault.what) == [
                "An upgrade of web would log everyone out.", "Uploads of web go with each task that ends.",
            ])
        #expect(
            all(try service("web", "chat:v1", ["WEBUI_SECRET_KEY_FILE=/k", "STORAGE_PROVIDER=s3"]), [try node("a")])
                .isEmpty)
    }

    @Test func `tasks that nobody checks are refused where several nodes may run them`() throws {
        var web = try service("web")
        web.spec["TaskTemplate"]["ContainerSpec"]["Healthcheck"] = .object(["Test": .list([.text("NONE")])])
        #expect(findings(web, [try node("a")]).isEmpty)
        #expect(findings(web, [try node("a"), try node("b")]).map(\.refuses) == [true])
    }

    @Test func `a second wait is told where places are counted and workers come back`() throws {
        var web = try service("web", "ghcr.io/open-webui/open-webui:v0.6.43", ["UVICORN_WORKERS=4"])
        #expect(findings(web, [try node("a")]).isEmpty)
        web.spec["TaskTemplate"]["Resources"]["Reservations"]["GenericResources"] = .list([.object([:])])
        #expect(findings(web, [try node("a")]).map(\.refuses) == [false])
        web.spec["TaskTemplate"]["ContainerSpec"]["Env"] = .list([.text("UVICORN_WORKERS=1")])
        #expect(findings(web, [try node("a")]).isEmpty)
    }

    @Test(arguments: [
        ("null", #"{"Test": ["CMD", "true"]}"#, 90), ("{}", #"{"Test": ["CMD", "true"], "Interval": 5000000000}"#, 15),
        (#"{"StartPeriod": 600000000000, "Retries": 2}"#, #"{"Test": ["CMD", "true"]}"#, 660),
        (#"{"StartPeriod": 7200000000000}"#, #"{"Test": ["CMD", "true"]}"#, nil),
        (#"{"Test": ["NONE"]}"#, #"{"Test": ["CMD", "true"]}"#, nil), ("null", "null", nil),
    ])
    func `a task has as long to become healthy as service and image say`(
        service: String, image: String, window: Int?
    ) throws {
        let read = { try JSONDecoder().decode(EngineValue.self, from: Data(($0 as String).utf8)) }
        #expect(HealthCheck(try read(service), of: try read(image))?.window == window)
    }

    @Test func `a node has the address by which managers know it`() throws {
        let text = #"{"ID": "a", "Status": {"Addr": "0.0.0.0"}, "ManagerStatus": {"Addr": "[fd00::3]:2377"}}"#
        #expect(EngineNode(try JSONDecoder().decode(EngineValue.self, from: Data(text.utf8)))?.address == "fd00::3")
        let worker = #"{"ID": "a", "Status": {"Addr": "0.0.0.0"}}"#
        #expect(EngineNode(try JSONDecoder().decode(EngineValue.self, from: Data(worker.utf8)))?.address == "")
    }

    @Test func `of a stack's file is told, because this tool does not write it`() throws {
        var web = try service("web")
        web.spec["Labels"]["com.docker.stack.namespace"] = .text("chat")
        let found = findings(web, [try node("a")])
        #expect(found.map(\.refuses) == [false])
        #expect(found.first?.fault.what.contains("stack chat") == true)
        let line = "`image: ghcr.io/open-webui/open-webui:v0.12.4`"
        #expect(found.first?.fault.remedy.contains(line) == true)
        #expect(found.first?.afterwards?.contains(line) == true)
        #expect(found.first?.takenBack?.contains("`image: ghcr.io/open-webui/open-webui:v0.6.43`") == true)
    }

    @Test func `a volume of each node's own is refused where several nodes may run it`() throws {
        var web = try service("web")
        web.spec["TaskTemplate"]["ContainerSpec"]["Mounts"] = .list([
            .object(["Type": .text("volume"), "Source": .text("data"), "Target": .text("/app/backend/data")])
        ])
        #expect(findings(web, [try node("a")]).isEmpty)
        let found = findings(web, [try node("a"), try node("b")])
        #expect(found.map(\.refuses) == [true])
        #expect(found.first?.fault.remedy.contains("--constraint-add node.hostname==") == true)
        web.spec["TaskTemplate"]["Placement"]["Constraints"] = .list([.text("node.hostname == host-a")])
        #expect(findings(web, [try node("a"), try node("b")]).isEmpty)
    }

    @Test(arguments: [("down", "active"), ("ready", "drain"), ("ready", "pause")])
    func `no node for it is refused`(state: String, availability: String) throws {
        let found = findings(try service("web"), [try node("a", state: state, availability: availability)])
        #expect(found.map(\.refuses) == [true])
        #expect(found.first?.fault.remedy.contains("docker node ls") == true)
    }

    @Test func `a node that is down is told, where others may run it`() throws {
        #expect(findings(try service("web"), [try node("a"), try node("b", state: "down")]).map(\.refuses) == [false])
    }

    @Test func `an image is awaited where the swarm wants it, and on no other node`() throws {
        func task(_ node: String, _ state: String, _ error: String = "") throws -> EngineTask {
            let text = #"{"ID": "t", "NodeID": "\#(node)", "Status": {"State": "\#(state)", "Err": "\#(error)"}}"#
            return try #require(EngineTask(try JSONDecoder().decode(EngineValue.self, from: Data(text.utf8))))
        }
        let nodes = [try node("a"), try node("b"), try node("c"), try node("d")]
        let tasks = [
            try task("a", "complete"), try task("b", "preparing"),
            try task("c", "pending", "no suitable node (unsupported platform on 1 node)"),
        ]
        let early = nodes.left(by: tasks, after: .seconds(1))
        #expect(early.map(\.id) == ["b", "c", "d"])
        #expect(nodes.left(by: tasks, after: [EngineNode].placing.others).map(\.id) == ["b"])
        #expect(nodes.left(by: [], after: [EngineNode].placing.others).count == 4)
        #expect(nodes.left(by: [], after: [EngineNode].placing.first).isEmpty)
    }

    @Test func `more replicas than there are ports of nodes are refused`() throws {
        var web = try service("web")
        web.spec["EndpointSpec"]["Ports"] = .list([
            .object(["PublishMode": .text("host"), "PublishedPort": .integer(80), "TargetPort": .integer(8080)])
        ])
        #expect(findings(web, [try node("a")]).map(\.refuses) == [true])
        #expect(findings(web, [try node("a"), try node("b")]).isEmpty)
    }

    @Test(arguments: [
        ("node.id==a", true), ("node.hostname != host-a", false), ("node.role==manager", false),
        ("node.labels.disk == fast", true), ("node.labels.disk==slow", false), ("engine.labels.os==any", false),
        ("engine.labels.rack==a", true), ("engine.labels.rack!=A", false), ("engine.labels.other != A", true),
        ("node.platform.os==linux", true), ("node.platform.os==windows", false),
        ("node.platform.arch==x86_64", true), ("node.platform.arch == amd64", true),
        ("node.platform.arch != aarch64", true), ("node.platform.arch==arm64", false),
        ("node.ip==10.1.2.3", true), ("node.ip!=10.1.2.3", false), ("node.ip == 10.1.0.0/16", true),
        ("node.ip==10.2.0.0/15", false), ("node.ip!=2001:db8::/32", true), ("node.ip==nothing", false),
        ("node.new==thing", true),
    ])
    func `constraints are judged as the swarm does`(constraint: String, mayRun: Bool) throws {
        var web = try service("web")
        web.spec["TaskTemplate"]["Placement"]["Constraints"] = .list([.text(constraint)])
        #expect(web.mayRun(on: try node("a")) == mayRun)
    }

    @Test(arguments: [
        ("amd64", "linux", true), ("arm64", "linux", false), ("", "linux", true), ("amd64", "windows", false),
    ])
    func `a node of another platform than the image's is none for it`(
        architecture: String, os: String, mayRun: Bool
    ) throws {
        var web = try service("web")
        let platform = EngineValue.object(["Architecture": .text(architecture), "OS": .text(os)])
        web.spec["TaskTemplate"]["Placement"]["Platforms"] = .list([platform])
        #expect(web.mayRun(on: try node("a")) == mayRun)
        // The job that brings the image goes where the service goes.
        #expect(web.fetch(of: "chat:v2", named: "f")["TaskTemplate"]["Placement"]["Platforms"] == .list([platform]))
    }
}
