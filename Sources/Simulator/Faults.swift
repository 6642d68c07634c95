import UpgradeCore

extension Fault {
    static func dead() -> Fault {
        Fault(.owned, "This simulated process is dead.", why: "it was killed", remedy: "start another")
    }

    static func lockLost() -> Fault {
        Fault(.owned, "The simulated lock is lost.", why: "another run has taken it", remedy: "look at that run")
    }

    static func away(_ what: String) -> Fault {
        Fault(.unavailable, "The simulated other side is away.", why: "\(what) did not come", remedy: "ask again")
    }

    static func changedMeanwhile() -> Fault {
        Fault(
            .conflict, "The simulated deployment was changed meanwhile.", why: "its version is another",
            remedy: "look again")
    }

    static func full() -> Fault {
        Fault(.exhausted, "The simulated disk is full.", why: "no space left on device", remedy: "make room")
    }

    static func backupFailed() -> Fault {
        Fault(.failed, "The simulated backup failed.", why: "pg_dump: exit 1", remedy: "mend it")
    }

    static func cutShort() -> Fault {
        Fault(.interrupted, "A signal ended the simulated work.", why: "SIGTERM", remedy: "run it again")
    }

    static func found(_ what: String) -> Fault {
        Fault(.refused, "The simulated \(what) speaks against it.", why: "it was ordered", remedy: "mend it")
    }
}
