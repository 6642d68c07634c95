import FoundationEssentials
import Testing
import UpgradeCore

@testable import Backends

@Suite struct `A Compose project` {
    private static let chat = "services:\n  web:\n    image: ghcr.io/open-webui/open-webui:v0.6.43\n"

    private static func image(_ tag: String) -> String {
        "services:\n  web:\n    image: ghcr.io/open-webui/open-webui:\(tag)\n"
    }

    @Test func `is found by the first of Compose's own names, with its override`() async throws {
        let folder = try ComposeFolder([
            "compose.yml": Self.chat, "docker-compose.yml": "services: {old: {image: busybox}}",
            "docker-compose.override.yml": Self.image("v0.6.44"), "compose.override.yaml": Self.image("v0.6.45"),
        ])
        let project = try await folder.find()
        #expect(project.files == ["\(folder.path)/compose.yml", "\(folder.path)/compose.override.yaml"])
        #expect(project.config.services["web"]?.image == "ghcr.io/open-webui/open-webui:v0.6.45")
        #expect(project.directory == folder.path)
        #expect("/tmp/" + project.name == folder.path)
    }

    @Test func `is found from a folder below it`() async throws {
        let folder = try ComposeFolder(["docker-compose.yaml": Self.chat, "a/b/note.txt": "", ".env": "X=1\n"])
        let project = try await folder.find { $0.folder += "/a/b" }
        #expect(project.files == ["\(folder.path)/docker-compose.yaml"])
        #expect(project.variableFiles == ["\(folder.path)/.env"])
    }

    @Test func `is made of the files that are named, in their order`() async throws {
        let folder = try ComposeFolder(["a/base.yaml": Self.chat, "b/more.yaml": Self.image("v0.7.0")])
        let project = try await folder.find { $0.files = ["a/base.yaml", "./b/../b/more.yaml"] }
        #expect(project.files == ["\(folder.path)/a/base.yaml", "\(folder.path)/b/more.yaml"])
        #expect(project.directory == "\(folder.path)/a")
        #expect(project.name == "a")
        #expect(project.config.services["web"]?.image?.hasSuffix("v0.7.0") == true)
    }

    @Test func `is made of the files that COMPOSE_FILE lists in the environment or in .env`() async throws {
        let files = ["one.yaml": Self.chat, "two.yaml": Self.image("v0.7.0")]
        let folder = try ComposeFolder(files, adding: ["COMPOSE_FILE": "one.yaml:two.yaml"])
        #expect(try await folder.find().files == ["\(folder.path)/one.yaml", "\(folder.path)/two.yaml"])
        let other = try ComposeFolder(
            files.merging([".env": "COMPOSE_PATH_SEPARATOR=;\nCOMPOSE_FILE='one.yaml;two.yaml'\n"]) { $1 })
        let project = try await ComposeProject.find(
            ComposeWishes(folder: other.path), tool: ComposeTool(), permit: .always)
        #expect(project.files == ["\(other.path)/one.yaml", "\(other.path)/two.yaml"])
    }

    @Test func `bears the name that is asked for, or that its files or the environment give it`() async throws {
        let folder = try ComposeFolder(["compose.yaml": "name: written\n" + Self.chat, ".env": "OTHER=1\n"])
        #expect(try await folder.find().name == "written")
        #expect(try await folder.find { $0.projectName = "asked" }.name == "asked")
        let set = try ComposeFolder(["compose.yaml": Self.chat], adding: ["COMPOSE_PROJECT_NAME": "from-outside"])
        #expect(try await set.find().name == "from-outside")
    }

    @Test func `is read as from its own folder, wherever this process runs`() async throws {
        let text = Self.chat + "    environment: {HERE: '${PWD}/x', HOME_OF: '${OWUI_TEST_SET}'}\n"
        let folder = try ComposeFolder(["compose.yaml": text], adding: ["OWUI_TEST_SET": "set"])
        let service = try #require(try await folder.find().config.services["web"])
        #expect(service.setting("HERE") == "\(folder.path)/x")
        #expect(service.setting("HOME_OF") == "set")
    }

