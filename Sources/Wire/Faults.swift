internal import UpgradeCore

// Faults of PostgreSQL sessions.
extension Fault {
    static func connection(_ kind: Kind, to place: String, user: String?, database: String?, why: String) -> Fault {
        switch kind {
        case .denied:
            Fault(
                .denied, "The database at \(place) does not let \(user ?? "the user of this process") in.", why: why,
                remedy: "check user, password and TLS parameters in DATABASE_URL, and pg_hba.conf on the server")
        case .missing:
            Fault(
                .missing, "There is no database \(database ?? "of that name") at \(place).", why: why,
                remedy: "check the database's name in DATABASE_URL; `psql --list` shows those that exist")
        default:
            Fault(
                kind, "The database at \(place) cannot be reached.", why: why,
                remedy: "check that PostgreSQL runs there and that this machine may reach it, with `pg_isready`")
        }
    }

    static func connectionTimedOut(_ place: String, after limit: Duration) -> Fault {
        Fault(
            .unavailable, "The database at \(place) did not answer.", why: "no connection within \(limit)",
            remedy: "check host, port and firewall, with `pg_isready`")
    }

    static func query(_ kind: Kind, at place: String, why: String) -> Fault {
        Fault(
            kind, "The database at \(place) did not do what it was asked.", why: why,
            remedy: remedy(for: kind))
    }

    private static func remedy(for kind: Kind) -> String {
        switch kind {
        case .denied: "give the user of DATABASE_URL the right that is named, or use another user"
        case .missing: "check that DATABASE_URL and DATABASE_SCHEMA name the database of Open WebUI"
        case .exhausted: "free what has run out on the database server, then try again"
        case .unavailable, .conflict: "try again; the server's log says more"
        default: "look into the server's log"
        }
    }

    static func sessionLost(_ place: String, why: String) -> Fault {
        Fault(
            .unavailable, "The session with the database at \(place) has ended.", why: why,
            remedy: "try again with a new session; the server's log says why this one ended")
    }

    static func queryTimedOut(_ place: String, after limit: Duration) -> Fault {
        Fault(
            .unavailable, "The database at \(place) did not answer in time.", why: "no result within \(limit)",
            remedy: "look for what blocks or slows it: SELECT * FROM pg_stat_activity WHERE state <> 'idle'")
    }

    static func interrupted(_ what: String) -> Fault {
        Fault(.interrupted, "\(what) was cancelled.", remedy: "run the same command again")
    }

    static func noColumn(_ name: String) -> Fault {
        Fault(.bug, "A result has no column \(name).", remedy: "report this as a fault of owui-upgrade")
    }

    static func wrongColumn(_ name: String, wanted: String) -> Fault {
        Fault(
            .bug, "The column \(name) of a result is not \(wanted).", remedy: "report this as a fault of owui-upgrade")
    }

    static func noMemory(_ what: String) -> Fault {
        Fault(.exhausted, "There is no memory for \(what).", remedy: "free memory on this machine, then try again")
    }
}

// Faults of the database's configuration.
extension Fault {
    static func unreadable(_ path: String, why: String) -> Fault {
        Fault(.denied, "\(path) cannot be read.", why: why, remedy: "let the user of this process read \(path)")
    }

    static func noService(_ name: String, files: [String]) -> Fault {
        Fault(
            .missing, "The database service \(name) is not defined.",
            why: files.isEmpty ? "no service file is named" : "looked in \(files.joined(separator: " and "))",
            remedy: "define [\(name)] in the file that PGSERVICEFILE names, or use DATABASE_URL without a service")
    }

    static func badServiceFile(_ path: String, line: Int) -> Fault {
        Fault(
            .invalid, "\(path) is not a service file.", why: "line \(line) is neither [name] nor keyword=value",
            remedy: "correct line \(line) of \(path)")
    }
}

extension Fault {
    static func badAddress(_ why: String) -> Fault {
        Fault(
            .invalid, "The database URL of Open WebUI cannot be read.", why: why,
            remedy: "correct DATABASE_URL (or DATABASE_TYPE, DATABASE_HOST…): postgresql://USER:PASSWORD@HOST:5432/NAME"
        )
    }
}
