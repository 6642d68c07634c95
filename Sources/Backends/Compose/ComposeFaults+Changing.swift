import UpgradeCore

extension Fault {
    static func projectIsChanging(_ path: String) -> Fault {
        Fault(
            .unavailable, "Another process is just changing this project.", why: "it holds \(path)/compose.lock",
            remedy: "wait until it is done, then give the same command again")
    }

    static func projectChanged(_ path: String) -> Fault {
        Fault(
            .conflict, "Another process has changed this project meanwhile.",
            why: "\(path)/compose.json is not any more what this process has read",
            remedy: "see where it stands with `owui-upgrade status`")
    }

    static func otherContainer(of service: String) -> Fault {
        Fault(
            .conflict, "Someone else has made a container of \(service) meanwhile.",
            why: "what is there is not what this run had asked for",
            remedy: "find out who types `docker compose up` there, then `owui-upgrade resume`")
    }

    static func noImageForGuards(_ project: String, why: String) -> Fault {
        Fault(
            .missing, "Nothing keeps a stray `docker compose up` away from \(project).",
            why: "it has no container, and no image of it is here: \(why)",
            remedy: "have its image here with `docker compose pull`, then `owui-upgrade resume`")
    }

    static func notYetEnded(_ service: String, _ ids: [String]) -> Fault {
        Fault(
            .unavailable, "\(service) cannot be made anew yet.", why: "\(ids.joined(separator: ", ")) has not ended",
            remedy: "wait for its end, then give the same command again")
    }
}
