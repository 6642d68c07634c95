import Glibc
import Synchronization
import Testing
import UpgradeCore

@testable import Backends

@Suite struct `Bringing a local group up and down` {
    /// Serves as Open WebUI does; notes its start and how many others were serving then.
    private static let server = """
        #!/usr/bin/env python3
        import http.server, json, os, socket, sys
        port = int(sys.argv[sys.argv.index("--port") + 1])
        open("starts", "a").write(os.environ["OWUI_UPGRADE_INSTANCE"] + " "
            + str(len([n for n in os.listdir(".") if n.startswith("serving-")])) + " "
            + os.environ.get("UVICORN_WORKERS", "-") + "\\n")
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = {"/health": {"status": True}, "/ready": {"status": True}, "/api/version": {"version": "1.0.0"}}
                text = json.dumps(body.get(self.path, {})).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)
            def log_message(self, *arguments): pass
        server = http.server.HTTPServer(("127.0.0.1", port), Handler)
        open("serving-" + str(port), "w").close()
        server.serve_forever()
        """

    @Test func `starts one instance alone, then the others, and stops them all`() async throws {
        try await LocalSite.with { site in
            try site.install("1.0.0", script: Self.server)
            site.group.companions = [.init(name: "tools", ports: PortList(LocalSite.freePorts(1)))]
            let backend = try site.backend(prober: HTTPProber())
            try await backend.up(version: "1.0.0", replicas: 3, owner: nil, database: Standing(), clock: SteadyClock())
            let up = try await backend.observe()
            #expect(up.workloads.map(\.settings.replicas) == [3, 1])
            #expect(up.living.count == 4)
            #expect(up.living.allSatisfy { $0.serves("1.0.0") })
            let starts = try #require(try LocalFile.text("\(site.folder)/starts")).split(separator: "\n")
            #expect(starts.first == "owui-chat-up1.1-1 0 -")
            #expect(starts.dropFirst().allSatisfy { !$0.hasSuffix(" 0 -") })
            try await backend.up(version: nil, replicas: nil, owner: nil, database: Standing(), clock: SteadyClock())
            #expect(try await backend.observe().living == up.living)
            try await backend.down(owner: nil, clock: SteadyClock())
            #expect(try await backend.observe().living.isEmpty)
            #expect(site.carried.isEmpty)
        }
    }

    @Test func `replaces the first instance where it had to have one worker`() async throws {
        try await LocalSite.with { site in
            try site.install("1.0.0", script: Self.server)
            site.group.workers = "4"
            let backend = try site.backend(prober: HTTPProber())
            try await backend.up(version: "1.0.0", replicas: 2, owner: nil, database: Standing(), clock: SteadyClock())
            let up = try await backend.observe()
            #expect(up.main?.settings.workers == "4")
            #expect(up.living.map(\.generation?.number) == [2, 2])
            let starts = try #require(try LocalFile.text("\(site.folder)/starts")).split(separator: "\n")
            #expect(starts.map { $0.last } == ["1", "4", "4"])
        }
    }

