import Testing
import UpgradeCore

@testable import Backends

@Suite struct `What speaks against the upgrade of a group` {
    private static func sound() throws -> LocalFindings {
        let group = LocalGroup(name: "chat", command: "run {version} --port {port}", ports: [8081, 8082, 8083, 8084])
        return LocalFindings(
            group: group, template: try CommandTemplate(group.command),
            settings: [
                "chat": [
                    "WEBUI_SECRET_KEY": "k", "DATA_DIR": "/srv/data", "DATABASE_URL": "postgres://u:p@h/db",
                ]
            ], replicas: ["chat": 3], freeBytes: 100 << 30)
    }

    @Test func `is nothing in a sound group`() throws {
        #expect(try Self.sound().all.isEmpty)
    }

    @Test(
        arguments: [
            Defect("log everyone out") { $0.settings["chat"]?["WEBUI_SECRET_KEY"] = nil },
            Defect("log everyone out") { $0.settings["chat"]?["WEBUI_SECRET_KEY"] = "" },
            Defect("lose uploads") { $0.settings["chat"]?["DATA_DIR"] = nil },
            Defect("told from others") { $0.settings["chat"]?["DATABASE_URL"]? += "?application_name=chat" },
            Defect("told from others") { $0.settings["chat"]?["PGOPTIONS"] = "-c application_name=chat" },
            Defect("same version whatever") { $0.template = try CommandTemplate("run {port}") },
            Defect("port of its own") { $0.template = try CommandTemplate("run {version}") },
            Defect("workers cannot be reduced") {
                $0.template = try CommandTemplate("run {version} {port} --workers 4")
            },
            Defect("workers cannot be reduced") { $0.settings["chat"]?["WEB_CONCURRENCY"] = "2" },
            Defect("more instances than ports") { $0.replicas["chat"] = 5 },
            Defect("no free port") { $0.takenPorts = [8082: "process 7 (nginx)", 8083: Optional<String>.none] },
            Defect("uses SQLite") { $0.settings["chat"]?["DATABASE_URL"] = nil },
            Defect("uses SQLite") { $0.settings["chat"]?["DATABASE_URL"] = "sqlite:////srv/webui.db" },
            Defect("uses MariaDB") { $0.settings["chat"]?["DATABASE_URL"] = "mysql+pymysql://h/db" },
            Defect("does not know") { $0.settings["chat"]?["DATABASE_URL"] = "oracle://h/db" },
            Defect("killed without time") { $0.group.stopGrace = 0 },
            Defect("cannot be written") { $0.logsObjection = "read-only file system" },
            Defect("nearly full") { $0.freeBytes = 1 << 20 },
        ] as [Defect<LocalFindings>])
    func `refuses it`(defect: Defect<LocalFindings>) throws {
        var findings = try Self.sound()
        try defect.spoil(&findings)
        let refusals = findings.all.filter(\.refuses).map(\.fault)
        #expect(refusals.count == 1)
        #expect(refusals.first?.what.contains(defect.name) == true)
        #expect(refusals.first?.kind == .refused || refusals.first?.kind == .failed)
        #expect(refusals.first?.remedy.isEmpty == false)
    }

    @Test(
        arguments: [
            Defect("nearly full") { $0.freeBytes = 500 << 20 },
            Defect("no spare port") { $0.replicas["chat"] = 4 },
            Defect("depends on where") { $0.settings["chat"]?["DATA_DIR"] = "data" },
        ] as [Defect<LocalFindings>])
    func `may be advice alone`(defect: Defect<LocalFindings>) throws {
        var findings = try Self.sound()
        try defect.spoil(&findings)
        #expect(findings.all.map(\.refuses) == [false])
        #expect(findings.all.first?.fault.what.contains(defect.name) == true)
    }

    @Test(
        arguments: [
            Defect("a key in a file") {
                $0.settings["chat"]?["WEBUI_SECRET_KEY"] = nil
                $0.settings["chat"]?["WEBUI_SECRET_KEY_FILE"] = "/k"
            },
            Defect("one worker") { $0.template = try CommandTemplate("run {version} {port} --workers 1") },
            Defect("a program that tells uvicorn its workers") {
                $0.template = try CommandTemplate("open-webui-{version} serve {port}")
                $0.settings["chat"]?["WEB_CONCURRENCY"] = "4"
            },
            Defect("a database in parts") {
                $0.settings["chat"]?["DATABASE_URL"] = nil
                for name in ["USER", "HOST", "PORT", "NAME"] { $0.settings["chat"]?["DATABASE_\(name)"] = "x" }
                $0.settings["chat"]?["DATABASE_TYPE"] = "postgresql"
            },
        ] as [Defect<LocalFindings>])
    func `is nothing where the same is said in another way`(defect: Defect<LocalFindings>) throws {
        var findings = try Self.sound()
        try defect.spoil(&findings)
        #expect(findings.all.isEmpty)
    }

    @Test func `is looked for in a companion too`() throws {
        var findings = try Self.sound()
        findings.settings["tools"] = ["DATABASE_URL": "postgres://h/db"]
        #expect(findings.all.filter(\.refuses).map { $0.fault.what.contains("tools") } == [true, true])
    }

    @Test func `is read off a real group`() async throws {
        try await LocalSite.with { site in
            let backend = try site.backend()
            try await backend.apply(.chat("1.0.0", 2))
            #expect(try await backend.findings(for: Plan(target: "2.0.0")).isEmpty)
            try site.write("\(site.folder)/file", "")
            site.group.logs = "file/logs"
            #expect(try await site.backend().findings(for: Plan(target: "2.0.0")).map(\.refuses) == [true])
        }
    }

    @Test func `counts the replicas that the plan asks for`() async throws {
        try await LocalSite.with(ports: LocalSite.freePorts(3)) { site in
            let backend = try site.backend()
            try await backend.apply(.chat("1.0.0", 2))
            func refusals(_ replicas: Int) async throws -> [String] {
                try await backend.findings(for: Plan(target: "2.0.0", replicas: replicas)).filter(\.refuses)
                    .map(\.fault.why)
            }
            #expect(try await refusals(4) == ["4 instances, 3 ports"])
            #expect(try await refusals(3) == [])
            #expect(try await refusals(1) == [])
        }
    }

    @Test func `holds a port of the list that a stranger has`() async throws {
        try await LocalSite.with(ports: LocalSite.freePorts(2)) { site in
            let port = try #require(site.group.ports.ports.last)
            let backend = try site.backend()
            try await backend.apply(.chat("1.0.0", 1))
            let listener = try #require(Listener(port: port))
            #expect(try await backend.findings(for: Plan(target: "2.0.0")).filter(\.refuses).isEmpty)
            try await backend.apply(.chat("1.0.0", 0))
            #expect(try await look(at: backend) { $0.living.isEmpty } != nil)
            let faults = try await backend.findings(replicas: ["chat": 2]).filter(\.refuses).map(\.fault)
            #expect(faults.map { $0.why.contains("\(port) is in use by process") } == [true])
            withExtendedLifetime(listener) {}
        }
    }
}
