import Testing
import UpgradeCore

@testable import Backends

@Suite struct `What speaks against the upgrade of a Compose project` {
    private static let old = "ghcr.io/open-webui/open-webui:v0.6.43"
    private static let new = "ghcr.io/open-webui/open-webui:v0.12.4"

    /// A sound project whose service has these entries too.
    private static func web(_ more: String = "", environment: String = "", mounts: String = "") -> String {
        """
        {"image": "\(old)", "deploy": {"replicas": 3}, "environment": {"DATABASE_URL": "postgresql://u:p@db/chat",
        "WEBUI_SECRET_KEY": "k"\(environment)}, "volumes": [{"type": "volume", "source": "data",
        "target": "/app/backend/data"}\(mounts)]\(more)}
        """
    }

    private static func sound(_ web: String = web(), _ others: [String: String] = [:]) throws -> ComposeFindings {
        let config = try ComposeConfig.of(others.merging(["web": web]) { $1 })
        let containers = (1...3).map {
            ComposeContainer(
                service: "web", name: "chat-web-\($0)", image: old, configHash: "h", composeVersion: "2.26.1")
        }
        return ComposeFindings(
            config: config, choice: try ComposeChoice(config, wish: "web"), containers: containers,
            replicas: ["web": 3], hashes: ["web": "h"], composeVersion: "2.26.1-4")
    }

    @Test func `is nothing in a sound project`() throws {
        #expect(try Self.sound().all.isEmpty)
        let usual = """
            , "restart": "always", "healthcheck": {"test": ["CMD", "true"]}, "depends_on": {"db": {"condition":
            "service_healthy"}}, "ports": [{"target": 8080, "published": "3000-3002"}, {"target": 9000}]
            """
        #expect(try Self.sound(Self.web(usual, environment: ", \"UVICORN_WORKERS\": \"4\"")).all.isEmpty)
    }

    @Test(
        arguments: [
            (web(", \"container_name\": \"chat\""), "cannot have 3 instances"),
            (web(", \"ports\": [{\"target\": 8080, \"published\": \"3000\"}]"), "cannot have 3 instances on the ports"),
            (web(", \"ports\": [{\"target\": 8080, \"published\": \"3000-3001\"}]"), "room for 2"),
            (web(", \"network_mode\": \"host\""), "network_mode is host"),
            (web(mounts: ", {\"type\": \"volume\", \"target\": \"/cache\"}"), "would lose what is in /cache"),
            (web().replacing("/app/backend/data", with: "/elsewhere"), "would lose uploads"),
            (web().replacing("WEBUI_SECRET_KEY", with: "OTHER"), "would log everyone out"),
            (web().replacing("DATABASE_URL", with: "OTHER"), "uses SQLite"),
            (web(", \"command\": [\"uvicorn\", \"--workers\", \"4\"]"), "cannot be reduced"),
            (web(", \"entrypoint\": [\"uvicorn\", \"--workers=4\"]"), "cannot be reduced"),
            (web(", \"stop_grace_period\": \"5m0s\""), "it may take 300 s, and the plan's deadlines.stop is 180 s"),
            (web(environment: ", \"PGOPTIONS\": \"-c application_name=x\""), "could not be told from others"),
            (web().replacing("@db/chat", with: "@db/chat?application_name=x"), "DATABASE_URL gives them"),
            (web(", \"command\": [\"uvicorn\"]", environment: ", \"WEB_CONCURRENCY\": \"2\""), "cannot be reduced"),
            (
                web().replacing("\"replicas\": 3", with: "\"mode\": \"global\", \"replicas\": 3"),
                "deploy.mode is global"
            ),
        ])
    func `refuses it`(service: String, words: String) throws {
        let refusals = try Self.sound(service).all.filter(\.refuses).map(\.fault)
        #expect(refusals.count == 1)
        let said = "\(refusals.first?.what ?? "") \(refusals.first?.why ?? "")"
        #expect(said.contains(words))
        #expect(refusals.first?.remedy.isEmpty == false)
    }

