import Glibc
import UpgradeCore

/// Every sentence with which this module says that something is wrong.
extension Fault {
    static func disk(_ call: DiskCall, _ code: Int32) -> Fault {
        let (kind, remedy) = meaning(of: code, at: call.path)
        return Fault(kind, "Cannot \(call.words) \(call.path).", why: String(cString: strerror(code)), remedy: remedy)
    }

    private static func meaning(of code: Int32, at path: String) -> (Kind, String) {
        switch code {
        case ENOSPC, EDQUOT:
            (
                .exhausted,
                "Free some space (`df -h` and `df -i` of that folder show how much is left), then type the same command again."
            )
        case EFBIG:
            (
                .exhausted,
                "Raise the limit on the size of files (`ulimit -f unlimited`), then type the same command again."
            )
        case EMFILE, ENFILE, ENOMEM, ENOLCK:
            (
                .exhausted,
                "End what uses up this machine's files or memory (`ulimit -n`, `free -m`), then type the same command again."
            )
        case EROFS:
            (
                .denied,
                "Mount it for writing (`findmnt -T \(path.shellWord)` shows the mount), then type the same command again."
            )
        case EACCES, EPERM, ELOOP:
            (
                .denied,
                "Run as the user that owns the deployment, or let this user read and write there (`namei -l \(path.shellWord)`)."
            )
        case ENOENT: (.missing, "Look at what is there with `namei -l \(path.shellWord)`.")
        case EEXIST: (.conflict, "Look at what is there with `ls -l \(path.shellWord)`.")
        case ENOTDIR, EISDIR, ENAMETOOLONG: (.invalid, "Look at what is there with `namei -l \(path.shellWord)`.")
        default: (.failed, "See what the disk says with `dmesg | tail`, then type the same command again.")
        }
    }

    static func noDeploymentFolder(_ path: String) -> Fault {
        Fault(
            .missing, "The deployment's folder \(path) does not exist.",
            remedy: "Check the path: `ls -ld \(path.shellWord)`.")
    }

    static func notAFolder(_ path: String) -> Fault {
        Fault(
            .invalid, "\(path) is not a folder, and the upgrade's state has to stand in it.",
            remedy: "Move it away: `mv \(path.shellWord) \((path + ".old").shellWord)`.")
    }

    static func notARegularFile(_ path: String) -> Fault {
        Fault(
            .invalid, "\(path) is not a regular file.",
            remedy: "Look at it with `ls -ld \(path.shellWord)`, and move it away.")
    }

    static func badRunName(_ run: String) -> Fault {
        Fault(
            .invalid, "\"\(run)\" is not the id of a run.",
            why: "an id has 1 to 64 letters, digits, dots, dashes or underscores and begins with a letter or a digit",
            remedy: "See the ids with `owui-upgrade history`.")
    }

    static func noSuchRun(_ run: String, in folder: String) -> Fault {
        Fault(.missing, "There is no run \(run) in \(folder).", remedy: "See the runs with `owui-upgrade history`.")
    }

    static func runExists(_ run: String) -> Fault {
        Fault(.conflict, "Run \(run) already has a journal.", remedy: "Look at it with `owui-upgrade status`.")
    }

    static func journalDamaged(_ place: JournalPlace, line: Int, why: String) -> Fault {
        Fault(
            .invalid, "\(place.capitalized) is damaged in line \(line).", why: why, remedy: place.repair(line: line))
    }

    static func journalNewer(_ place: JournalPlace, format: Int, tool: String?) -> Fault {
        Fault(
            .invalid, "\(place.capitalized) was written by a newer owui-upgrade.",
            why: "it has format \(format), and this version reads formats up to \(JournalHeader.currentFormat)",
            remedy: "Use owui-upgrade \(tool.map { "\($0) or newer" } ?? "in its newest version") for this run.")
    }

    static func recordUnknown(_ place: JournalPlace, line: Int, tool: String, error: any Error) -> Fault {
        Fault(
            .invalid, "Line \(line) of \(place.name) is whole, but this version does not know what it says.",
            why: describe(error),
            remedy: "Use the newest owui-upgrade that has worked on this run; \(tool) began it.")
    }

