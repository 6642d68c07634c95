import Glibc
package import UpgradeCore
import Wire

extension PostgresDatabase {
    package func backUp(_ backup: Plan.Backup, of run: String) async throws(Fault) -> BackupRecord {
        let revision = try await look().revision ?? ""
        switch backup {
        case .none: throw .noBackupAsked()
        case .command(let make, let restore, let verify):
            let location = try await location(madeBy: make, of: run)
            if let verify { try await self.verify(location, by: verify, permit) }
            let bytes = try BackupFile.bytes(location, mustBeReadable: verify == nil)
            return BackupRecord(
                location: location, bytes: bytes, revision: revision, restore: restore, machine: Machine.name)
        case .pgDump(let folder):
            let dump = try Dump(target: try await reached(), folder: here(folder), permit: permit)
            try dump.makeFolder(roomFor: try await bytes())
            let (path, bytes) = try await dump.make(named: run, schemas: try await ownSchemas())
            return BackupRecord(location: path, bytes: bytes, revision: revision, machine: Machine.name)
        }
    }

    package func findings(for backup: Plan.Backup) async throws(Fault) -> [Finding] {
        guard case .pgDump(let folder) = backup else { return [] }
        do throws(Fault) {
            let dump = try Dump(target: target, folder: here(folder), permit: permit.reading)
            try await dump.check(server: try await serverVersion(), roomFor: try await bytes())
            return []
        } catch {
            guard error.kind != .unavailable, error.kind != .interrupted else { throw error }
            return [Finding(refuses: true, fault: error)]
        }
    }

    package func restore(_ backup: BackupRecord, _ plan: Plan.Backup) async throws(Fault) {
        switch plan {
        case .none: throw .noBackupAsked()
        case .command(_, let restore, _):
            guard let restore else { throw .noRestoreCommand(backup.location) }
            _ = try await Tool.shell(
                restore, named: "The plan's restore command", environment: ["OWUI_UPGRADE_BACKUP": backup.location],
                permit: permit)
        case .pgDump(let folder):
            let dump = try Dump(target: try await reached(), folder: here(folder), permit: permit)
            try await dump.restore(backup.location, schemas: try await ownSchemas())
        }
    }

    package func checkRestore(_ backup: BackupRecord, _ plan: Plan.Backup) async throws(Fault) {
        switch plan {
        case .none: throw .noBackupAsked()
        case .command(_, nil, _): throw .noRestoreCommand(backup.location)
        case .command(_, _, let verify?): try await self.verify(backup.location, by: verify, permit.reading)
        // It was no file of this machine, or a person's own command must know.
        case .command where backup.bytes == 0: break
        case .command: try BackupFile.check(backup)
        case .pgDump(let folder):
            try BackupFile.check(backup)
            try await Dump(target: target, folder: here(folder), permit: permit.reading).check(backup.location)
        }
    }

    /// What the command calls its backup: the last line that it prints. One that prints nothing knows the run's id, and
    /// is asked for that.
    private func location(madeBy make: String, of run: String) async throws(Fault) -> String {
        let output = try await Tool.shell(
            make, named: "The plan's backup command", environment: ["OWUI_UPGRADE_RUN": run], permit: permit)
        return output.split(whereSeparator: \.isNewline).last { !$0.allSatisfy(\.isWhitespace) }.map(String.init) ?? run
    }

    private func verify(_ location: String, by command: String, _ permit: Permit) async throws(Fault) {
        _ = try await Tool.shell(
            command, named: "The plan's command that verifies the backup",
            environment: ["OWUI_UPGRADE_BACKUP": location], permit: permit)
    }

    /// The database by the way that leads there now.
    private func reached() async throws(Fault) -> PostgresTarget {
        do throws(PostgresFault) { return try await road.settings() } catch { throw error.fault }
    }

    /// Where the application has tables. Up to 0.11 migrations made theirs in `public` whatever `DATABASE_SCHEMA` says,
    /// so it can be two; other schemas belong to somebody else.
    private func ownSchemas() async throws(Fault) -> [String] {
        do throws(PostgresFault) {
            return try await schemas().filter { $0.hasRevision || $0.isOwn }.map(\.name)
        } catch { throw error.fault }
    }

    /// The server's major version, such as 15.
    private func serverVersion() async throws(Fault) -> Int {
        do throws(PostgresFault) {
            let rows = try await inquiry.ask("SELECT current_setting('server_version_num')::int / 10000 AS major")
            return try rows.first?.int("major") ?? 0
        } catch { throw error.fault }
    }

    private func bytes() async throws(Fault) -> Int {
        do throws(PostgresFault) {
            let rows = try await inquiry.ask("SELECT pg_catalog.pg_database_size(current_database()) AS bytes")
            return try rows.first?.int("bytes") ?? 0
        } catch { throw error.fault }
    }
}