    @Test(
        arguments: [
            (web(", \"pull_policy\": \"always\""), "pulls the image of web anew"),
            (web(", \"build\": {\"context\": \".\"}"), "can be built here"),
            (web(", \"develop\": {\"watch\": [{\"path\": \".\"}]}"), "`develop` section"),
            (
                web().replacing("\"replicas\": 3", with: "\"replicas\": 2"),
                "is to have 3 instances, and its file says 2"
            ),
            (
                web(", \"depends_on\": {\"job\": {\"condition\": \"service_completed_successfully\"}}"),
                "job runs again"
            ),
        ])
    func `is only told`(service: String, words: String) throws {
        let findings = try Self.sound(service, ["job": "{\"image\": \"busybox\"}"]).all
        #expect(findings.count == 1 && findings.first?.refuses == false)
        #expect(findings.first?.fault.what.contains(words) == true)
    }

    @Test func `refuses it where an image decides how many workers there are`() throws {
        for (workers, refusals) in [("4", 1), ("1", 0), ("", 0)] {
            var findings = try Self.sound()
            findings.containers[1].environment = ["UVICORN_WORKERS": workers]
            #expect(findings.all.filter(\.refuses).count == refusals)
            // What the file says counts.
            findings = try Self.sound(Self.web(environment: ", \"UVICORN_WORKERS\": \"\(workers)\""))
            findings.containers[1].environment = ["UVICORN_WORKERS": workers]
            #expect(findings.all.isEmpty)
        }
        var findings = try Self.sound()
        findings.containers[1].command = ["uvicorn", "open_webui.main:app", "--workers", "4"]
        #expect(findings.all.map(\.refuses) == [true])
        findings.containers[1].command = ["bash", "start.sh"]
        findings.containers[1].environment = ["WEB_CONCURRENCY": "4"]
        #expect(findings.all.isEmpty)
    }

    @Test func `refuses it where another container of the project runs Open WebUI as well`() throws {
        var findings = try Self.sound()
        findings.others = [ComposeContainer(service: "pool", name: "chat-pool-1", image: Self.old)]
        #expect(findings.all.map(\.refuses) == [true])
        #expect(findings.all.first?.fault.remedy.contains("`docker rm --force chat-pool-1`") == true)
    }

    @Test func `refuses it where the target runs and the files say another image`() throws {
        var findings = try Self.sound()
        let line = VersionEdit.Line(
            file: "/srv/.env", number: 3, at: 9, key: "OWUI_TAG=", before: "v0.6.43", after: "v0.12.4")
        findings.edit = .success(
            VersionEdit(lines: [line], images: ["web": VersionEdit.Images(before: Self.old, after: Self.new)]))
        #expect(findings.all.isEmpty)
        for index in findings.containers.indices { findings.containers[index].image = Self.new }
        #expect(findings.all.map(\.refuses) == [true])
        #expect(findings.all.first?.fault.remedy.contains("line 3 of /srv/.env") == true)
    }

    @Test func `is nothing where what it could wait for is not there`() throws {
        let waiting = ", \"depends_on\": {\"ollama\": {\"condition\": \"service_started\", \"required\": false}}"
        let config = try ComposeConfig.of(["web": Self.web(waiting)])
        #expect(config.dependencies(of: "web").isEmpty)
        #expect(config.tree["services"]?["web"]?["depends_on"] == nil)
        let there = try ComposeConfig.of(["web": Self.web(waiting), "ollama": "{\"image\": \"ollama/ollama\"}"])
        #expect(there.dependencies(of: "web") == ["ollama"])
        #expect(try Self.sound(Self.web(waiting)).all.isEmpty)
    }