    @Test func `has the services of the profiles that are asked for`() async throws {
        let text = Self.chat + "  extra:\n    image: busybox\n    profiles: [more]\n"
        let folder = try ComposeFolder(["compose.yaml": text])
        #expect(try await folder.find().config.services.keys.sorted() == ["web"])
        let project = try await folder.find { $0.profiles = ["more"] }
        #expect(project.config.services.keys.sorted() == ["extra", "web"])
        #expect(project.config.services["extra"]?.profiles == ["more"])
    }

    @Test func `takes its variables from the env files that are named`() async throws {
        let folder = try ComposeFolder([
            "compose.yaml": Self.image("${TAG:-none}"), "a.env": "TAG=v1.0.0\n", "b.env": "TAG=v2.0.0\n",
            ".env": "TAG=no",
        ])
        let project = try await folder.find { $0.envFiles = ["a.env", "b.env"] }
        #expect(project.config.services["web"]?.image?.hasSuffix("v2.0.0") == true)
        #expect(project.variableFiles == ["\(folder.path)/a.env", "\(folder.path)/b.env"])
        #expect(project.command(["ps"]).envFiles == project.variableFiles)
        let written = try await project.readWritten(permit: .always)
        #expect(written.services["web"]?.image?.hasSuffix("${TAG:-none}") == true)
        #expect(try await folder.find().config.services["web"]?.image?.hasSuffix(":no") == true)
    }

