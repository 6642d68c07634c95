import UpgradeCore

/// Why `local up` does not start a version.
extension Fault {
    /// `fits` is a version whose schema the database has.
    static func noVersion(_ group: String, fits: String?) -> Fault {
        Fault(
            .missing, "\(group) was never started, so its version is not known.",
            why: fits.map { "the database has the schema of \($0)" } ?? "",
            remedy: "name one, such as `owui-upgrade local up --version \(fits ?? "0.12.4")`")
    }

    static func otherVersion(_ group: String, has: String, asked: String) -> Fault {
        Fault(
            .refused, "\(has) of \(group) runs, and \(asked) must not start beside it.",
            why: "two versions on one database read schemas that they do not know",
            remedy: "upgrade what runs with `owui-upgrade --to \(asked)`; `owui-upgrade local down` stops it")
    }

    static func othersOnDatabase(_ sessions: [Session]) -> Fault {
        let who = sessions.map { session in
            "server process \(session.pid)" + (session.instance.map { " of \($0)" } ?? "")
                + (session.client.isEmpty ? "" : " from \(session.client)")
        }
        return Fault(
            .refused, "Something that looks like Open WebUI is on the database, but is not an instance of this group.",
            why: who.joined(separator: "; "),
            remedy: "stop it, for another local group with `owui-upgrade local down --group FOLDER`, "
                + "or give its sessions an application_name if it is something else; then try again")
    }

    static func severalRevisions(_ revisions: [SchemaRevision]) -> Fault {
        Fault(
            .refused, "The database has more than one revision.",
            why: revisions.map { "\($0.schema): \($0.rows.joined(separator: ", "))" }.joined(separator: "; "),
            remedy: "find out which alembic_version is the right one and remove the other, with upstream's help")
    }

    static func usersWithoutRevision(_ facts: ImageFacts) -> Fault {
        Fault(
            .refused, "The database has users but no revision, and \(facts.version) would migrate it without a backup.",
            why: "there is no alembic_version with a row, as in installations that are older than 0.4",
            remedy:
                "check DATABASE_URL and DATABASE_SCHEMA; if it is such an old installation, bring it to 0.5 by hand "
                + "after a backup, then start that version here")
    }

    static func servesWithoutSchema(_ facts: ImageFacts, _ revision: String?) -> Fault {
        Fault(
            .failed, "One instance of \(facts.version) serves, but its migration has failed.",
            why: "the database is at \(revision ?? "no revision"), and \(facts.version) ends at \(facts.head)",
            remedy: "stop it with `owui-upgrade local down`; its log says why the migration failed")
    }

    /// The version knows the schema and would migrate it.
    static func wouldMigrate(_ facts: ImageFacts, from revision: String, fits: [String], isRunning: Bool) -> Fault {
        Fault(
            .refused, "\(facts.version) would migrate this database, and `local up` makes no backup.",
            why: "the database is at \(revision), and \(facts.version) ends at \(facts.head)",
            remedy: first(isRunning) + start(fits, revision)
                + ", then upgrade it with `owui-upgrade --to \(facts.image)`")
    }

    /// The schema is newer than the version, or none of this release line.
    static func unknownSchema(_ facts: ImageFacts, _ revision: String, fits: [String], isRunning: Bool) -> Fault {
        Fault(
            .refused, "\(facts.version) does not know the schema that this database has.",
            why: "revision \(revision) is not among the \(facts.chain.count) migrations of \(facts.image)",
            remedy: first(isRunning) + start(fits, revision)
                + "; for \(facts.version) the database must be put back from a backup first")
    }

    private static func first(_ isRunning: Bool) -> String {
        isRunning ? "stop the group with `owui-upgrade local down`, " : ""
    }

    private static func start(_ fits: [String], _ revision: String) -> String {
        guard let version = fits.first else {
            return
                "find the version whose migrations end at \(revision) (`owui-upgrade releases` lists what is known), "
                + "install it and start it with `owui-upgrade local up --version VERSION`"
        }
        return "start \(version), whose schema this is, with `owui-upgrade local up --version \(version)`"
    }
}
