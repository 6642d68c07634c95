import Glibc
import UpgradeCore

/// What is said of the way to a database.
extension Fault {
    /// What is behind it, as far as that is known.
    var cause: String { why.isEmpty ? what : why }

    static func databaseUnreached(_ place: String, _ tries: [String], remedy: String? = nil) -> Fault {
        Fault(
            .unavailable, "The database at \(place) cannot be reached.",
            why: tries.isEmpty ? "there is no way there" : tries.joined(separator: "; "),
            remedy: remedy ?? "check that PostgreSQL runs there, and that the application's networks lead there")
    }

    /// No fault of anybody's: what a person may want to know.
    static func reached(_ place: String, by way: DatabaseWay) -> Fault {
        let remedy =
            switch way.kind {
            case .direct, .container, .published: "nothing is to be done"
            case .relay:
                "know that it is a container of the application's image in which only a shell runs; it goes when this is over"
            }
        return Fault(.missing, "The database at \(place) is asked \(way.told).", remedy: remedy)
    }

    static func noRelayPort(errno: Int32) -> Fault {
        Fault(
            .failed, "No port of this machine can be joined to the application's networks.",
            why: String(cString: strerror(errno)),
            remedy: "free ports and files of this machine, then give the same command again")
    }

    static func databaseStopped(_ host: String, service: String) -> Fault {
        Fault(
            .unavailable, "The database \(host) does not run.",
            why: "it is the service \(service) of the swarm, which has no running task",
            remedy: "see why with `docker service ps \(service)`, then give the same command again")
    }

    static func noRelayNetwork(_ host: String) -> Fault {
        Fault(
            .unavailable, "The database \(host) cannot be reached from inside.",
            why: "the engine shows no network of the application",
            remedy:
                "start the project's database, such as with `docker compose up -d`, then give the same command again")
    }

    static func databaseElsewhere(_ engine: String) -> Fault {
        Fault(
            .refused, "The database is on the machine of the engine at \(engine), which is not this one.",
            why: "the application's settings name an address that is each machine's own, or none",
            remedy: "give the same command on that machine")
    }

    static func noRelayOnManager(_ node: EngineNode) -> Fault {
        Fault(
            .unavailable, "No container can be had on the manager \(node.hostname) from which to ask the database.",
            why: "the manager \(node.hostname) takes no tasks: its availability is \(node.availability)",
            remedy: "name a manager in DOCKER_HOST or with `docker context use` that takes tasks, "
                + "or `docker node update --availability active \(node.id)` for as long as the upgrade lasts")
    }

    static func relayNotStarted(_ name: String, why: String) -> Fault {
        Fault(
            .unavailable, "The container \(name), through which the database is asked from inside, does not run.",
            why: why, remedy: "mend what it says, then give the same command again")
    }
}
