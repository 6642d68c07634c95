// What a look at a deployment comes to, in words.
extension Fault {
    static func migrationSwallowed(_ instance: Instance, revision: String?, head: String) -> Fault {
        Fault(
            .failed, "The migration failed, and \(instance.id) serves on the old schema.",
            why: "its port is open while the database is at \(revision ?? "no single revision") and not at \(head)"
                + (instance.migrationLog.map { "; its log says: \($0)" } ?? ""),
            remedy: "read what it logged with `owui-upgrade log`; releases up to 0.11.2 go on after a failed migration")
    }

    static func crashed(_ instance: Instance) -> Fault {
        Fault(
            .failed, "\(instance.id) ended by itself.",
            why: instance.end + (instance.migrationLog.map { "; its log says: \($0)" } ?? ""),
            remedy: "read its saved log; `owui-upgrade status` names the file")
    }

    static func wrongVersion(_ instance: Instance, says said: String, expected: String) -> Fault {
        Fault(
            .failed, "\(instance.id) says that it is \(said), not \(expected).",
            why: "/api/version of \(ImageName.told(instance.image)) differs from the files that were read",
            remedy: "check what the image name or the command template leads to")
    }

    static func revisionChanged(_ revision: String?, expected: String) -> Fault {
        Fault(
            .conflict, "The schema has changed under this run.",
            why: "the database is at \(revision ?? "no single revision"), \(expected) was expected",
            remedy: "find out what else migrates or restores this database, then `owui-upgrade resume`")
    }

    static func migratedByOthers(_ revision: String, _ source: ImageFacts, run: String) -> Fault {
        Fault(
            .conflict, "Something else has migrated the database before this run started the target.",
            why: "the database is at \(revision), and \(source.version) knows it no further than \(source.head)",
            remedy: "start no old version on it. Give this run up with `owui-upgrade unlock \(run) --give-up`, let one "
                + "instance of the target serve, and then as many as there were")
    }

    /// `mayMigrate` says that what runs the other image may change a schema that is still the source's.
    static func settingsChanged(_ desired: Change.Desired, now: Settings?, mayMigrate: Bool = false) -> Fault {
        let asked = desired.settings
        let seen = now.map { $0.told(beside: asked) } ?? "nothing"
        return Fault(
            .conflict, "Someone else has changed \(desired.workload).",
            why: "this run asked for \(asked.told(beside: now ?? asked)), "
                + "the platform now shows \(seen)",
            remedy: mayMigrate && now?.image != asked.image
                ? "stop whoever made that change, and bring \(desired.workload) to zero instances; then "
                    + "`owui-upgrade resume` starts the old version only where its schema is still there"
                : "undo that change and stop whoever made it, then `owui-upgrade resume`")
    }

    static func automationCameBack(_ name: String, run: String) -> Fault {
        Fault(
            .conflict, "\(name) is active again, though this run had paused it.",
            why: "it would scale or revert the deployment in the middle of the procedure",
            remedy:
                "find out what started it again and have it paused as it was, then `owui-upgrade resume`; where that "
                + "cannot be, as after a `docker stack deploy`, give the run up with "
                + "`owui-upgrade unlock \(run) --give-up`, see to it that one version serves, and begin anew")
    }

    static func stranger(_ instance: Instance) -> Fault {
        Fault(
            .conflict, "\(instance.id) runs \(ImageName.told(instance.image)) beside the target.",
            why: "this run did not start it",
            remedy: "stop whatever started it, then `owui-upgrade resume`")
    }

    static func manyMigrators(_ ids: [String]) -> Fault {
        Fault(
            .conflict, "More than one instance of the target runs before the migration is done.",
            why: ids.joined(separator: ", "),
            remedy: "find out what started the others, then `owui-upgrade resume`")
    }

    static func overdue(_ goal: Goal, seconds: Int, living: [Instance], waitsFor: [String]) -> Fault {
        let instances = living.map { "\($0.id) \($0.told)" }.joined(separator: ", ")
        let locks = waitsFor.isEmpty ? "" : "; the migration waits for locks of \(waitsFor.joined(separator: ", "))"
        return Fault(
            .failed, "Nothing has moved for \(seconds) s while waiting for \(goal.told).",
            why: (instances.isEmpty ? "no instance runs" : instances) + locks,
            remedy: goal.remedy)
    }
}

extension Settings {
    /// Image and replicas, and what differs from other settings where those do not.
    fileprivate func told(beside other: Settings) -> String {
        var text = "\(ImageName.told(image)) with \(replicas) replicas"
        if image != other.image, ImageName.told(image) == ImageName.told(other.image) { text += " (\(image))" }
        if workers != other.workers { text += ", UVICORN_WORKERS \(workers ?? "not set")" }
        if migrations != other.migrations { text += ", ENABLE_DB_MIGRATIONS \(migrations ?? "not set")" }
        if grace != other.grace { text += ", a health check \(grace.told)" }
        return text
    }
}

extension Settings.Grace? {
    /// Said of a health check.
    package var told: String {
        switch self {
        case nil: "as written"
        case .forMigration: "patient with a migration"
        }
    }
}

extension Instance {
    /// Its condition in a few words.
    package var told: String {
        switch (state, answer) {
        case (.ended(let exit), _): "has ended (\(exit))"
        case (.stopping, _): "has not ended yet"
        case (.withdrawn, _): "is not running, and its platform has not let go of it yet"
        case (.running, .none): "runs, its port is closed"
        case (.running, .unwell(let reason)): "is not well (\(reason))"
        case (.running, .serving(let version)): "serves \(version)"
        }
    }
}

extension Goal {
    /// What to do where nothing moves towards it.
    fileprivate var remedy: String {
        switch self {
        case .migrated:
            "the migration was left running: look at it with `owui-upgrade status`, then `owui-upgrade resume`"
        case .quiet, .automated:
            "look at what scales or reverts this deployment and mend what keeps it, then `owui-upgrade resume`"
        case .healthy:
            "look at its log; where it only needs time, wait on with `owui-upgrade resume`; where its settings had to be "
                + "mended, start it anew with `owui-upgrade resume --restart`"
        case .fleetServing, .allServing, .sourceServing, .verified:
            "look at these instances and their logs, mend what keeps them, end those that must take up mended settings, "
                + "then `owui-upgrade resume`"
        case .oneLeft, .noneLeft:
            "look at these instances and their logs, mend what keeps them, then `owui-upgrade resume`"
        }
    }

    /// What is waited for, in a few words that follow "waiting for".
    package var told: String {
        switch self {
        case .quiet: "automation to be quiet"
        case .oneLeft: "all instances but one to end"
        case .noneLeft: "every instance and its database sessions to end"
        case .migrated: "the schema to reach the target's head"
        case .healthy: "the migrating instance to serve"
        case .fleetServing: "every replica to serve"
        case .allServing: "the migrating instance to be replaced"
        case .sourceServing: "the old version to serve again"
        case .automated: "automation to be active again"
        case .verified: "every instance to show the target from outside"
        }
    }
}
