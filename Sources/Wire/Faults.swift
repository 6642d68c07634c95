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

    static func passwordFile(_ path: String, _ objection: String, of place: String) -> Fault {
        Fault(
            .denied, "The database at \(place) wants a password, and the password file \(path) is not used.",
            why: "it \(objection)",
            remedy: "`chmod 600 \(path)`, or name another file in PGPASSFILE in the environment of the deployment")
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

// Faults of HTTP.
extension Fault {
    /// The codes are libcurl's: https://curl.se/libcurl/c/libcurl-errors.html
    static func http(_ code: UInt32, at place: String, why: String) -> Fault {
        let kind = code == 35 && isCut(why) ? .unavailable : httpKinds[code] ?? .failed
        return Fault(kind, "The request to \(place) did not succeed.", why: why, remedy: httpRemedy(kind, place))
    }

    /// Whether a connection ended while TLS was agreed upon: curl has one code for that and for a refusal by TLS itself.
    private static func isCut(_ why: String) -> Bool {
        ["reset by peer", "SSL_ERROR_SYSCALL", "unexpected eof", "non-properly terminated"].contains(
            where: why.contains)
    }

    private static let httpKinds: [UInt32: Kind] = [
        1: .invalid, 3: .invalid, 5: .unavailable, 6: .unavailable, 7: .unavailable, 8: .invalid, 18: .unavailable,
        27: .exhausted, 28: .unavailable, 35: .denied, 52: .unavailable, 55: .unavailable, 56: .unavailable,
        58: .invalid, 60: .denied, 77: .invalid, 82: .invalid, 90: .denied, 91: .denied, 97: .unavailable, 98: .denied,
    ]

    private static func httpRemedy(_ kind: Kind, _ place: String) -> String {
        switch kind {
        case .unavailable: "check that something listens at \(place) and that this machine may reach it"
        case .denied: "check the certificate authority, and the client certificate where \(place) wants one"
        case .invalid: "check that \(place) is the right address, and that the named certificate files are PEM files"
        case .exhausted: "free memory on this machine, then try again"
        default: "look into the log of \(place)"
        }
    }

    static func badRequest(_ why: String) -> Fault {
        Fault(.invalid, "A request cannot be sent as it is.", why: why, remedy: "correct the address in the plan")
    }

    static func tooLarge(_ place: String, limit: Int) -> Fault {
        Fault(
            .invalid, "The answer of \(place) is too large.", why: "it has more than \(limit) bytes",
            remedy: "check that \(place) is the right address")
    }

    static func noAnswer(_ place: String) -> Fault {
        Fault(
            .unavailable, "\(place) ended the connection without an answer.",
            remedy: "try again; the log of \(place) says more")
    }
}
