import Glibc
import Testing

@testable import open_webui_stand_in

/// A process that stands still between its last word in the journal and what it was about to do, and wakes up when the
/// deployment is another's.
@Suite(.onStage) struct `A run that stands still and loses its lock` {
    @Test(
        arguments: [
            "before apply #1", "before apply #2", "before backUp #1", "before apply #3", "before apply #4",
        ])
    func `does nothing more when it wakes up`(point: String) throws {
        let scene = try Scene()
        try scene.up("0.6.43")
        let first = try scene.standStill(["--to", "0.12.4", "--yes"], at: point)
        try scene.tool(["unlock", scene.run ?? ""]).expect(0)
        try scene.upgrade().expect(0, saying: "2 instances serve 0.12.4")
        try scene.wakesUpInVain(first)
        try scene.expect("0.12.4", times: 2)
    }

    @Test func `restores nothing over what was written since`() throws {
        let scene = try Scene()
        try scene.up("0.6.43")
        try scene.upgrade().expect(0)
        let first = try scene.standStill(["rollback", "--restore", "--yes"], at: "before restore #1")
        try scene.tool(["unlock", scene.run ?? ""]).expect(0)
        try scene.tool(["resume", "--yes"]).expect(0, saying: "0.6.43 serves again")
        try scene.session().run("DELETE FROM chat")
        let rows = try scene.rows()
        try scene.wakesUpInVain(first)
        #expect(try scene.rows() == rows)
        try scene.expect("0.6.43", times: 2)
    }

    /// Everything has been put back by then but for the COMMIT, for which this process is asked.
    @Test func `does not let a restore count that went on without it`() throws {
        let scene = try Scene()
        try scene.up("0.6.43")
        try scene.upgrade().expect(0)
        let blocker = try scene.administration()
        try blocker.run("BEGIN; LOCK TABLE chat IN ACCESS EXCLUSIVE MODE")
        let first = try scene.start(["rollback", "--restore", "--yes"])
        try scene.waitForLock()
        first.signal(SIGSTOP)
        try scene.wait("it stands still") { first.isStopped }
        try scene.tool(["unlock", scene.run ?? ""]).expect(0)
        try blocker.run("COMMIT")
        let waits = "wait_event = 'ClientRead' AND state = 'idle in transaction' AND application_name = 'owui-upgrade'"
        try scene.wait("psql has put everything back") {
            try blocker.value("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND \(waits)")
                == "1"
        }
        try scene.wakesUpInVain(first)
        #expect(try scene.revision == scene.head("0.12.4"))
        #expect(scene.tools() == [])
        try scene.tool(["resume", "--yes"]).expect(0, saying: "0.6.43 serves again")
        try scene.expect("0.6.43", times: 2)
    }

    @Test func `starts no instance that it has written down already`() throws {
        let scene = try Scene()
        try scene.up("0.6.43")
        let first = try scene.standStill(["--to", "0.12.4", "--yes"], at: "identity written #1")
        try scene.tool(["unlock", scene.run ?? ""]).expect(0)
        try scene.wakesUpInVain(first)
        #expect(scene.instances() == [])
        try scene.upgrade().expect(0, saying: "2 instances serve 0.12.4")
        try scene.expect("0.12.4", times: 2)
    }

    @Test func `tells no other instance to end`() throws {
        let scene = try Scene()
        try scene.up("0.6.43", replicas: 3)
        let first = try scene.standStill(
            ["--to", "0.12.4", "--yes", "--strategy", "stop-all"], at: "told #1")
        try scene.wait("the first instance has ended") { scene.serving.count == 2 }
        try scene.tool(["unlock", scene.run ?? ""]).expect(0)
        try scene.wakesUpInVain(first)
        #expect(scene.serving == ["0.6.43", "0.6.43"])
        try scene.upgrade().expect(0, saying: "3 instances serve 0.12.4")
        try scene.expect("0.12.4", times: 3)
    }
}

/// Long work of PostgreSQL's tools or of the plan's own command, and a signal in the middle of it.
@Suite(.onStage) struct `A signal` {
    @Test(arguments: [SIGTERM, SIGINT]) func `ends a pg_dump that hangs, and the same command goes on`(
        number: Int32
    ) throws {
        let scene = try Scene()
        try scene.up("0.6.43")
        let blocker = try scene.administration()
        try blocker.run("BEGIN; LOCK TABLE chat IN ACCESS EXCLUSIVE MODE")
        let run = try scene.start(["--to", "0.12.4", "--yes"])
        try scene.waitForLock(of: "pg_dump")
        run.signal(number)
        try run.end().expect(6, saying: "at a durable point. The same command goes on from here.")
        #expect(scene.tools() == [])
        #expect(Files.names(in: "\(scene.state)/backups") == [])
        try blocker.run("COMMIT")
        try scene.upgrade().expect(0, saying: "2 instances serve 0.12.4")
        try scene.expect("0.12.4", times: 2)
    }

