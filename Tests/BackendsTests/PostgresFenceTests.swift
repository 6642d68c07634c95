import Glibc
import Testing
import UpgradeCore
import Wire

@testable import Backends

/// What becomes of long work on the database when the deployment's lock is lost in the middle of it.
@Suite(.tags(.postgres)) struct `A database behind a fence` {
    private static let content = """
        CREATE TABLE alembic_version (version_num TEXT); INSERT INTO alembic_version VALUES ('one');
        CREATE TABLE chat (id INT); INSERT INTO chat SELECT generate_series(1, 50);
        """
    private static let waiting = """
        EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')
        """
    private static let left = """
        NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
          AND application_name = 'owui-upgrade' AND state <> 'idle')
        """

    private func names(in folder: String) async throws -> [String] {
        try await Tool.shell("ls -A \(folder)", named: "ls", environment: [:], permit: .always)
            .split(separator: "\n").map(String.init)
    }

    @Test func `is restored as a whole or not at all, wherever the lock is lost`() async throws {
        try await PostgresSite.with { site in
            try await site.run(Self.content)
            let plan = Plan.Backup.pgDump(folder: site.folder)
            let record = try await site.database().backUp(plan, of: "run-1")
            try await site.run("CREATE TABLE newer (id INT); DELETE FROM chat WHERE id > 7")
            let before = try await site.content()
            var questions = 0
            while true {
                let database = site.database(fence: ClosableFence(after: questions))
                do { try await database.restore(record, plan) } catch {
                    #expect((error as? Fault) == ClosableFence.fault)
                    #expect(try await site.content() == before, "the lock was lost after \(questions) questions")
                    questions += 1
                    continue
                }
                break
            }
            // Each of the three programs asks before it starts, and the last of them once more for its COMMIT.
            #expect(questions > 3)
            #expect(try await site.run("SELECT count(*) AS chats FROM chat").first?.int("chats") == 50)
            #expect(try await site.run("SELECT to_regclass('newer') AS newer").first?.string("newer") == nil)
            #expect(try await names(in: site.folder) == ["run-1.dump"])
        }
    }

    @Test func `ends a restore that is at work when the lock is lost`() async throws {
        try await PostgresSite.with { site in
            try await site.run(Self.content)
            let plan = Plan.Backup.pgDump(folder: site.folder)
            let record = try await site.database().backUp(plan, of: "run-1")
            try await site.run("DELETE FROM chat")
            let other = try await site.session("psql")
            _ = try await other.script("BEGIN; LOCK TABLE chat IN ACCESS EXCLUSIVE MODE")
            let fence = ClosableFence()
            let database = site.database(fence: fence)
            let restore = Task { try await database.restore(record, plan) }
            try await site.wait(until: Self.waiting)
            fence.close()
            await #expect(throws: ClosableFence.fault) { try await restore.value }
            _ = try await other.query("COMMIT")
            try await site.wait(until: Self.left)
            #expect(try await site.run("SELECT count(*) AS chats FROM chat").first?.int("chats") == 0)
        }
    }

    @Test func `has a backup only where the lock was held to its end`() async throws {
        try await PostgresSite.with { site in
            try await site.run(Self.content)
            let folder = "\(site.folder)/backups"
            var questions = 0
            while true {
                let database = site.database(fence: ClosableFence(after: questions))
                do { _ = try await database.backUp(.pgDump(folder: folder), of: "run-1") } catch {
                    #expect((error as? Fault) == ClosableFence.fault)
                    #expect(try await !names(in: folder).contains("run-1.dump"))
                    questions += 1
                    continue
                }
                break
            }
            #expect(questions > 3)
            #expect(try await names(in: folder) == ["run-1.dump"])
        }
    }

    @Test func `leaves the dump of its heir alone`() async throws {
        try await PostgresSite.with { site in
            try await site.run(Self.content)
            let other = try await site.session("psql")
            _ = try await other.script("BEGIN; LOCK TABLE chat IN ACCESS EXCLUSIVE MODE")
            let fence = ClosableFence()
            let database = site.database(fence: fence)
            let backup = Task { try await database.backUp(.pgDump(folder: site.folder), of: "run-1") }
            try await site.wait(until: Self.waiting)
            try FileSync.write("the heir's", to: "\(site.folder)/run-1.dump.partial")
            fence.close()
            await #expect(throws: ClosableFence.fault) { _ = try await backup.value }
            #expect(try await names(in: site.folder) == ["run-1.dump.partial"])
            _ = try await other.query("COMMIT")
            try await site.wait(until: Self.left)
        }
    }

    @Test func `starts no command of the plan without the lock`() async throws {
        try await PostgresSite.with { site in
            try await site.run(Self.content)
            let plan = Plan.Backup.command(
                make: "touch \(site.folder)/made", restore: "touch \(site.folder)/restored")
            let database = site.database(fence: ClosableFence(after: 0))
            await #expect(throws: ClosableFence.fault) { _ = try await database.backUp(plan, of: "run-1") }
            let record = BackupRecord(location: "store://1", bytes: 0, revision: "one")
            await #expect(throws: ClosableFence.fault) { try await database.restore(record, plan) }
            #expect(try await names(in: site.folder) == [])
        }
    }
}

@Suite struct `A program that is ended` {
    @Test func `takes along what it has started, also what ignores SIGTERM`() async throws {
        let marker = "/tmp/owui-tool-\(UInt64.random(in: 0...UInt64.max))"
        defer { unlink(marker) }
        let signal = Flag()
        let permit = Permit(fence: OpenFence(), isInterrupted: { signal.isRaised })
        let command =
            "sh -c 'trap \"\" TERM; echo $$ > \(marker).new; mv \(marker).new \(marker); exec sleep 1000' & wait"
        let work = Task { try await Tool.shell(command, named: "It", environment: [:], permit: permit) }
        let text = try await Tool.shell(
            "until test -e \(marker); do sleep 0.01; done; cat \(marker)", named: "cat", environment: [:],
            permit: .always)
        let pid = try #require(Int32(text.filter(\.isNumber)))
        #expect(ProcessTable.process(pid) != nil)
        signal.raise()
        await #expect { _ = try await work.value } throws: { ($0 as? Fault)?.kind == .interrupted }
        #expect(comes { ProcessTable.process(pid)?.isZombie ?? true })
    }
}
