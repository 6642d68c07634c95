import Glibc
import Testing
import UpgradeCore

@testable import Backends

@Suite struct `An instance of this machine` {
    @Test func `leads a session of its own, without terminal, input or files of its starter`() async throws {
        try await LocalSite.with { site in
            // A file that a careless starter of the tool has left open for its children.
            let leaked = open("/dev/zero", O_RDONLY)
            defer { close(leaked) }
            let backend = try site.backend()
            try await backend.apply(.chat("1.0.0", 1))
            let pid = try #require(try site.store.known().first?.pid)
            let process = try #require(ProcessTable.process(pid))
            #expect(process.session == pid)
            #expect(process.group == pid)
            #expect(getsid(0) != pid)
            let log = "\(site.folder)/logs/owui-chat-r1.1-1.log"
            #expect(comes { LocalFile.names(in: "/proc/\(pid)/fd") == ["0", "1", "2"] })
            #expect(["0", "1", "2"].map { LocalFile.link("/proc/\(pid)/fd/\($0)") } == ["/dev/null", log, log])
        }
    }

    @Test func `has every signal as a fresh process has it`() async throws {
        try await LocalSite.with { site in
            signal(SIGUSR2, SIG_IGN)
            defer { signal(SIGUSR2, SIG_DFL) }
            let backend = try site.backend()
            try await backend.apply(.chat("1.0.0", 1))
            let pid = try #require(try site.store.known().first?.pid)
            let status = String(decoding: try #require(LocalFile.volatile("/proc/\(pid)/status")), as: UTF8.self)
            let masks = status.split(separator: "\n").filter { $0.hasPrefix("SigBlk:") || $0.hasPrefix("SigIgn:") }
                .compactMap { UInt64($0.suffix(16), radix: 16) }
            // glibc leaves its own signals 32 and 33 ignored in what it starts, and takes them over again there.
            #expect(masks.map { $0 & ~0x1_8000_0000 } == [0, 0])
        }
    }

    @Test func `carries its identity, its name for the database and the settings of the deployment`() async throws {
        try await LocalSite.with { site in
            site.group.environment["PGOPTIONS"] = "-c work_mem=1MB"
            site.group.environment["ENABLE_DB_MIGRATIONS"] = "false"
            setenv("A_VARIABLE_OF_THE_STARTER", "yes", 1)
            let backend = try site.backend()
            try await backend.apply(.chat("1.0.0", 1, workers: "3"))
            let pid = try #require(try site.store.known().first?.pid)
            let bytes = try #require(LocalFile.volatile("/proc/\(pid)/environ"))
            let variables = Set(bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) })
            let names = Set(variables.compactMap { $0.split(separator: "=").first.map(String.init) })
            #expect(
                variables.isSuperset(of: [
                    "OWUI_UPGRADE_GROUP=\(site.folder)", "OWUI_UPGRADE_INSTANCE=owui-chat-r1.1-1",
                    "OWUI_UPGRADE_GENERATION=r1.1", "UVICORN_WORKERS=3",
                    "PGOPTIONS=-c work_mem=1MB", "PGAPPNAME=owui-chat-r1.1-1",
                    "WEBUI_SECRET_KEY=a-key-that-nobody-may-see",
                ]))
            #expect(names.contains("PATH"))
            #expect(names.isDisjoint(with: ["ENABLE_DB_MIGRATIONS", "A_VARIABLE_OF_THE_STARTER"]))
        }
    }

    @Test func `is written down without any secret`() async throws {
        try await LocalSite.with { site in
            try await site.backend().apply(.chat("1.0.0", 1))
            let folder = "\(site.folder)/.owui-upgrade"
            let files = ["state.json", "instances/owui-chat-r1.1-1.json"]
            for text in try files.map({ try LocalFile.text("\(folder)/\($0)") }) {
                let text = try #require(text)
                #expect(!text.contains("a-key-that-nobody-may-see"))
                #expect(!text.contains("a-password"))
            }
            var status = stat()
            stat(folder, &status)
            #expect(status.st_mode & 0o777 == 0o700)
        }
    }

    @Test(arguments: ["chat", "a-companion-with-a-long-name-30"]) func `has an id of at most 40 characters`(
        workload: String
    ) {
        let runs = ["r1", "20261122T163122Z-5f3a9c1e77"]
        let ids = runs.flatMap { run in
            [1, 2, 17].map { LocalInstance.id(workload, Generation(run: run, number: $0), $0) }
        }
        #expect(ids.allSatisfy { $0.utf8.count <= 40 && $0.hasPrefix(LocalInstance.prefix) })
        #expect(Set(ids).count == ids.count)
    }
}

