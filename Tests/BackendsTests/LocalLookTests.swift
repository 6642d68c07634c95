import Glibc
import Testing
import UpgradeCore

@testable import Backends

@Suite struct `The answer of an instance` {
    private static let yes = ProbeReply.answered(status: 200, body: #"{"status":true}"#)
    private static let version = ProbeReply.answered(status: 200, body: #"{"version":"0.12.4","deployment_id":""}"#)
    private static let page = ProbeReply.answered(status: 200, body: "<!doctype html><html></html>")

    @Test(
        arguments: [
            ([:], .unwell(reason: "/health: 200 with something that is not Open WebUI's answer")),
            (["/health": .closed], .none),
            (["/health": .silent(reason: "no answer within 2 s")], .unwell(reason: "/health: no answer within 2 s")),
            (["/health": yes, "/api/version": version], .serving(version: "0.12.4")),
            (["/health": yes, "/ready": page, "/api/version": version], .serving(version: "0.12.4")),
            (["/health": yes, "/ready": yes, "/api/version": version], .serving(version: "0.12.4")),
            (
                [
                    "/health": yes, "/ready": .answered(status: 503, body: #"{"detail":"Startup not complete"}"#),
                    "/api/version": version,
                ], .unwell(reason: "/ready: 503 Startup not complete")
            ),
            (
                [
                    "/health": yes, "/ready": .answered(status: 200, body: #"{"status":false}"#),
                    "/api/version": version,
                ],
                .unwell(reason: #"/ready: 200 {"status":false}"#)
            ),
            (
                ["/health": yes, "/ready": .silent(reason: "reset"), "/api/version": version],
                .unwell(reason: "/ready: reset")
            ),
            (
                ["/health": yes],
                .unwell(
                    reason: "/api/version names no version: 200 with something that is not Open WebUI's answer")
            ),
        ] as [([String: ProbeReply], Instance.Answer)])
    func `is judged by bodies, not by status alone`(replies: [String: ProbeReply], answer: Instance.Answer) async {
        #expect(await ScriptedProber(replies: replies).answer(host: "127.0.0.1", port: 1) == answer)
    }

    @Test func `is none where nothing listens`() async throws {
        let port = try #require(LocalSite.freePorts(1).first)
        #expect(await HTTPProber().get("/health", host: "127.0.0.1", port: port) == .closed)
        #expect(await HTTPProber().answer(host: "0.0.0.0", port: port) == .none)
    }

    @Test func `is asked of living instances alone`() async throws {
        try await LocalSite.with { site in
            try site.install("2.0.0", script: "#!/bin/sh\nexit 0\n")
            let prober = ScriptedProber(replies: ["/health": Self.yes, "/api/version": Self.version])
            let backend = try site.backend(prober: prober)
            try await backend.apply(.chat("1.0.0", 1))
            try await backend.apply(.chat("2.0.0", 2, 2, accepts: [1, 2]))
            let seen = try await look(at: backend) { $0.living.isEmpty }
            #expect(seen?.workloads.first?.instances.map(\.answer) == [.none, .none, .none])
        }
    }
}

@Suite struct `A look at a local group` {
    @Test func `that was never started says how to start it`() async throws {
        try await LocalSite.with { site in
            let fault = await #expect(throws: Fault.self) { try await site.backend().observe() }
            #expect(fault?.kind == .missing)
            #expect(fault?.remedy.contains("local up") == true)
        }
    }

    @Test func `shows companions beside the group, with what each is asked to run`() async throws {
        try await LocalSite.with { site in
            site.group.companions = [.init(name: "a-tools", ports: PortList(LocalSite.freePorts(1)))]
            let backend = try site.backend()
            let naming = Generation(run: "r1", number: 1)
            let tools = Settings(image: "1.0.0", replicas: 1, migrations: "False")
            let chat = Settings(image: "1.0.0", replicas: 1, workers: "2")
            try await backend.apply(
                Change(workloads: [
                    .init(workload: "a-tools", settings: tools, naming: naming),
                    .init(workload: "chat", settings: chat, naming: naming),
                ]))
            let seen = try await backend.observe()
            #expect(seen.workloads.map(\.name) == ["chat", "a-tools"])
            #expect(seen.workloads.map(\.role) == [.main, .companion])
            #expect(seen.workloads.map(\.settings) == [chat, tools])
            #expect(seen.living.map(\.id) == ["owui-chat-r1.1-1", "owui-a-tools-r1.1-1"])
            #expect(try await backend.setAutomation(paused: true, []).isEmpty)
        }
    }

    @Test func `tells the newest line about migrations, as the log grows`() async throws {
        try await LocalSite.with { site in
            mkfifo("\(site.folder)/pipe", 0o600)
            try site.install(
                "1.0.0",
                script: """
                    #!/bin/sh
                    echo "INFO  [alembic.runtime.migration] Running upgrade a -> b, first"
                    echo "something else"
                    read line < pipe
                    echo "$line"
                    exec sleep 1000
                    """)
            let backend = try site.backend()
            try await backend.apply(.chat("1.0.0", 1))
            let first = try await look(at: backend) { $0.living.first?.migrationLog != nil }
            #expect(
                first?.living.first?.migrationLog == "INFO  [alembic.runtime.migration] Running upgrade a -> b, first")
            let pipe = open("\(site.folder)/pipe", O_WRONLY)
            let line = Array("ERROR Error running migrations: a-password is wrong\n".utf8)
            #expect(write(pipe, line, line.count) == line.count)
            close(pipe)
            let second = try await look(at: backend) { $0.living.first?.migrationLog?.hasPrefix("ERROR") == true }
            #expect(second?.living.first?.migrationLog == "ERROR Error running migrations: •••••• is wrong")
        }
    }

    @Test func `finds that line behind a lot of others`() async throws {
        try await LocalSite.with { site in
            let path = "\(site.folder)/log"
            let noise = String(repeating: "GET /health 200\n", count: 100_000)
            try site.write(path, "Running upgrade a -> b\n" + noise.prefix(100_000) + "Running upgrade b -> c")
            var log = MigrationLog()
            log.read(path)
            #expect(log.line == "Running upgrade a -> b")
            try site.write(
                path, "Running upgrade a -> b\n" + noise.prefix(100_000) + "Running upgrade b -> c\n" + noise)
            log.read(path)
            #expect(log.line == "Running upgrade b -> c")
            try site.write(path, "Can't locate revision identified by 'x'\n")
            log.read(path)
            #expect(log.line == "Can't locate revision identified by 'x'")
        }
    }
}

@Suite struct `Evidence of a run` {
    @Test func `keeps the ends of logs and how instances ended, and no secret`() async throws {
        try await LocalSite.with { site in
            try site.install(
                "1.0.0",
                script: """
                    #!/bin/sh
                    i=0
                    while [ $i -lt 700 ]; do i=$((i+1)); echo "line $i"; done
                    echo "key $WEBUI_SECRET_KEY at $DATABASE_URL"
                    exit 3
                    """)
            let backend = try site.backend()
            try await backend.apply(.chat("1.0.0", 1))
            #expect(try await look(at: backend) { $0.living.isEmpty } != nil)
            let files = try await backend.saveEvidence(of: "r1")
            let folder = "\(site.folder)/.owui-upgrade/evidence/r1"
            #expect(files == ["\(folder)/owui-chat-r1.1-1.log", "\(folder)/machine.txt"])
            let log = try #require(try LocalFile.text(files[0]))
            #expect(log.hasSuffix("line 700\nkey •••••• at postgresql://u:••••••@db/webui\n"))
            #expect(log.split(separator: "\n").count == 500)
            let machine = try #require(try LocalFile.text(files[1]))
            #expect(machine.contains("owui-chat-r1.1-1 of 1.0.0: has ended (exit code 3)"))
            #expect(machine.contains("MemAvailable"))
            #expect(machine.contains("disk: "))
        }
    }
}
