import Glibc
import Testing
import UpgradeCore
import Wire

@testable import Backends

@Suite(.tags(.postgres)) struct `A backup by pg_dump` {
    private static let revision =
        "CREATE TABLE alembic_version (version_num TEXT); INSERT INTO alembic_version VALUES ('one');"

    private func mode(_ path: String) -> mode_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : nil
    }

    private func names(in folder: String) async throws -> [String] {
        try await Tool.shell("ls -A \(folder)", named: "ls", environment: [:], permit: .always)
            .split(separator: "\n").map(String.init)
    }

    @Test func `is one file, for this user alone, and can be made again`() async throws {
        try await PostgresSite.with { site in
            try await site.run(Self.revision)
            let folder = "\(site.folder)/backups"
            let old = umask(0)
            defer { umask(old) }
            let database = site.database()
            let record = try await database.backUp(.pgDump(folder: folder), of: "run-1")
            #expect(record.location == "\(folder)/run-1.dump")
            #expect(record.revision == "one")
            #expect(record.bytes > 0)
            #expect(mode(record.location) == 0o600)
            #expect(mode(folder) == 0o700)
            let again = try await database.backUp(.pgDump(folder: folder), of: "run-1")
            #expect(again.location == record.location)
            #expect(try await names(in: folder) == ["run-1.dump"])
        }
    }

    @Test func `leaves nothing behind when it fails, and no password in what it says`() async throws {
        try await PostgresSite.with { site in
            let role = "reader_\(UInt32.random(in: 0...UInt32.max))"
            try await site.run(
                Self.revision
                    + "CREATE ROLE \(role) LOGIN PASSWORD '\(role)'; GRANT SELECT ON alembic_version TO \(role);"
                    + "CREATE TABLE secrets (id INT)")
            let folder = "\(site.folder)/backups"
            await #expect { try await site.database(as: role).backUp(.pgDump(folder: folder), of: "run-1") } throws: {
                error in
                guard let fault = error as? Fault else { return false }
                return fault.kind == .failed && fault.why.contains("secrets") && !fault.remedy.isEmpty
            }
            #expect(try await names(in: folder).isEmpty)
            try await site.run("DROP OWNED BY \(role); DROP ROLE \(role)")
        }
    }

    @Test func `needs the folder in which its folder lies`() async throws {
        try await PostgresSite.with { site in
            try await site.run(Self.revision)
            let folder = "\(site.folder)/none/backups"
            await #expect { try await site.database().backUp(.pgDump(folder: folder), of: "run-1") } throws: { error in
                (error as? Fault)?.kind == .missing && (error as? Fault)?.what.contains(folder) == true
            }
        }
    }

    @Test func `refuses a disk that is clearly too small`() async throws {
        try await PostgresSite.with { site in
            let dump = try Dump(target: site.target, folder: "\(site.folder)/backups", permit: .always)
            #expect { try dump.makeFolder(roomFor: Int.max) } throws: { ($0 as? Fault)?.kind == .exhausted }
            try dump.makeFolder(roomFor: 1)
        }
    }

    @Test func `ends with the signal, on this machine and on the server`() async throws {
        try await PostgresSite.with { site in
            try await site.run(Self.revision + "CREATE TABLE chat (id INT)")
            let other = try await site.session("psql")
            _ = try await other.script("BEGIN; LOCK TABLE chat IN ACCESS EXCLUSIVE MODE")
            let signal = Flag()
            let folder = "\(site.folder)/backups"
            let database = site.database(isInterrupted: { signal.isRaised })
            let backup = Task { try await database.backUp(.pgDump(folder: folder), of: "run-1") }
            let waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            try await site.wait(until: "EXISTS (\(waiting))")
            signal.raise()
            await #expect { _ = try await backup.value } throws: { ($0 as? Fault)?.kind == .interrupted }
            #expect(try await names(in: folder).isEmpty)
            _ = try await other.query("COMMIT")
            try await site.wait(
                until:
                    "NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'owui-upgrade' AND state <> 'idle')"
            )
        }
    }

    @Test func `does not share its file with a pg_dump that was left behind`() async throws {
        try await PostgresSite.with { site in
            try await site.run(Self.revision)
            let folder = "\(site.folder)/backups"
            mkdir(folder, 0o700)
            let orphan = open("\(folder)/run-1.dump.partial", O_WRONLY | O_CREAT, 0o644)
            let record = try await site.database().backUp(.pgDump(folder: folder), of: "run-1")
            #expect(pwrite(orphan, "PGDMP", 5, 0) == 5)
            #expect(pwrite(orphan, Array(repeating: 0, count: 4096), 4096, 5) == 4096)
            close(orphan)
            #expect(try await site.tool("pg_restore", ["--list", record.location]).contains("alembic_version"))
            #expect(mode(record.location) == 0o600)
        }
    }

    @Test func `holds DATABASE_SCHEMA and where the revision is, and nobody else's schema`() async throws {
        try await PostgresSite.with { site in
            try await site.run(
                Self.revision
                    + "CREATE SCHEMA team; CREATE TABLE team.chat (id INT); CREATE SCHEMA other; CREATE TABLE other.report (id INT)"
            )
            let record = try await site.database(schema: "team").backUp(.pgDump(folder: site.folder), of: "run-1")
            let list = try await site.tool("pg_restore", ["--list", record.location])
            #expect(list.contains("TABLE public alembic_version"))
            #expect(list.contains("TABLE team chat"))
            #expect(!list.contains("report"))
        }
    }

    @Test func `never has a password among its arguments`() throws {
        let target = try PostgresSite.target("postgresql://app:s3cr3t@db.example:5433/openwebui?sslmode=require")
        let lines =
            Dump.arguments(to: "/b/run.dump.partial", schemas: ["public", "my \"team\""])
            + Dump.arguments(clearing: ["public"], thenRunning: "/b/restore.sql")
        #expect(!lines.contains { $0.contains("s3cr3t") || $0.contains("db.example") })
        #expect(lines.contains("\"my \"\"team\"\"\""))
        let environment = try target.clientEnvironment()
        #expect(environment["PGPASSWORD"] == "s3cr3t")
        #expect(environment["PGHOST"] == "db.example")
        #expect(environment["PGPORT"] == "5433")
        #expect(environment["PGDATABASE"] == "openwebui")
        #expect(environment["PGSSLMODE"] == "require")
        #expect(environment["PGAPPNAME"] == "owui-upgrade")
    }
}