@Suite struct `A database session` {
    @Test(
        arguments: [
            ("owui-chat-r1.1-1", .instance("owui-chat-r1.1-1")), ("owui-upgrade", .somebodyElse),
            ("psql", .somebodyElse), ("", .stray),
        ] as [(String, SessionOwner)])
    func `tells its instance by its name`(name: String, owner: SessionOwner) {
        #expect(LocalBackend.owner(ofSession: name) == owner)
    }
}

@Suite struct `The end of an instance` {
    /// Starts one instance of a script, waits for `ready` in its folder, tells it to end.
    private func stopped(_ site: LocalSite, script: String) async throws -> LocalBackend {
        try site.install("1.0.0", script: script)
        let backend = try site.backend()
        try await backend.apply(.chat("1.0.0", 1))
        try #require(comes { LocalFile.exists("\(site.folder)/ready") })
        try await backend.apply(.chat("1.0.0", 0, 2, accepts: []))
        return backend
    }

    @Test(
        arguments: [
            "(trap '' TERM; touch ready; while :; do read line < pipe; done) & wait",
            "setsid sh -c \"trap '' TERM; touch ready; while :; do read line < pipe; done\" & wait",
        ])
    func `is the end of its whole group, also of a child that stays behind`(child: String) async throws {
        try await LocalSite.with { site in
            mkfifo("\(site.folder)/pipe", 0o600)
            let backend = try await stopped(site, script: "#!/bin/sh\n\(child)\n")
            let id = "owui-chat-r1.1-1"
            let leader = try #require(try site.store.known().first?.pid)
            // The leader goes at once; what it has started does not.
            let gone = try await look(at: backend) { _ in ProcessTable.process(leader) == nil }
            let instance = try #require(gone?.living.first)
            #expect(instance.state == .stopping)
            let left = try #require(site.processes(of: id).first)
            ProcessGroup.signal(left.pid, SIGKILL)
            let ended = try await look(at: backend) { $0.living.isEmpty }
            #expect(ended?.workloads.first?.instances.first?.state == .ended(exit: "signal 15"))
            #expect(site.carried.isEmpty)
        }
    }

    @Test func `comes by force when its grace has passed, and not before`() async throws {
        try await LocalSite.with { site in
            let script = "#!/bin/sh\ntrap '' TERM\nsetsid sleep 1000 &\ntouch ready\nwhile :; do sleep 1000; done\n"
            site.group.stopGrace = 0.2
            let backend = try await stopped(site, script: script)
            let since = try #require(try site.store.known().first?.stoppingSince)
            let ended = try await look(at: backend) { $0.living.isEmpty }
            #expect(LocalFile.millisecondsSinceBoot >= since + 200)
            #expect(ended?.workloads.first?.instances.first?.state == .ended(exit: "signal 9"))
            #expect(site.carried.isEmpty)
        }
    }

    @Test func `is not forced while its grace lasts`() async throws {
        try await LocalSite.with { site in
            site.group.stopGrace = 3600
            let script = "#!/bin/sh\ntrap '' TERM\ntouch ready\nwhile :; do sleep 1000; done\n"
            let backend = try await stopped(site, script: script)
            let ended = try await look(at: backend, times: 20) { $0.living.isEmpty }
            #expect(ended == nil)
        }
    }

    @Test(arguments: [("exit 3", "exit code 3"), ("kill -9 $$", "signal 9")])
    func `by itself is told with its exit`(script: String, exit: String) async throws {
        try await LocalSite.with { site in
            try site.install("1.0.0", script: "#!/bin/sh\n\(script)\n")
            let backend = try site.backend()
            try await backend.apply(.chat("1.0.0", 1))
            let ended = try await look(at: backend) { $0.living.isEmpty }
            #expect(ended?.workloads.first?.instances.map(\.state) == [.ended(exit: exit)])
            // Another process reads it from the disk.
            let again = try await site.backend().observe()
            #expect(again.workloads.first?.instances.map(\.state) == [.ended(exit: exit)])
        }
    }

    @Test func `is seen where its number was given to another process since`() async throws {
        try await LocalSite.with { site in
            let backend = try site.backend()
            try await backend.apply(.chat("1.0.0", 1))
            let store = try site.store
            var instance = try #require(try store.known().first)
            ProcessGroup.signal(try #require(instance.pid), SIGKILL)
            #expect(try await look(at: backend) { $0.living.isEmpty } != nil)
            instance.pid = getpid()
            try store.write(instance)
            let seen = try await backend.observe().workloads.first?.instances.first
            #expect(seen?.hasEnded == true)
        }
    }
}