    @Test func `ends a backup command that hangs, with what it has started`() throws {
        let scene = try Scene()
        try scene.up("0.6.43")
        let (fifo, begun) = ("\(scene.folder)/fifo", "\(scene.folder)/begun")
        #expect(mkfifo(fifo, 0o600) == 0)
        try Files.write(
            """
            #!/bin/sh
            test -e \(begun) && exec echo \(scene.folder)/second
            (trap '' TERM; touch \(begun); cat \(fifo)) &
            wait

            """, to: "\(scene.folder)/snapshot", mode: 0o700)
        let plan = try scene.plan("backup:", "  command:", "    make: \(scene.folder)/snapshot make")
        let run = try scene.start(["--to", "0.12.4", "--yes", "--plan", plan])
        try scene.wait("the command is at work") { Files.exists(begun) }
        #expect(!scene.tools().isEmpty)
        run.signal(SIGTERM)
        try run.end().expect(6, saying: "at a durable point. The same command goes on from here.")
        try scene.wait("nothing of it is left") { scene.tools() == [] }
        try scene.upgrade(to: "0.12.4", "--plan", plan).expect(0, saying: "\(scene.folder)/second")
        try scene.expect("0.12.4", times: 2)
    }

    @Test func `ends a restore that hangs, and leaves the database as it was`() throws {
        let scene = try Scene()
        try scene.up("0.6.43")
        try scene.upgrade().expect(0)
        let blocker = try scene.administration()
        try blocker.run("BEGIN; LOCK TABLE chat IN ACCESS EXCLUSIVE MODE")
        let run = try scene.start(["rollback", "--restore", "--yes"])
        try scene.waitForLock(of: "psql")
        run.signal(SIGTERM)
        try run.end().expect(6, saying: "at a durable point")
        #expect(scene.tools() == [])
        #expect(scene.instances() == [])
        try blocker.run("COMMIT")
        #expect(try scene.revision == scene.head("0.12.4"))
        try scene.tool(["rollback", "--restore", "--yes"]).expect(0, saying: "0.6.43 serves again")
        try scene.expect("0.6.43", times: 2)
    }
}

extension Spawned {
    /// Whether it stands still.
    fileprivate var isStopped: Bool {
        Files.text("/proc/\(pid)/stat")?.split(separator: ")").last?.hasPrefix(" T") ?? false
    }
}

extension Scene {
    /// Starts the program and returns when it has stopped itself at this point.
    fileprivate func standStill(_ words: [String], at point: String) throws -> Spawned {
        let spawned = try start(words, ["OWUI_UPGRADE_STOP_AT": point])
        try wait("\(point)") {
            guard spawned.isAlive else { throw Trouble("it ended before \(point): \(try spawned.end().story)") }
            return spawned.isStopped
        }
        return spawned
    }

    /// Lets it go on, and expects that it only says why it stops.
    fileprivate func wakesUpInVain(_ spawned: Spawned, at source: SourceLocation = #_sourceLocation) throws {
        let (living, lives, written) = (instances(), try account().lives.count, journal.flatMap(Files.text))
        spawned.signal(SIGCONT)
        try spawned.end().expect(
            5, what: "Run \(run ?? "?") has lost the deployment and stops.",
            why: "its lock was removed by someone else",
            remedy: "owui-upgrade status", at: source)
        #expect(instances() == living, sourceLocation: source)
        #expect(try account().lives.count == lives, sourceLocation: source)
        #expect(journal.flatMap(Files.text) == written, sourceLocation: source)
    }

    /// Processes that are at work for the program in this group's folder and are no instances.
    fileprivate func tools() -> [String] {
        let instances = Set(instances())
        return Files.names(in: "/proc").compactMap { pid_t($0) }.filter { !instances.contains($0) }.compactMap { pid in
            guard let words = Files.text("/proc/\(pid)/cmdline"), words.contains(folder) else { return nil }
            return words.replacing("\0", with: " ")
        }
    }

    /// Waits until a tool of the program waits for a lock in the database.
    fileprivate func waitForLock(of tool: String = "psql") throws {
        let administration = try administration()
        try wait("\(tool) waits for a lock") {
            let waiting = try administration.value(
                """
                SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
                  AND application_name = 'owui-upgrade'
                """)
            return waiting != "0" && tools().contains { $0.contains(tool) }
        }
    }
}