    @Test func `is told of what waits for the service, and refused where it waits for a companion`() throws {
        let proxy = "{\"image\": \"nginx\", \"depends_on\": {\"web\": {\"condition\": \"service_healthy\"}}}"
        #expect(
            try Self.sound(Self.web(), ["nginx": proxy]).all.map(\.fault.what) == ["nginx waits for web to be healthy."]
        )
        let pool = Self.web(environment: ", \"ENABLE_DB_MIGRATIONS\": \"False\"")
        var findings = try Self.sound(Self.web(", \"depends_on\": {\"pool\": {}}"), ["pool": pool])
        #expect(findings.choice.companions == ["pool"])
        #expect(findings.all.filter(\.refuses).map(\.fault.what) == ["web cannot start while pool does not run."])
        findings = try Self.sound(Self.web(), ["pool": pool])
        #expect(findings.all.isEmpty)
    }

    @Test func `is one instance of a fixed name and port well enough`() throws {
        let one = Self.web(", \"container_name\": \"chat\", \"ports\": [{\"target\": 8080, \"published\": \"3000\"}]")
            .replacing("\"replicas\": 3", with: "\"replicas\": 1")
        var findings = try Self.sound(one)
        findings.replicas = ["web": 1]
        findings.containers.removeLast(2)
        #expect(findings.all.isEmpty)
    }

    @Test func `is that one instance is made anew for its settings after it has migrated`() throws {
        for environment in [", \"UVICORN_WORKERS\": \"4\"", ", \"ENABLE_DB_MIGRATIONS\": \"False\""] {
            var findings = try Self.sound(Self.web(environment: environment))
            #expect(findings.all.isEmpty)
            findings = try Self.sound(
                Self.web(environment: environment).replacing("\"replicas\": 3", with: "\"replicas\": 1"))
            findings.replicas = ["web": 1]
            findings.containers.removeLast(2)
            #expect(findings.all == [Finding(refuses: false, fault: .downTwice("web"))])
        }
    }

    @Test func `refuses it where the containers were made in another folder`() throws {
        var findings = try Self.sound()
        findings.directory = "/srv/chat"
        for index in findings.containers.indices { findings.containers[index].directory = "/srv/chat" }
        #expect(findings.all.isEmpty)
        findings.containers[2].directory = "/srv/other"
        let other = Fault.otherFolder("chat-web-3", "/srv/other", here: "/srv/chat", services: ["web"])
        #expect(findings.all == [Finding(refuses: true, fault: other)])
    }

    @Test func `is that other numbers run than the file says`() throws {
        var findings = try Self.sound()
        findings.containers.removeLast()
        #expect(findings.all.map(\.fault.what) == ["2 instances of web run, and its file says 3."])
    }

    @Test func `is that a container has a volume without a name from its image`() throws {
        var findings = try Self.sound()
        findings.containers[0].anonymousVolumes = ["/var/lib/thing"]
        #expect(findings.all.map(\.refuses) == [true])
    }

    @Test(arguments: [("2.26.1", true), ("2.24.0", false)])
    func `is that somebody edited the file since`(version: String, refuses: Bool) throws {
        var findings = try Self.sound()
        for index in findings.containers.indices { findings.containers[index].composeVersion = version }
        findings.containers[1].configHash = "other"
        #expect(findings.all.map(\.refuses) == [refuses])
        #expect(findings.all.first?.fault.why.hasPrefix("chat-web-2: ") == true)
    }

    @Test func `is that the version cannot be written, or is written already`() throws {
        var findings = try Self.sound()
        findings.edit = .failure(.onlyBuilt("web"))
        #expect(findings.all == [Finding(refuses: true, fault: .onlyBuilt("web"))])
        let images = { (before: String) in ["web": VersionEdit.Images(before: before, after: Self.new)] }
        findings.edit = .success(VersionEdit(lines: [], images: images(Self.old)))
        #expect(findings.all.isEmpty)
        findings.edit = .success(VersionEdit(lines: [], images: images(Self.new)))
        #expect(findings.all == [Finding(refuses: false, fault: .alreadyWritten("web", Self.new, running: Self.old))])
    }
}
