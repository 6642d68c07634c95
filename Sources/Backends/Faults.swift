import Glibc
import UpgradeCore

extension Fault {
    private static func kind(_ errno: Int32) -> Kind {
        switch errno {
        case ENOSPC, EDQUOT, ENOMEM: .exhausted
        case EACCES, EPERM, EROFS: .denied
        case ENOENT: .missing
        default: .failed
        }
    }

    static func fileNotWritten(_ path: String, errno: Int32) -> Fault {
        Fault(
            kind(errno), "\(path) cannot be written.", why: String(cString: strerror(errno)),
            remedy: "check the folder, its rights and its free space, then give the same command again")
    }

    static func backupFolder(_ folder: String, errno: Int32) -> Fault {
        Fault(
            kind(errno), "A backup cannot be kept in \(folder).", why: String(cString: strerror(errno)),
            remedy: "choose another folder in the plan, under backup.pg_dump.folder")
    }

    static func noRoomForBackup(_ folder: String, free: Int, database: Int) -> Fault {
        Fault(
            .exhausted, "A backup will not fit into \(folder).",
            why: "\(free / 1_000_000) MB are free there, and the database has \(database / 1_000_000) MB",
            remedy: "free space there, or choose another folder in the plan, under backup.pg_dump.folder")
    }

    static func backupUnreadable(_ path: String, errno: Int32) -> Fault {
        Fault(
            kind(errno), "The backup \(path) cannot be read.", why: String(cString: strerror(errno)),
            remedy: "bring the file back to that place, then `owui-upgrade resume`")
    }

    /// The same, before anything was stopped for a restore.
    static func backupNotThere(_ path: String, errno: Int32) -> Fault {
        Fault(
            kind(errno), "The backup \(path) cannot be read.", why: String(cString: strerror(errno)), remedy: bringBack)
    }

    static func backupElsewhere(_ path: String, machine: String, here: String) -> Fault {
        let there = "\(machine):\(path)".shellWord
        return Fault(
            .missing, "The backup \(path) is a file of another machine.",
            why: "it was made on \(machine), and this is \(here)",
            remedy: "give `owui-upgrade rollback --restore` on \(machine), or bring the file here "
                + "(`mkdir -p \(LocalFile.folder(of: path).shellWord)`, `scp \(there) \(path.shellWord)`) and give the same command again"
        )
    }

    static func backupDamaged(_ path: String, why: String) -> Fault {
        Fault(.invalid, "The backup \(path) cannot be restored: it is damaged.", why: why, remedy: bringBack)
    }

    private static let bringBack =
        "bring the file back to that place as it was made, then `owui-upgrade rollback --restore`"

    static func unusableBackup(_ path: String, why: String) -> Fault {
        Fault(
            .failed, "The plan's backup command made \(path), which is no backup.", why: why,
            remedy: "mend backup.command.make in the plan, then begin again with it")
    }

    static func noBackupAsked() -> Fault {
        Fault(.refused, "The plan asks for no backup.", remedy: "choose one with --backup in the next run")
    }

    static func noRestoreCommand(_ location: String) -> Fault {
        Fault(
            .refused, "The plan does not say how to restore \(location).",
            why: "backup.command has no `restore`",
            remedy: "stop every instance, restore it by hand, then `owui-upgrade rollback`")
    }

    static func noTool(_ tool: String) -> Fault {
        Fault(
            .missing, "\(tool) is not on this machine.", why: "it is neither in /usr/lib/postgresql nor in PATH",
            remedy: "install PostgreSQL's client programs (Debian: apt-get install postgresql-client)")
    }

    static func oldTool(_ tool: String, _ major: Int, server: Int) -> Fault {
        Fault(
            .refused, "\(tool) of this machine is older than the server, and makes no backup of its databases.",
            why: "it is version \(major), and the server is version \(server)",
            remedy: "install PostgreSQL's client programs of version \(server) or newer "
                + "(apt.postgresql.org has them for Debian), or plan a backup command of your own")
    }

    static func toolFailed(_ program: String, status: String, said: String) -> Fault {
        let lines = said.split(separator: "\n").suffix(5).joined(separator: "; ")
        return Fault(
            .failed, "\(program) failed.", why: lines.isEmpty ? "it ended with \(status)" : lines,
            remedy: "mend what it says, then give the same command again")
    }

    static func toolDidNotStart(_ program: String, why: String) -> Fault {
        Fault(.failed, "\(program) could not be run.", why: why, remedy: "check that it is there and may be run")
    }

    static func toolInterrupted(_ program: String) -> Fault {
        Fault(
            .interrupted, "\(program) was ended before it was done.", why: "a signal asked this process to end",
            remedy: "give the same command again; it begins this step anew")
    }

    static func notChecked(_ check: String, of revision: String, why: String) -> Fault {
        Fault(
            .missing, "Whether migration \(revision) will succeed could not be checked (\(check)).", why: why,
            remedy: "the schema differs from what releases make; have a backup that you have tried")
    }

    static func otherSchema(
        _ version: String, uses schema: String, _ state: String, tables: String, inPath: Bool
    ) -> Fault {
        Fault(
            .refused,
            "\(version) would not find the tables: it works in the schema \(schema), and they are in \(tables).",
            why: "Open WebUI honours DATABASE_SCHEMA from 0.12.0 on; \(schema) \(state)",
            remedy: inPath
                ? "remove DATABASE_SCHEMA from the deployment's environment, then give the same command again"
                : "set DATABASE_SCHEMA to \(tables) in the deployment's environment, then give the same command again")
    }

    static func outsidePath(_ version: String, tables: String) -> Fault {
        Fault(
            .refused, "\(version) would not find the tables, which are in the schema \(tables).",
            why: "it looks where the search_path of the database's role leads, and that does not lead there",
            remedy: "as that role, `ALTER ROLE CURRENT_USER SET search_path TO \(tables.sqlIdentifier)`, "
                + "then give the same command again")
    }

    static func hiddenSessions(_ roles: String, own: String) -> Fault {
        Fault(
            .missing, "There are sessions of other roles on this database that cannot be judged: \(roles).",
            why: "PostgreSQL shows \(own) neither their addresses nor what they do",
            remedy: "make sure that none is an Open WebUI; `GRANT pg_read_all_stats TO \(own)` lets this tool see them")
    }
}
