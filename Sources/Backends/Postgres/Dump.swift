import Glibc
import UpgradeCore
import Wire

/// Backups by PostgreSQL's own `pg_dump`, in its custom format, read back by `pg_restore`.
struct Dump {
    private let folder: String
    private let environment: [String: String]
    private let permit: Permit

    init(target: PostgresTarget, folder: String, permit: Permit) throws(Fault) {
        self.folder = folder
        self.permit = permit
        environment = try target.clientEnvironment()
    }

    /// Makes the folder, but not the one it lies in, and refuses where a dump of that many bytes of database cannot fit.
    ///
    /// A dump is compressed and has no indexes; a tenth of the database is less than it will need.
    func makeFolder(roomFor bytes: Int) throws(Fault) {
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw .backupFolder(folder, errno: errno) }
        try checkRoom(in: folder, for: bytes)
    }

    private func checkRoom(in place: String, for bytes: Int) throws(Fault) {
        var space = statvfs()
        guard statvfs(place, &space) == 0 else { throw .backupFolder(folder, errno: errno) }
        let free = Int(space.f_bavail) * Int(space.f_frsize)
        guard free >= bytes / 10 else { throw .noRoomForBackup(folder, free: free, database: bytes) }
    }

    /// Throws where the programs are missing that make a dump and put it back, where they are older than the server, or
    /// where the folder cannot be written or has no room. It makes nothing.
    func check(server: Int, roomFor bytes: Int) async throws(Fault) {
        for tool in ["pg_restore", "psql"] { _ = try PostgresTools.path(of: tool) }
        // pg_dump (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)
        let said = try await run("pg_dump", ["--version"])
        let major = said.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0
        guard major == 0 || major >= server else { throw .oldTool("pg_dump", major, server: server) }
        // Its parent, where it is still to be made; and that one's, which a run makes with its journal.
        var place = folder
        for _ in 0..<2 where access(place, F_OK) != 0 && errno == ENOENT {
            place = String(place[..<(place.lastIndex(of: "/") ?? place.startIndex)])
        }
        guard access(place, F_OK) == 0 else { return }
        guard access(place, W_OK) == 0 else { throw .backupFolder(folder, errno: errno) }
        try checkRoom(in: place, for: bytes)
    }

    /// Dumps these schemas; the file gets its name only when all of it has been read back. Returns its path and size.
    func make(named name: String, schemas: [String]) async throws(Fault) -> (path: String, bytes: Int) {
        let path = "\(folder)/\(name).dump"
        let partial = path + ".partial"
        try permit.check("pg_dump")
        try makePrivate(partial)
        do throws(Fault) {
            try await run("pg_dump", Self.arguments(to: partial, schemas: schemas))
            try await run("pg_restore", ["--file", "/dev/null", partial])
            try FileSync.sync(partial)
            try permit.fence.check()
        } catch {
            discard(partial)
            throw error
        }
        guard rename(partial, path) == 0, try FileSync.sync(folder) else {
            throw .backupFolder(folder, errno: errno)
        }
        var status = stat()
        guard stat(path, &status) == 0 else { throw .backupFolder(folder, errno: errno) }
        return (path, Int(status.st_size))
    }

    /// Removes a dump that did not become one; where the deployment belongs to another run, that name may be its dump's.
    private func discard(_ partial: String) {
        do throws(Fault) { try permit.fence.check() } catch { return }
        unlink(partial)
    }

    /// The file is synced once it has been read back. Names are quoted, because pg_dump takes patterns. A table that
    /// someone keeps locked ends the dump after a minute.
    static func arguments(to file: String, schemas: [String]) -> [String] {
        ["--format=custom", "--no-password", "--no-sync", "--lock-wait-timeout=60000", "--file", file]
            + schemas.flatMap { ["--schema", $0.sqlIdentifier] }
    }

    /// Puts the schemas back as the dump has them: everything in them is replaced, in one transaction. It is this process
    /// that ends it with COMMIT, after a last look at the lock: a psql that is killed, or that lost this process, leaves
    /// the database as it was.
    ///
    /// What the dump lacks must go too: a table that a migration has made would be in the way of the next one.
    /// Extensions and the schemas themselves stay, for they may need rights that the application has not.
    func restore(_ path: String, schemas: [String]) async throws(Fault) {
        guard access(path, R_OK) == 0 else { throw .backupUnreadable(path, errno: errno) }
        let stem = "\(folder)/restore-\(getpid())"
        let (list, script) = (stem + ".list", stem + ".sql")
        defer { for file in [list, script] { unlink(file) } }
        let entries = try await run("pg_restore", ["--list", path])
        try FileSync.write(Self.restorable(entries), to: list)
        try makePrivate(script)
        try await run("pg_restore", ["--use-list", list, "--clean", "--if-exists", "--file", script, path])
        try Self.forOlderServers(script)
        try await run("psql", Self.arguments(clearing: schemas, thenRunning: script), lastWord: Self.commit)
    }

    /// Throws where a dump's list of contents cannot be read, or what restores it is not on this machine.
    func check(_ path: String) async throws(Fault) {
        _ = try PostgresTools.path(of: "psql")
        do throws(Fault) { _ = try await run("pg_restore", ["--list", path]) } catch {
            guard error.kind == .failed else { throw error }
            throw .backupDamaged(path, why: error.why)
        }
    }

    static func arguments(clearing schemas: [String], thenRunning script: String) -> [String] {
        [
            "--no-psqlrc", "--quiet", "--no-password", "--set", "ON_ERROR_STOP=1", "--command", "BEGIN",
            "--command", "SET LOCAL client_min_messages TO warning", "--command", "SET LOCAL lock_timeout TO '60s'",
            "--command", Clearing.statement(of: schemas), "--file", script, "--command", "RESET ALL",
            "--command", "SET LOCAL client_min_messages TO warning",
            "--command", "SET LOCAL idle_in_transaction_session_timeout TO '20s'",
            "--command", "DO $$ BEGIN RAISE WARNING '\(commit.mark)'; END $$", "--file", "-",
        ]
    }

    /// What psql waits for when everything has been put back. Where it does not come, because this process stands still,
    /// the server ends the session, so that its locks are not in the way of who has the deployment now.
    private static let commit = Tool.LastWord(mark: "owui-upgrade may commit", word: "COMMIT;\n")

    /// The entries of a dump's list without those that make, change or describe schemas and extensions.
    static func restorable(_ list: String) -> String {
        let kept = list.split(separator: "\n").filter { line in
            // 215; 1259 16385 TABLE public chat owner
            let entry = line.split(separator: " ", maxSplits: 3).last ?? ""
            return !["", "ACL - ", "COMMENT - ", "SECURITY LABEL - "].contains { prefix in
                ["SCHEMA ", "EXTENSION "].contains { entry.hasPrefix(prefix + $0) }
            }
        }
        return kept.joined(separator: "\n") + "\n"
    }

    /// Blanks out, in place, the setting that pg_restore 17 writes at the head of a script and older servers refuse.
    static func forOlderServers(_ script: String) throws(Fault) {
        let descriptor = open(script, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw .fileNotWritten(script, errno: errno) }
        defer { close(descriptor) }
        var head = [UInt8](repeating: 0, count: 4096)
        let count = max(0, pread(descriptor, &head, head.count, 0))
        let setting = Array("SET transaction_timeout = 0;".utf8)
        guard let place = head[..<count].firstRange(of: setting)?.lowerBound else { return }
        let blanks = [UInt8](repeating: UInt8(ascii: " "), count: setting.count)
        guard pwrite(descriptor, blanks, blanks.count, off_t(place)) == blanks.count else {
            throw .fileNotWritten(script, errno: errno)
        }
    }

    /// Makes an empty file that only this user can read, for a program to fill: a new one, which no program that an
    /// earlier process of this tool left behind still writes to.
    private func makePrivate(_ path: String) throws(Fault) {
        unlink(path)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .backupFolder(folder, errno: errno) }
        close(descriptor)
    }

    @discardableResult private func run(
        _ tool: String, _ arguments: [String], lastWord: Tool.LastWord? = nil
    ) async throws(Fault) -> String {
        try await Tool.run(
            PostgresTools.path(of: tool), arguments, environment: environment, permit: permit, lastWord: lastWord)
    }
}