    static func headerUnknown(_ place: JournalPlace, why: String) -> Fault {
        let name = if case .file(let path) = place { path } else { place.capitalized }
        return Fault(.invalid, "\(name) is not the journal that its name says.", why: why, remedy: place.setAside)
    }

    static func recordTooLarge(_ place: JournalPlace, largest: Int = JournalLine.largest) -> Fault {
        Fault(
            .exhausted, "A record does not fit into \(place.name).",
            why: "a journal holds \(JournalLine.largest) records of at most \(largest) bytes",
            remedy: "Please report this with the last lines of it: \(place.tail).")
    }

    static func notEncodable(_ error: any Error) -> Fault {
        Fault(
            .bug, "A record could not be written as JSON.", why: describe(error),
            remedy: "Please report this; the same command goes on with the run.")
    }

    static func journalChanged(_ place: JournalPlace, why: String) -> Fault {
        Fault(
            .owned, "Someone else has changed \(place.name); this run stops.", why: why,
            remedy: "See who works on it with `owui-upgrade status`.")
    }

    static func journalAway(_ place: JournalPlace, why: String) -> Fault {
        Fault(
            .interrupted, "A signal ended the wait for \(place.name), which could not be written to.", why: why,
            remedy: "Type the same command again when it can be reached.")
    }

    static func journalWaits(_ place: JournalPlace, for fault: Fault) -> Fault {
        Fault(
            .unavailable, "The run waits until \(place.name) can be written to.",
            why: "\(fault.what) \(fault.why)",
            remedy: "See that what answers there runs. A signal ends the wait, and the same command goes on.")
    }

    static func owned(by record: LockRecord) -> Fault {
        Fault(.owned, "The deployment belongs to another run.", why: record.holder, remedy: waitOrUnlock(record))
    }

    static func lockLost(run: String, to other: LockRecord) -> Fault {
        Fault(.owned, "Run \(run) has lost the deployment and stops.", why: other.holder, remedy: waitOrUnlock(other))
    }

    static func lockRemoved(run: String) -> Fault {
        Fault(
            .owned, "Run \(run) has lost the deployment and stops.", why: "its lock was removed by someone else",
            remedy: "See who works on it with `owui-upgrade status`.")
    }

    static func lockNotRenewed(run: String, seconds: Int64, why: String = "") -> Fault {
        Fault(
            .owned, "Run \(run) stops, because it can no longer be sure that the deployment is its own.",
            why: "its lock was last renewed \(seconds) s ago" + (why.isEmpty ? "" : ", and cannot be now: \(why)"),
            remedy: "See what state it is in with `owui-upgrade status`, then type the same command again.")
    }

    static func lockDamaged(_ name: String, remove: String) -> Fault {
        Fault(
            .invalid, "The lock \(name) cannot be understood.",
            remedy: "If no owui-upgrade works on this deployment on any machine, remove it: `\(remove)`.")
    }

    static func notLocked(_ place: String) -> Fault {
        Fault(.missing, "No run holds a lock in \(place).", remedy: "See the runs with `owui-upgrade status`.")
    }

    static func waitingCancelled() -> Fault {
        Fault(.interrupted, "The wait for the deployment's lock was ended.", remedy: "Type the same command again.")
    }

    private static func waitOrUnlock(_ record: LockRecord) -> String {
        """
        Wait for it, or look at it with `owui-upgrade status`; if its process is gone for good, \
        free the deployment with `owui-upgrade unlock \(record.run)`, then type the same command again.
        """
    }

    private static func describe(_ error: any Error) -> String {
        guard let decoding = error as? DecodingError else { return "\(error)" }
        return switch decoding {
        case .typeMismatch(_, let place), .valueNotFound(_, let place), .keyNotFound(_, let place),
            .dataCorrupted(let place):
            place.debugDescription
        @unknown default: "\(error)"
        }
    }
}
