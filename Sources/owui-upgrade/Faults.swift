import Backends
import Glibc
import JournalFile
import UpgradeCore

extension Fault {
    static func system(_ errno: Int32) -> String { String(cString: strerror(errno)) }

    static func noLock() -> Fault {
        Fault(
            .bug, "The deployment was to be changed without its lock.", why: "this command only looks",
            remedy: "report it with the command line that led here")
    }

    static func noTarget() -> Fault {
        Fault(
            .refused, "There is no version to upgrade to.", why: "neither --to nor the plan names one",
            remedy: "say one, such as `owui-upgrade --to v0.12.4`; `owui-upgrade releases` lists those that are known")
    }

    static func notARelease(_ text: String) -> Fault {
        Fault(
            .refused, "`\(text)` is not a version, a tag or a digest.",
            remedy: "write it as v0.12.4, 0.12.4-cuda, main or sha256:…")
    }

    static func noSuchImage(_ target: String) -> Fault {
        Fault(
            .missing, "There is no image of `\(target)` to rehearse with.",
            why: "neither the table of releases nor upstream's moving tags have this name",
            remedy: "choose one that `owui-upgrade releases` lists, or main, dev or a digest")
    }

    static func unwritten(_ errno: Int32) -> Fault {
        Fault(
            .exhausted, "The result could not be written.", why: system(errno),
            remedy: "give the same command another place to write to; how a run stands says `owui-upgrade status`")
    }

    static func unreadableFile(_ path: String, errno: Int32) -> Fault {
        let kind: Kind = errno == ENOENT ? .missing : errno == EACCES ? .denied : .invalid
        return Fault(kind, "\(path) cannot be read.", why: system(errno), remedy: "check the path and who may read it")
    }

    static func fileTooLarge(_ path: String) -> Fault {
        Fault(.invalid, "\(path) is no file of settings.", why: "it is larger than 1 MiB", remedy: "check the path")
    }

    static func unreadableYAML(_ file: String, why: String, keys: [String]) -> Fault {
        Fault(
            .invalid, "\(file) is not YAML.", why: why,
            remedy: "mend it at that place; the keys of such a file are \(keys.joined(separator: ", "))")
    }

    static func wrongYAML(_ file: String, _ line: Int, _ what: String, remedy: String = "mend that line") -> Fault {
        Fault(.invalid, "\(file), line \(line): \(what).", remedy: remedy)
    }

    static func noMapping(_ file: String, keys: [String]) -> Fault {
        Fault(
            .invalid, "\(file), line 1: the file must be a mapping of keys.",
            remedy: "write `key: value` lines; the keys of such a file are \(keys.joined(separator: ", "))")
    }

    static func unknownKey(_ file: String, _ line: Int, _ key: String, nearest: String?, known: [String]) -> Fault {
        Fault(
            .invalid, "\(file), line \(line): nothing is known of the key `\(key)`.",
            why: nearest.map { "the nearest known key is `\($0)`" }
                ?? "the known keys are \(known.joined(separator: ", "))",
            remedy: nearest.map { "write `\($0)`, or remove the line" } ?? "remove the line")
    }

    /// `line` is where the part of the file begins that lacks it, and `title` what that part describes.
    static func missingKey(_ file: String, _ key: String, line: Int? = nil, of title: String = "") -> Fault {
        Fault(
            .invalid, "\(file)\(line.map { ", line \($0):" } ?? "") lacks the key `\(key)`.",
            why: title.isEmpty ? "" : "\(title) needs it", remedy: "add it")
    }

    static func wrongBackup(_ text: String) -> Fault {
        Fault(
            .invalid, "`\(text)` is no way to make a backup.",
            remedy: "choose pg_dump or none; a command of your own goes into the plan file under backup.command")
    }
}

extension Fault {
    static func journalDoesNotFold(_ run: String, why: String) -> Fault {
        Fault(
            .invalid, "The journal of run \(run) tells a story that cannot have happened.", why: why,
            remedy: "keep the file, and look with `owui-upgrade log \(run)`; a newer release may read it")
    }

    static func emptyRun(_ run: String) -> Fault {
        Fault(
            .missing, "Run \(run) has no events.", why: "it was ended before it began",
            remedy: "see the other runs with `owui-upgrade history`")
    }

    static func notOfThePlan(_ plan: String, isFor other: String) -> Fault {
        Fault(
            .refused, "The plan is for \(other), and an option is for a Compose project.",
            why: "\(plan) says so, and --service, --profile and --env-file say which part of a project is meant",
            remedy: "leave the option out, or say with --compose FOLDER which project is meant")
    }

    static func noRun() -> Fault {
        Fault(
            .missing, "This deployment has no run.", why: "nothing was ever upgraded from here",
            remedy: "begin with `owui-upgrade plan --to VERSION`")
    }

    static func unfinishedRun(_ run: String, target: String, asked: String?) -> Fault {
        Fault(
            .owned, "The deployment belongs to run \(run), which is not finished.",
            why: "it goes to \(target)" + (asked.map { ", and \($0) was asked for" } ?? ""),
            remedy: "go on with `owui-upgrade resume`, or give it up with `owui-upgrade unlock \(run) --give-up`")
    }

    static func stillAtWork(_ record: LockRecord) -> Fault {
        Fault(
            .owned, "Run \(record.run) is at work.", why: record.holder,
            remedy: "end it first, at a durable point: `kill \(record.process.pid)`, then type the same command again")
    }

    static func nothingToResume(_ run: String, ended: String) -> Fault {
        Fault(
            .refused, "There is nothing to go on with.", why: "the newest run, \(run), \(ended)",
            remedy: "begin another with `owui-upgrade --to VERSION`")
    }

    static func neverApproved(_ run: String) -> Fault {
        Fault(
            .refused, "Run \(run) was never approved, and nobody can be asked now.",
            why: "the input is not a terminal",
            remedy: "go on with `owui-upgrade resume --yes`, or give it up with `owui-upgrade unlock \(run) --give-up`")
    }

    static func notLetGo(_ run: String, _ wishes: Wishes, why fault: Fault) -> Fault {
        let service = (wishes.swarm?.service ?? "SERVICE").shellWord
        let swarm =
            "`docker service update --label-rm owui-upgrade.writes --update-parallelism 1 --update-order stop-first "
            + "--update-failure-action pause \(service)`, with the settings of updates that it is to have"
        let compose = "`docker rm $(docker ps --all --quiet --filter label=owui-upgrade.guard)`"
        return Fault(
            fault.kind, "What run \(run) had paused was not put back.", why: "\(fault.what) \(fault.why)",
            remedy: wishes.swarm == nil ? compose : swarm)
    }

    static func questionInterrupted(_ signal: String) -> Fault {
        Fault(
            .interrupted, "\(signal) came before an answer; nothing was changed.",
            remedy: "give the same command again when the time has come")
    }

    static func noSizes() -> Fault {
        Fault(
            .missing, "The size of the tables is not known.",
            why: "there is no table chat, or it was never analysed and takes too long to count",
            remedy: "let PostgreSQL look at it with `ANALYZE chat`")
    }

    static func needsYes() -> Fault {
        Fault(
            .refused, "Nobody can be asked whether to change the deployment.",
            why: "the input is not a terminal", remedy: "add --yes")
    }

    static func declined() -> Fault {
        Fault(
            .refused, "Nothing was changed, as you said.", remedy: "give the same command again when the time has come")
    }
}
