extension Fault {
    static func asked(_ what: String, why: String = "", remedy: String) -> Fault {
        Fault(.refused, what, why: why, remedy: remedy)
    }

    static func noWorkload() -> Fault {
        asked(
            "There is no Open WebUI workload to upgrade.", why: "the platform shows none",
            remedy: "look at what runs with `owui-upgrade local ps`, and name its folder with --group")
    }

    static func nothingRuns(_ workload: String) -> Fault {
        asked(
            "No instance of \(workload) runs.",
            why: "an upgrade starts from a deployment that serves, so that it can tell what it must bring back",
            remedy: "start the present version, for local groups with `owui-upgrade local up`, and try again")
    }

    static func mixedVersions(_ images: [String]) -> Fault {
        asked(
            "Two versions run at once: \(images.joined(separator: ", ")).",
            why: "an old version must not read a schema that a newer one has changed",
            remedy: "stop the instances of one of them, then try again")
    }

    static func notServing(_ ids: [String]) -> Fault {
        asked(
            "Not every instance serves: \(ids.joined(separator: ", ")).",
            why: "an upgrade of a deployment that is already unwell could not tell its own failures from those",
            remedy: "look at the logs of these instances and mend them first")
    }

    static func strays(_ sessions: [Session]) -> Fault {
        let who = sessions.map { "server process \($0.pid)\($0.client.isEmpty ? "" : " from \($0.client)")" }
        return asked(
            "Something that looks like Open WebUI is on the database, but is not an instance of this deployment.",
            why: who.joined(separator: "; "),
            remedy: "end it, or give its sessions an application_name if it is something else; where they are this "
                + "deployment's own, behind an address that stands for others, have it reach the database without that; "
                + "then try again")
    }

    static func noRevision() -> Fault {
        asked(
            "The database has no revision: there is no alembic_version with a row.",
            why: "either Open WebUI never ran on it, or this is not its database",
            remedy: "check DATABASE_URL and DATABASE_SCHEMA of the deployment")
    }

    static func manyRevisions(_ revisions: [SchemaRevision]) -> Fault {
        let places = revisions.map { "\($0.schema): \($0.rows.joined(separator: ", "))" }
        return asked(
            "The database has more than one revision.", why: places.joined(separator: "; "),
            remedy: "find out which alembic_version is the right one and remove the other, with upstream's help")
    }

    static func notAtSourceHead(_ revision: String, _ source: ImageFacts) -> Fault {
        asked(
            "The schema is not the one of the version that runs.",
            why: "the database is at \(revision), and \(source.version) ends at \(source.head)",
            remedy: "find out what migrated the database; the running version must own its schema before an upgrade")
    }

    static func downgrade(_ revision: String, _ target: ImageFacts) -> Fault {
        asked(
            "\(target.version) does not know the schema that this database has.",
            why: "revision \(revision) is not among the \(target.chain.count) migrations of "
                + ImageName.told(target.image),
            remedy: "choose a version that is at least as new as the one that runs; a way back needs a backup")
    }

    static func emptyChain(_ image: ImageFacts) -> Fault {
        asked(
            "The head of \(ImageName.told(image.image)) cannot be read.", why: "no migrations were found in it",
            remedy: "check that it is a complete Open WebUI installation")
    }

    static func notTheVersion(_ image: ImageFacts, asked version: Version) -> Fault {
        asked(
            "\(ImageName.told(image.image)) is not \(version).", why: "its files say \(image.version)",
            remedy: "check where the name leads, or ask for --to \(image.version)")
    }

    static func backupNotChosen() -> Fault {
        asked(
            "This upgrade changes the schema, and no backup was asked for.",
            why: "after a migration only a backup leads back",
            remedy: "choose --backup pg_dump, or say --backup none --acknowledge-no-backup")
    }

    static func otherThanTheTarget(_ companion: ImageFacts, _ target: ImageFacts) -> Fault {
        asked(
            "\(ImageName.told(companion.image)) is not the same release as \(ImageName.told(target.image)).",
            why: "it is \(companion.version) and ends at \(companion.head.isEmpty ? "no revision" : companion.head), "
                + "not \(target.version) at \(target.head)",
            remedy: "ask for a release that every workload's image has, or give the companion the same image first")
    }

    static func tooManyFailures(_ fault: Fault, attempts: Int) -> Fault {
        guard attempts > 1 else { return fault }
        return Fault(fault.kind, fault.what, why: "\(fault.why) (tried \(attempts) times)", remedy: fault.remedy)
    }
}

extension Fault {
    static func revisionMoved(
        _ revision: String?, source: ImageFacts, backup: BackupRecord?, cause: Fault?
    ) -> Fault {
        let reason = cause.map { "; the run went back because: \($0.what)" } ?? ""
        return Fault(
            .refused, "The schema is no longer the one of \(source.version), so \(source.version) was not started.",
            why:
                "the database is at \(revision ?? "no single revision"), \(source.version) needs \(source.head)\(reason)",
            remedy: backup == nil
                ? "mend the cause and go on with `owui-upgrade resume`"
                : "go on with `owui-upgrade resume` after a fix, or go back with `owui-upgrade rollback --restore`")
    }

    static func nothingToGoBackFrom(_ run: String) -> Fault {
        Fault(
            .refused, "Run \(run) has changed nothing that could be taken back.",
            remedy: "look at the runs of this deployment with `owui-upgrade history`")
    }

    static func alreadyBack(_ run: String) -> Fault {
        Fault(
            .refused, "Run \(run) has gone back already.",
            remedy: "see what serves now with `owui-upgrade status`")
    }

    static func nothingToRestart(_ run: String) -> Fault {
        Fault(
            .refused, "Run \(run) does not wait for an instance that could be started anew.",
            why: "only a run that holds at \(Step.awaitHealthy.rawValue) does, where the migration is done",
            remedy: "see where it stands, and what to type next, with `owui-upgrade status`")
    }

    static func noBackup(_ run: String) -> Fault {
        Fault(
            .refused, "Run \(run) made no backup that could be restored.",
            remedy: "restore a backup of your own by hand, then `owui-upgrade rollback`")
    }

    static func goingBackNeedsRestore(_ run: String, hasBackup: Bool, seen: DatabaseState? = nil) -> Fault {
        let now = seen.map { "the database is at \($0.revision ?? "no single revision")" }
        return Fault(
            .refused, "The schema has moved, and the old version must not start on it.",
            why: now ?? "run \(run) has migrated the database",
            remedy: hasBackup
                ? "go back with the backup's data: `owui-upgrade rollback --restore` (what was written since is lost)"
                : "restore a backup by hand, then `owui-upgrade rollback`; this run knows of none that it could restore"
        )
    }
}