@Suite(.tags(.postgres)) struct `A backup by the plan's own command` {
    @Test func `knows the run, says where it is, and is restored by its partner`() async throws {
        try await PostgresSite.with { site in
            let seen = "\(site.folder)/seen"
            let plan = Plan.Backup.command(
                make: "echo Working...; echo store://$OWUI_UPGRADE_RUN",
                restore: "echo \"$OWUI_UPGRADE_BACKUP\" > \(seen)")
            let record = try await site.database().backUp(plan, of: "run-7")
            #expect(record.location == "store://run-7")
            try await site.database().restore(record, plan)
            #expect(
                try await Tool.shell("cat \(seen)", named: "cat", environment: [:], permit: .always)
                    == "store://run-7\n")
        }
    }

    @Test func `that fails says why, without the command itself`() async throws {
        try await PostgresSite.with { site in
            let plan = Plan.Backup.command(make: "TOKEN=s3cr3t; echo no room >&2; exit 3", restore: nil)
            await #expect { try await site.database().backUp(plan, of: "run-7") } throws: { error in
                guard let fault = error as? Fault else { return false }
                return fault.kind == .failed && fault.why == "no room" && !"\(fault)".contains("s3cr3t")
            }
            let record = BackupRecord(location: "store://run-7", bytes: 0, revision: "one")
            await #expect { try await site.database().restore(record, plan) } throws: {
                ($0 as? Fault)?.kind == .refused
            }
        }
    }

    @Test func `that prints nothing is known by the run`() async throws {
        try await PostgresSite.with { site in
            for make in ["true", "echo; echo '  '"] {
                let plan = Plan.Backup.command(make: make, restore: "true")
                let record = try await site.database().backUp(plan, of: "run-7")
                #expect(record.location == "run-7")
            }
        }
    }

    @Test func `that names a file is looked at: it must be readable and hold something`() async throws {
        try await PostgresSite.with { site in
            let file = "\(site.folder)/own.sql"
            let make = { (text: String) in
                Plan.Backup.command(make: "printf '\(text)' > \(file); echo \(file)", restore: "true")
            }
            let record = try await site.database().backUp(make("1234"), of: "run-7")
            #expect(record.location == file)
            #expect(record.bytes == 4)
            await #expect { try await site.database().backUp(make(""), of: "run-7") } throws: {
                ($0 as? Fault)?.why == "it is empty"
            }
        }
    }

    @Test func `counts only where its verify says so, which is given what was made`() async throws {
        try await PostgresSite.with { site in
            func plan(_ verify: String) -> Plan.Backup {
                .command(make: "echo store://7", restore: "true", verify: verify)
            }
            let good = plan("test \"$OWUI_UPGRADE_BACKUP\" = store://7")
            let record = try await site.database().backUp(good, of: "run-7")
            #expect(record.location == "store://7")
            try await site.database().checkRestore(record, good)
            let bad = plan("echo no such thing >&2; exit 1")
            for work in [
                { _ = try await site.database().backUp(bad, of: "run-7") },
                { try await site.database().checkRestore(record, bad) },
            ] as [() async throws -> Void] {
                await #expect { try await work() } throws: { ($0 as? Fault)?.why == "no such thing" }
            }
        }
    }

    @Test func `can be restored only where the plan says how, and its file is as it was`() async throws {
        try await PostgresSite.with { site in
            let file = "\(site.folder)/own.sql"
            let plan = Plan.Backup.command(make: "echo 1 > \(file); echo \(file)", restore: "true")
            let record = try await site.database().backUp(plan, of: "run-7")
            try await site.database().checkRestore(record, plan)
            await #expect {
                try await site.database().checkRestore(record, .command(make: "x", restore: nil))
            } throws: {
                ($0 as? Fault)?.kind == .refused
            }
            #expect(truncate(file, 1) == 0)
            await #expect { try await site.database().checkRestore(record, plan) } throws: {
                ($0 as? Fault)?.why.contains("it has 1 bytes, and had 2") == true
            }
            unlink(file)
            await #expect { try await site.database().checkRestore(record, plan) } throws: {
                ($0 as? Fault)?.kind == .missing
            }
        }
    }

    @Test(arguments: [Plan.Backup.none(acknowledged: true), .none(acknowledged: false)])
    func `is refused where the plan wants none`(_ plan: Plan.Backup) async throws {
        try await PostgresSite.with { site in
            await #expect { try await site.database().backUp(plan, of: "run-7") } throws: {
                ($0 as? Fault)?.kind == .refused
            }
        }
    }
}