    @Test func `is refused while an unfinished run owns the group`() async throws {
        try await LocalSite.with { site in
            let backend = try site.backend()
            try await backend.apply(.chat("1.0.0", 1))
            let up = await #expect(throws: Fault.self) {
                try await backend.up(
                    version: "1.0.0", replicas: 2, owner: "r7", database: Standing(), clock: SteadyClock())
            }
            let down = await #expect(throws: Fault.self) {
                try await backend.down(owner: "r7", clock: SteadyClock())
            }
            #expect(up?.kind == .owned)
            #expect(down?.kind == .owned)
            #expect(try await backend.observe().living.count == 1)
        }
    }

    @Test func `is no way to another version while something runs`() async throws {
        try await LocalSite.with { site in
            try site.install("2.0.0")
            let backend = try site.backend()
            try await backend.apply(.chat("1.0.0", 1))
            let fault = await #expect(throws: Fault.self) {
                try await backend.up(
                    version: "2.0.0", replicas: 1, owner: nil, database: Standing(), clock: SteadyClock())
            }
            #expect(fault?.kind == .refused)
            #expect(fault?.remedy.contains("owui-upgrade --to 2.0.0") == true)
            #expect(site.carried.count == 1)
        }
    }

    @Test func `brings back as many as it stopped`() async throws {
        try await LocalSite.with { site in
            try site.install("1.0.0", script: Self.server)
            let backend = try site.backend(prober: HTTPProber())
            try await backend.up(
                version: "1.0.0", replicas: 3, owner: nil, database: Standing(), clock: SteadyClock())
            try await backend.down(owner: nil, clock: SteadyClock())
            try await backend.up(version: nil, replicas: nil, owner: nil, database: Standing(), clock: SteadyClock())
            #expect(try await backend.observe().living.count == 3)
        }
    }

    @Test func `takes the workers of the file where nothing runs, and keeps those of what runs`() async throws {
        try await LocalSite.with { site in
            try site.install("1.0.0", script: Self.server)
            site.group.workers = "2"
            let up = { (site: LocalSite) in
                let backend = try site.backend(prober: HTTPProber())
                try await backend.up(
                    version: "1.0.0", replicas: 1, owner: nil, database: Standing(), clock: SteadyClock())
                return try await backend.observe().main?.settings.workers
            }
            #expect(try await up(site) == "2")
            site.group.workers = "3"
            #expect(try await up(site) == "2")
            let findings = try await site.backend().findings(for: Plan(target: "2.0.0"))
            #expect(findings.map(\.refuses) == [false])
            #expect(findings.first?.fault.what.contains("have 2 workers each, and group.yaml says 3") == true)
            try await site.backend().down(owner: nil, clock: SteadyClock())
            #expect(try await site.backend().findings(for: Plan(target: "2.0.0")).isEmpty)
            #expect(try await up(site) == "3")
        }
    }

    @Test func `scales nothing up where the first instance serves without its schema`() async throws {
        try await LocalSite.with { site in
            try site.install("1.0.0", script: Self.server)
            let backend = try site.backend(prober: HTTPProber())
            let fault = await #expect(throws: Fault.self) {
                try await backend.up(
                    version: "1.0.0", replicas: 3, owner: nil, database: Standing(revision: nil), clock: SteadyClock())
            }
            #expect(fault?.what.contains("its migration has failed") == true)
            #expect(site.carried.count == 1)
        }
    }

    @Test func `tells an instance that ends at its start`() async throws {
        try await LocalSite.with { site in
            try site.install("1.0.0", script: "#!/bin/sh\necho 'Error running migrations: no'\nexit 1\n")
            let backend = try site.backend()
            let fault = await #expect(throws: Fault.self) {
                try await backend.up(
                    version: "1.0.0", replicas: 1, owner: nil, database: Standing(), clock: SteadyClock())
            }
            #expect(fault?.kind == .failed)
            #expect(fault?.why.contains("exit code 1") == true)
            #expect(fault?.remedy.contains("owui-chat-up1.1-1.log") == true)
        }
    }

    @Test func `needs a version where there was none`() async throws {
        try await LocalSite.with { site in
            let backend = try site.backend()
            let fault = await #expect(throws: Fault.self) {
                try await backend.up(
                    version: nil, replicas: nil, owner: nil, database: Standing(), clock: SteadyClock())
            }
            #expect(fault?.kind == .missing)
            try await backend.down(owner: nil, clock: SteadyClock())
        }
    }

    @Test func `ends its waiting, not the instances, when a signal comes`() async throws {
        try await LocalSite.with { site in
            let backend = try site.backend()
            let fault = await #expect(throws: Fault.self) {
                try await backend.up(
                    version: "1.0.0", replicas: 1, owner: nil, database: Standing(),
                    clock: SteadyClock(interruption: "SIGINT"))
            }
            #expect(fault?.kind == .interrupted)
            #expect(site.carried == ["owui-chat-up1.1-1"])
        }
    }
}

/// The time of this machine.
struct SteadyClock: Clock {
    var interruption: String?

    var now: Moment { Moment(milliseconds: LocalFile.millisecondsSinceBoot) }

    func wait(until moment: Moment) async {
        poll(nil, 0, Int32(max(0, min(1000, moment.milliseconds - now.milliseconds))))
    }
}
