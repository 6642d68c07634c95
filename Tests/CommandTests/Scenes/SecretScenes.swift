import Dispatch
import Glibc
import Synchronization
import Testing

/// Looks at every command line of this machine, again and again, until it is told to stop.
final class CommandLines: Sendable {
    private let isOver = Atomic<Bool>(false)
    private let seen = Mutex<Set<String>>([])
    private let ended = DispatchSemaphore(value: 0)

    init() {
        DispatchQueue(label: "command lines").async { [self] in
            while !isOver.load(ordering: .relaxed) {
                for name in Files.names(in: "/proc") where Int(name) != nil {
                    guard let line = Files.text("/proc/\(name)/cmdline"), !line.isEmpty else { continue }
                    seen.withLock { _ = $0.insert(line.replacing("\0", with: " ")) }
                }
            }
            ended.signal()
        }
    }

    func stop() -> Set<String> {
        isOver.store(true, ordering: .relaxed)
        ended.wait()
        return seen.withLock(\.self)
    }
}

@Suite(.onStage) struct `A secret` {
    @Test func `is in no output, no file of the tool and on no command line`() throws {
        let scene = try Scene(["STAND_IN_NEVER_READY": "0.12.4:1"])
        let watch = CommandLines()
        try scene.up("0.6.43")
        var said: [Finished] = []
        let plan = try scene.plan("deadlines:", "  healthy: 10")
        said.append(try scene.tool(["plan", "--to", "0.12.4"]))
        said.append(try scene.tool(["--to", "0.12.4", "--yes", "--plan", plan, "--output", "json"]))
        said.append(try scene.tool(["status", "--output", "json"]))
        said.append(try scene.tool(["rollback", "--restore", "--yes"]))
        try scene.play(["STAND_IN_FAIL_MIGRATION": "0.12.4:1"])
        said.append(try scene.upgrade())
        try scene.play([:])
        said.append(try scene.upgrade())
        for words in [
            ["status"], ["history"], ["log"], ["log", "--output", "json"], ["local", "ps", "--output", "json"],
        ] {
            said.append(try scene.tool(words))
        }
        #expect(said.map(\.exit) == [0, 4, 0, 0, 3, 0, 0, 0, 0, 0, 0])
        let lines = watch.stop()
        #expect(
            lines.contains { $0.contains("pg_dump") && $0.contains(scene.folder) }, "the watch saw a backup being made")
        for secret in [scene.password, scene.secretKey] {
            #expect(said.filter { $0.story.contains(secret) }.map(\.story) == [])
            #expect(lines.filter { $0.contains(secret) } == [])
            let files = Files.all(below: scene.state)
            #expect(files.count > 5)
            let holding = files.filter { path in
                Files.bytes(path).map { String(decoding: $0, as: UTF8.self).contains(secret) } ?? false
            }
            #expect(holding == [])
        }
        let open = Files.all(below: scene.state).filter { Files.mode($0) != 0o600 }
        #expect(open == [], "only their owner may read them")
    }

    @Test(arguments: [
        "postgresql://scene:s3cr%40t-zebra@127.0.0.1:1/x", "postgresql://scene:s3cr@t-zebra@[::1/x",
        "postgres+nonsense://scene:s3crt-zebra@host/x?sslmode=nonsense", "://s3cr-zebra@",
    ])
    func `in a wrong database URL is not repeated`(url: String) throws {
        let scene = try Scene(ports: 2)
        try scene.install("0.6.43", "0.12.4")
        try scene.writeGroup(settings: ["DATABASE_URL": url])
        for words in [["--to", "0.12.4", "--yes"], ["status"], ["plan", "--to", "0.12.4"]] {
            let ended = try scene.tool(words)
            #expect(!ended.story.contains("zebra"), "it said:\n\(ended.story)")
            #expect([0, 2].contains(ended.exit))
        }
    }
}
