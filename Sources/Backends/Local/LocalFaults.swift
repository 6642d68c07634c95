import UpgradeCore

/// The words of the local backend.
extension Fault {
    private static let look = "look at the group with `owui-upgrade local ps`"

    // The group's own file

    private static func group(_ what: String, why: String = "", remedy: String = "correct group.yaml") -> Fault {
        Fault(.invalid, what, why: why, remedy: remedy)
    }

    static func noCommand() -> Fault {
        group(
            "The group has no command.",
            remedy: "give it one, such as `/opt/open-webui/{version}/bin/open-webui serve --host {host} --port {port}`")
    }

    static func openQuote(_ text: String) -> Fault {
        group("The command of the group cannot be split into words.", why: "a quote in it is not closed")
    }

    static func unknownPlaceholder(_ name: String) -> Fault {
        let known = CommandTemplate.Placeholder.allCases.map { "{\($0.rawValue)}" }.joined(separator: ", ")
        return group(
            "The command of the group has a placeholder {\(name)} that does not exist.",
            remedy: "use one of \(known) in group.yaml")
    }

    static func badGroupName(_ name: String) -> Fault {
        group(
            "\(name.isEmpty ? "An empty text" : "`\(name)`") is not a name for a group.",
            why: "names have 1 to 30 letters, digits, - and _")
    }

    static func nameTwice(_ name: String) -> Fault {
        group("Two parts of the group are called \(name).", why: "a companion needs a name of its own")
    }

    static func badGroupValue(_ key: String, why: String) -> Fault {
        group("`\(key)` of the group cannot be used.", why: why)
    }

    static func noEnvironmentFile(_ path: String) -> Fault {
        Fault(
            .missing, "The environment file of the group is not there.", why: path,
            remedy: "correct environmentFile in group.yaml, or make the file")
    }

    static func badEnvironmentLine(_ path: String, line: Int) -> Fault {
        Fault(
            .invalid, "The environment file of the group cannot be read.",
            why: "line \(line) of \(path) is not KEY=VALUE", remedy: "correct that line")
    }

    static func noGroupFolder(_ path: String) -> Fault {
        Fault(
            .missing, "There is no folder \(path).",
            remedy: "name the folder that holds group.yaml with --group, or make it")
    }

    // Files

    static func unreadable(_ path: String, why: String) -> Fault {
        Fault(.denied, "\(path) cannot be read.", why: why, remedy: "check who may read it, for example with `ls -l`")
    }

    static func unwritable(_ path: String, why: String, full: Bool) -> Fault {
        Fault(
            full ? .exhausted : .denied, "\(path) cannot be written.", why: why,
            remedy: full ? "make room, then type the same command again" : "check who may write there with `ls -ld`")
    }

    static func damagedState(_ path: String, why: String) -> Fault {
        Fault(
            .invalid, "\(path) cannot be understood.", why: why,
            remedy: "put back an undamaged copy; without one, stop the instances and remove the file")
    }

    // Changing

    static func groupIsChanging(_ folder: String) -> Fault {
        Fault(
            .unavailable, "Another process is just changing the group in \(folder).",
            remedy: "wait for it to end, then type the same command again")
    }

    static func groupChanged(_ folder: String, seen: Int, now: Int) -> Fault {
        Fault(
            .conflict, "The group in \(folder) was changed by someone else.",
            why: "write \(seen) was seen, it is at write \(now) now", remedy: look)
    }

    static func neverUp(_ folder: String) -> Fault {
        Fault(
            .missing, "The group in \(folder) was never started.",
            remedy: "start it with `owui-upgrade local up`")
    }

    static func noWorkload(_ name: String) -> Fault {
        Fault(
            .missing, "The group has no part that is called \(name).", why: "group.yaml does not describe it",
            remedy: "put it back into `companions` of group.yaml")
    }

    static func noProgram(_ path: String, version: String, why: String) -> Fault {
        Fault(
            .missing, "The program of version \(version) is not there.", why: "\(path): \(why)",
            remedy: "install that version where the command of group.yaml looks for it, or correct the command")
    }

    static func notStarted(_ id: String, why: String) -> Fault {
        Fault(
            .failed, "\(id) could not be started.", why: why,
            remedy: "check command and workingDirectory in group.yaml")
    }

    static func noPort(_ workload: String, used: [(port: Int, by: String?)]) -> Fault {
        let holders = used.map { "\($0.port) is in use" + ($0.by.map { " by \($0)" } ?? "") }
        return Fault(
            .failed, "There is no free port for another instance of \(workload).",
            why: holders.isEmpty ? "every port of the list is taken by an instance" : holders.joined(separator: ", "),
            remedy: "end what uses the port, or add ports to group.yaml")
    }

    static func portNotYetFree(_ workload: String, until ids: [String]) -> Fault {
        Fault(
            .unavailable, "No port is free yet for another instance of \(workload).",
            why: "\(ids.joined(separator: ", ")) has not ended",
            remedy: "wait for its end, or add a port to group.yaml, then type the same command again")
    }
}

/// What `local up` and `local down` say.
extension Fault {
    static func groupIsOwned(_ group: String, by run: String) -> Fault {
        Fault(
            .owned, "\(group) belongs to the run \(run), which is not finished.",
            remedy: "finish it with `owui-upgrade resume`, or give it up with `owui-upgrade unlock \(run) --give-up`")
    }

    static func endedAtStart(_ instance: Instance, log: String) -> Fault {
        Fault(
            .failed, "\(instance.id) ended by itself.",
            why: instance.told + (instance.migrationLog.map { "; its log says: \($0)" } ?? ""),
            remedy: "read \(log)")
    }

    static func notReached(_ living: [Instance]) -> Fault {
        Fault(
            .failed, "Nothing has moved for ten minutes.",
            why: living.map { "\($0.id) \($0.told)" }.joined(separator: ", "),
            remedy: "look at the logs of these instances, then type the same command again")
    }

    static func localInterrupted(_ signal: String) -> Fault {
        Fault(
            .interrupted, "\(signal) ended the waiting; the instances go on.",
            remedy: "type the same command again")
    }
}