    @Test func `is found again by the labels of its containers`() async throws {
        let folder = try ComposeFolder(["a/base.yaml": Self.chat, "more.yaml": Self.image("v0.7.0"), "x.env": "A=1\n"])
        let wishes = try #require(
            ComposeWishes(labels: [
                "com.docker.compose.project": "chat", "com.docker.compose.project.working_dir": folder.path,
                "com.docker.compose.project.config_files": "\(folder.path)/a/base.yaml,\(folder.path)/more.yaml",
                "com.docker.compose.project.environment_file": "\(folder.path)/x.env",
            ]))
        let project = try await ComposeProject.find(wishes, tool: folder.tool, permit: .always)
        #expect(project.name == "chat")
        #expect(project.directory == folder.path)
        #expect(project.files.count == 2)
        #expect(project.envFiles == ["\(folder.path)/x.env"])
        #expect(ComposeWishes(labels: ["com.docker.compose.project": "chat"]) == nil)
    }

    @Test func `is refused where there is none, or where it cannot be written`() async throws {
        let folder = try ComposeFolder(["note.txt": ""])
        await #expect(throws: Fault.noComposeFile(in: folder.path)) { try await folder.find() }
        await #expect(throws: Fault.noComposeFile(named: "\(folder.path)/gone.yaml")) {
            try await folder.find { $0.files = ["gone.yaml"] }
        }
        await #expect(throws: Fault.composeFileElsewhere("https://host/chat.git")) {
            try await folder.find { $0.files = ["https://host/chat.git"] }
        }
        await #expect(throws: Fault.composeFileElsewhere("-")) { try await folder.find { $0.files = ["-"] } }
    }

    @Test func `is refused in Compose's own words where it cannot read it`() async throws {
        let folder = try ComposeFolder(["compose.yaml": "services:\n  web:\n    imag: x\n"])
        let fault = await #expect(throws: Fault.self) { try await folder.find() }
        #expect(fault?.kind == .failed)
        #expect(fault?.why.contains("services.web Additional property imag is not allowed") == true)
    }

    @Test func `is refused without docker, without its plugin, and with an old one`() async throws {
        let fault = #expect(throws: Fault.self) { try ComposeTool(adding: ["PATH": "/nowhere"]) }
        #expect(fault == .noDocker())
        for (script, words) in [("echo no such command >&2; exit 1", "no such command"), ("echo 1.29.2", "1.29.2")] {
            let folder = try ComposeFolder(["compose.yaml": Self.chat, "docker": "#!/bin/sh\n\(script)\n"])
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(folder.path)/docker")
            let tool = try ComposeTool(adding: ["PATH": "\(folder.path):/usr/bin:/bin"])
            let fault = await #expect(throws: Fault.self) {
                try await ComposeProject.find(ComposeWishes(folder: folder.path), tool: tool, permit: .always)
            }
            #expect(fault?.why.contains(words) == true)
        }
    }

    /// The plugin by itself does the same in half the time, but may be another than the one that docker finds.
    @Test(
        arguments: [(says: nil, isAsked: false), (says: "2.99.0", isAsked: true)] as [(says: String?, isAsked: Bool)])
    func `is asked of docker where its plugin does not say the same version`(
        says version: String?, isAsked: Bool
    ) async throws {
        let version = version.map { "*version*) echo \($0); exit;; " } ?? ""
        let folder = try ComposeFolder(["compose.yaml": Self.chat])
        try folder.write(
            """
            #!/bin/sh
            echo "$@" >>"${0%/*}/calls"
            case "$*" in \(version)esac
            PATH=${PATH#*:} exec docker "$@"

            """, to: "docker")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(folder.path)/docker")
        let rest = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let tool = try ComposeTool(adding: ["PATH": "\(folder.path):\(rest)"])
        _ = try await ComposeProject.find(ComposeWishes(folder: folder.path), tool: tool, permit: .always)
        let calls = try folder.read("calls").split(separator: "\n")
        #expect(calls.first == "compose version")
        #expect(calls.contains { $0.contains("config") } == isAsked, "\(calls)")
    }

    @Test func `is called with all that makes it what it is`() async throws {
        let folder = try ComposeFolder(["compose.yaml": Self.chat, "x.env": "A=1\n"])
        let project = try await folder.find {
            ($0.projectName, $0.envFiles, $0.profiles) = ("chat", ["x.env"], ["a", "b"])
        }
        #expect(
            project.up("web", scale: 3, override: "/run/one.yaml").words == [
                "compose", "--progress", "quiet", "--ansi", "never", "--project-name", "chat", "--project-directory",
                folder.path, "-f", "\(folder.path)/compose.yaml", "-f", "/run/one.yaml", "--env-file",
                "\(folder.path)/x.env", "--profile", "a", "--profile", "b", "up", "-d", "--no-deps", "--no-recreate",
                "--no-build", "--pull", "never", "--scale", "web=3", "web",
            ])
    }

    @Test func `keeps what a service depends on, and starts nothing else`() async throws {
        let folder = try ComposeFolder([
            "compose.yaml": """
            services:
              db: {image: postgres}
              redis: {image: redis, deploy: {replicas: 2}}
              web: {image: open-webui, depends_on: [db, redis]}
              pool: {image: open-webui, depends_on: [web]}
            """
        ])
        let project = try await folder.find()
        let start = ["up", "-d", "--no-recreate", "--no-build", "--pull", "never"]
        #expect(
            project.up("web", scale: 1, running: ["db": 1, "redis": 3, "pool": 0]).verb
                == start + ["--scale", "db=1", "--scale", "redis=3", "--scale", "web=1", "web"])
        #expect(
            project.up("pool", scale: 2, running: ["web": 0]).verb
                == start + ["--scale", "db=1", "--scale", "redis=2", "--scale", "web=0", "--scale", "pool=2", "pool"])
        #expect(project.up("db", scale: 1).verb.contains("--no-deps"))
    }

    @Test func `has the hash of its source's image, whatever image the file names`() async throws {
        let files = ["web.env": "PASSWORD='a$b\"c'\n", "s.txt": "x"]
        let text = """
            services:
              web:
                image: "IMAGE"
                env_file: web.env
                environment: {A: "x$$y", B: "2"}
                ports: ["3000:8080"]
                secrets: [s]
                healthcheck: {test: "true", interval: 1m}
            secrets: {s: {file: ./s.txt}}
            """
        let folder = try ComposeFolder(files.merging(["compose.yaml": text]) { $1 })
        let project = try await folder.find()
        let hash = try await project.hashes(images: ["web": "open-webui:v1"], permit: .always)
        try folder.write(text.replacing("IMAGE", with: "open-webui:v1"), to: "compose.yaml")
        #expect(try await project.hashes(permit: .always) == hash)
        #expect(try await project.hashes(images: ["web": "open-webui:v2"], permit: .always) != hash)
        try folder.write(text.replacing("env_file: web.env", with: "# none"), to: "compose.yaml")
        #expect(try await project.hashes(images: ["web": "open-webui:v1"], permit: .always) != hash)
    }

    @Test func `tells the hash of each service, which an edit changes`() async throws {
        let folder = try ComposeFolder(["compose.yaml": Self.chat])
        let project = try await folder.find()
        let before = try await project.hashes(permit: .always)
        #expect(before["web"]?.count == 64)
        try folder.write(Self.image("v0.7.0"), to: "compose.yaml")
        #expect(try await project.hashes(permit: .always)["web"] != before["web"])
        #expect(try await project.read(permit: .always).differences(from: project.config) == ["services.web.image"])
    }
}

