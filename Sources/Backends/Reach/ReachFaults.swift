import Glibc
import UpgradeCore

/// What is said of the way to a database.
extension Fault {
    /// What is behind it, as far as that is known.
    var cause: String { why.isEmpty ? what : why }

    static func databaseUnreached(_ place: String, _ tries: [String]) -> Fault {
        Fault(
            .unavailable, "The database at \(place) cannot be reached.",
            why: tries.isEmpty ? "there is no way there" : tries.joined(separator: "; "),
            remedy: "check that PostgreSQL runs there, and that the application's networks lead there")
    }

    /// No fault of anybody's: what a person may want to know.
    static func reached(_ place: String, by way: DatabaseWay) -> Fault {
        let remedy =
            switch way.kind {
            case .direct, .container, .published: "Nothing is to be done."
            case .relay:
                "It is a container of the application's image in which only a shell runs; it goes when this is over."
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

    static func relayNotStarted(_ name: String, why: String) -> Fault {
        Fault(
            .unavailable, "The container \(name), through which the database is asked from inside, does not run.",
            why: why, remedy: "mend what it says, then give the same command again")
    }
}
