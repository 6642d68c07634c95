import UpgradeCore

/// What speaks against the upgrade of a group, in words.
extension Fault {
    static func noPlaceholder(_ placeholder: CommandTemplate.Placeholder) -> Fault {
        let what =
            placeholder == .version
            ? "The command of the group starts the same version whatever is asked for."
            : "The command of the group cannot give every instance a port of its own."
        return Fault(
            .refused, what, why: "it has no {\(placeholder.rawValue)}",
            remedy: "write {\(placeholder.rawValue)} where it belongs in `command` of group.yaml")
    }

    static func fixedWorkers(_ place: String) -> Fault {
        Fault(
            .refused, "The number of workers cannot be reduced for the migration.",
            why: "\(place) fixes it, and every worker migrates",
            remedy:
                "take it out and set `workers` in group.yaml, then `owui-upgrade local down` and `owui-upgrade local up`"
        )
    }

    static func notDescribed(_ workload: String, version: String, living: Int) -> Fault {
        Fault(
            .refused, "\(workload) belongs to this deployment, and group.yaml does not describe it.",
            why: "\(living) of its instances run \(version)",
            remedy: "put \(workload) back into `companions` of group.yaml, or stop everything with "
                + "`owui-upgrade local down` and start what the file describes with `owui-upgrade local up`")
    }

    static func renamed(_ group: String, before: String, version: String, living: Int) -> Fault {
        Fault(
            .refused, "group.yaml calls this group \(group), and what was started here is called \(before).",
            why: "\(living) instances of \(before) run \(version)",
            remedy:
                "write `name: \(before)` in group.yaml again, or stop everything with `owui-upgrade local down` and "
                + "start it under its new name with `owui-upgrade local up --version \(version)`")
    }

    static func otherWorkers(_ workload: String, running: String, written: String) -> Fault {
        Fault(
            .refused, "The instances of \(workload) have \(running) workers each, and group.yaml says \(written).",
            why: "the number is taken when \(workload) is started and nothing of it runs; an upgrade keeps it",
            remedy: anew)
    }

    static func otherMigrations(_ workload: String, running: Bool) -> Fault {
        Fault(
            .refused,
            "The instances of \(workload) run with migrations \(running ? "on" : "off"), and group.yaml says otherwise.",
            why: "the switch is taken when \(workload) is started and nothing of it runs; an upgrade keeps it",
            remedy: anew)
    }

    private static let anew =
        "For what group.yaml says, stop the group with `owui-upgrade local down` and start it with `owui-upgrade local up`."

    static func noSecretKey(_ workload: String) -> Fault {
        Fault(
            .refused, "An upgrade of \(workload) would log everyone out.",
            why:
                "neither WEBUI_SECRET_KEY nor WEBUI_SECRET_KEY_FILE is set: the key lies in a file of the present version's "
                + "folder, if anywhere",
            remedy: "copy the key from .webui_secret_key to WEBUI_SECRET_KEY in the environment of the group")
    }

    static func namedSessions(_ workload: String, _ variable: String) -> Fault {
        Fault(
            .refused, "The database sessions of \(workload) could not be told from others.",
            why: "\(variable) sets application_name, by which this tool knows the sessions of each instance",
            remedy:
                "take application_name out of \(variable), then `owui-upgrade local down` and `owui-upgrade local up`"
        )
    }

    static func noDataFolder(_ workload: String) -> Fault {
        Fault(
            .refused, "An upgrade of \(workload) would lose uploads.",
            why: "DATA_DIR is not set: they lie inside the installation of the present version",
            remedy: "move them to a folder of their own and set DATA_DIR in the environment of the group")
    }

    static func relativeDataFolder(_ workload: String, _ folder: String) -> Fault {
        Fault(
            .refused, "DATA_DIR of \(workload) depends on where it is started.", why: "\(folder) is a relative path",
            remedy: "write an absolute path to DATA_DIR in the environment of the group")
    }

    private static let usePostgres =
        "move the data to PostgreSQL and set DATABASE_URL; a single instance is upgraded by stopping it and starting the new"

    static func databaseIsSQLite(_ workload: String, replicas: Int) -> Fault {
        Fault(
            .refused, "\(workload) uses SQLite, and this tool upgrades deployments on PostgreSQL.",
            why: replicas > 1
                ? "\(replicas) instances on one SQLite file are not supported by Open WebUI either"
                : "a file of SQLite shows nobody how far a migration is", remedy: usePostgres)
    }

    static func databaseIsMariaDB(_ workload: String) -> Fault {
        Fault(
            .refused, "\(workload) uses MariaDB, and this tool upgrades deployments on PostgreSQL.",
            why: "a migration that fails on MariaDB leaves half of itself behind", remedy: usePostgres)
    }

    static func databaseIsOther(_ workload: String) -> Fault {
        Fault(
            .refused, "\(workload) uses a database that this tool does not know.",
            why: "DATABASE_URL or DATABASE_TYPE is not PostgreSQL's", remedy: usePostgres)
    }

    static func fewPorts(_ workload: String, _ count: Int, replicas: Int) -> Fault {
        Fault(
            .refused, "\(workload) would have more instances than ports.", why: "\(replicas) instances, \(count) ports",
            remedy: "add ports to group.yaml, or ask for fewer replicas")
    }

    static func noSparePort(_ workload: String) -> Fault {
        Fault(
            .refused, "\(workload) has no spare port.",
            why: "where the migrating instance must be replaced, its successor waits for the port",
            remedy: "add one port more than there are instances to group.yaml")
    }

    static func noStopGrace() -> Fault {
        Fault(
            .refused, "Instances of the group would be killed without time to end.", why: "stopGrace is 0",
            remedy: "set stopGrace in group.yaml to the seconds that a clean stop may take, such as 30")
    }

    static func logsUnwritable(_ logs: String, why: String) -> Fault {
        Fault(
            .refused, "The logs of new instances cannot be written.", why: why,
            remedy: "make the folder \(logs) writable for this user, or name another in group.yaml")
    }

    static func diskNearlyFull(_ logs: String, megabytes: UInt64) -> Fault {
        Fault(
            .refused, "The disk of the logs is nearly full.", why: "\(megabytes) MB are free at \(logs)",
            remedy: "make room there; failing starts write long logs")
    }
}