@Suite struct `A service of a Compose project` {
    @Test func `is read with all that an upgrade must know`() async throws {
        let folder = try ComposeFolder([
            "compose.yaml": """
            services:
              db: {image: "pgvector/pgvector:pg16", healthcheck: {test: [CMD, "true"]}}
              web:
                image: ghcr.io/open-webui/open-webui:v0.6.43
                build: .
                restart: always
                stop_grace_period: 1m30s
                stop_signal: SIGINT
                pull_policy: always
                depends_on: {db: {condition: service_healthy}}
                ports: ["127.0.0.1:3000-3002:8080", "8081"]
                volumes: [data:/app/backend/data, /cache, "./x:/y:ro"]
                deploy: {replicas: 3}
                env_file: web.env
                environment: [ENABLE_DB_MIGRATIONS=False, "MONEY=a$$b"]
                secrets: [key]
                networks: [front]
                develop: {watch: [{path: ., action: rebuild}]}
            networks: {front: {}}
            volumes: {data: {}}
            secrets: {key: {file: ./key}}
            """,
            "web.env": "UVICORN_WORKERS=4\nENABLE_DB_MIGRATIONS=true\n",
        ])
        let service = try #require(try await folder.find().config.services["web"])
        #expect(
            service.settings == Settings(image: service.image ?? "", replicas: 3, workers: "4", migrations: "False"))
        #expect(service.setting("MONEY") == "a$b")
        #expect(service.ports.map(\.published) == ["3000-3002", nil])
        #expect(service.ports.map(\.room) == [3, .max])
        #expect(service.mounts.map(\.source) == ["data", nil, "\(folder.path)/x"])
        #expect(service.mounts.map(\.isReadOnly) == [false, false, true])
        #expect(service.dependsOn == ["db": "service_healthy"])
        #expect((service.stopGrace, service.stopSignal) == (90, "SIGINT"))
        #expect((service.restart, service.pullPolicy) == ("always", "always"))
        #expect((service.secrets, service.networks) == (["key"], ["front"]))
        #expect(service.isBuilt && service.isWatched && service.saysReplicas && !service.hasHealthcheck)
    }

    @Test(arguments: [("10s", 10), ("1m30s", 90), ("1h0m0.5s", 3600.5), ("500ms", 0.5), ("10", nil), ("", nil)])
    func `has a stop grace in Go's way of writing`(text: String, seconds: Double?) {
        #expect(ComposeService.seconds(text) == seconds)
    }
}

@Suite struct `Which service is Open WebUI` {
    private static func service(_ image: String, _ environment: [String: String] = [:]) -> String {
        let pairs = environment.map { "\"\($0)\": \"\($1)\"" }.joined(separator: ",")
        return "{\"image\": \"\(image)\", \"environment\": {\(pairs)}}"
    }

    private static let shared = ["DATABASE_URL": "postgresql://u:p@db/chat"]

    @Test(
        arguments: [
            "ghcr.io/open-webui/open-webui:main", "open-webui", "harbor.example:5000/mirror/open-webui:v0.6.43-cuda",
            "openwebui/open-webui:latest", "registry/acme-open-webui:7", "ghcr.io/open-webui/open-webui@sha256:0a",
        ])
    func `is told by its image`(image: String) throws {
        let config = try ComposeConfig.of([
            "db": Self.service("postgres:16"), "pipes": Self.service("ghcr.io/open-webui/pipelines:main"),
            "chat": Self.service(image),
        ])
        #expect(try ComposeChoice(config) == ComposeChoice(config, wish: "chat"))
        #expect(try ComposeChoice(config).main == "chat")
    }

    @Test func `is the one that migrates where several share a database`() throws {
        let config = try ComposeConfig.of([
            "a": Self.service("open-webui:1", Self.shared.merging(["ENABLE_DB_MIGRATIONS": "False"]) { $1 }),
            "b": Self.service("open-webui:1", Self.shared),
            "c": Self.service("open-webui:1", Self.shared.merging(["ENABLE_DB_MIGRATIONS": "0"]) { $1 }),
        ])
        #expect(try ComposeChoice(config).all == ["b", "a", "c"])
        #expect(try ComposeChoice(config, wish: "a").all == ["a", "b", "c"])
    }

    @Test func `is the one that is named, whatever its image`() throws {
        let config = try ComposeConfig.of([
            "web": Self.service("registry/chat:1", Self.shared), "pool": Self.service("registry/chat:1", Self.shared),
            "other": Self.service("open-webui:1", ["DATABASE_URL": "postgresql://db/other"]),
        ])
        #expect(try ComposeChoice(config, wish: "web").all == ["web", "pool"])
        #expect(try ComposeChoice(config).all == ["other"])
    }

    @Test func `is asked where none, several or another one would do`() throws {
        let none = try ComposeConfig.of(["db": Self.service("postgres:16")])
        #expect(throws: Fault.noOpenWebUI("chat", services: ["db"])) { try ComposeChoice(none) }
        #expect(throws: Fault.noSuchService("web", "chat", services: ["db"])) { try ComposeChoice(none, wish: "web") }
        for environment in [Self.shared, [:]] {
            let two = try ComposeConfig.of([
                "a": Self.service("open-webui:1", environment), "b": Self.service("open-webui:1", environment),
            ])
            let fault = #expect(throws: Fault.self) { try ComposeChoice(two) }
            #expect(fault?.what == "More than one service is Open WebUI: a, b.")
            #expect(fault?.remedy.contains("`--service a`") == true)
        }
    }
}

@Suite struct `A file of variables` {
    @Test(
        arguments: [
            ("TAG=v1", "v1", 1), ("\u{FEFF}TAG=v1\r\n", "v1", 1), ("# c\n\nexport TAG = v1 # why\n", "v1", 3),
            ("TAG: v1\nX=2", "v1", 1), ("TAG='v1' # c\nX=2", "v1", 1), ("TAG=\"v1\"\r\nX=2", "v1", 1),
            ("A=\"x\ny\"\nTAG=v1", "v1", 3), ("TAG=v0\nTAG=v1  \n", "v1", 2), ("TAG=", "", 1), ("TAG=a#b", "a#b", 1),
            ("TAG=${BASE}-x", nil, 1), ("TAG=\"$BASE\"", nil, 1), ("TAG='$BASE'", "$BASE", 1),
        ] as [(String, String?, Int)])
    func `is read as Compose reads it`(text: String, value: String?, line: Int) throws {
        let entry = try #require(DotEnvFile(Array(text.utf8))["TAG"])
        #expect((entry.value, entry.line) == (value, line))
        #expect(String(decoding: Array(text.utf8)[entry.place], as: UTF8.self) == entry.written)
    }
}
