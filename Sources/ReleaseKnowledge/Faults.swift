import UpgradeCore

/// The words of this module, in one place so that they are read together.
extension Fault {
    private static let askUpstream =
        "Use an image of an Open WebUI release that is not altered; if this one is not, report it with the file's text."

    static let noMigrations = Fault(
        .invalid, "The image holds no migrations.",
        why: "There is no migration file in open_webui/migrations/versions.",
        remedy:
            "Check that the image is Open WebUI 0.5.0 or later, and that the version folder in the template is right.")

    static func unreadMigration(_ file: String, why: String) -> Fault {
        Fault(.invalid, "The migration file \(file) cannot be read.", why: "\(why).", remedy: askUpstream)
    }

    static func duplicateRevision(_ id: String, in files: [String]) -> Fault {
        Fault(
            .invalid, "The revision \(id) is there twice.", why: "It is in \(files.joined(separator: " and ")).",
            remedy:
                "Remove what is left over of an earlier version: install the target into a fresh folder, or pull a clean image."
        )
    }

    static func mergedRevision(_ id: String, in file: String, parents: [String]) -> Fault {
        Fault(
            .invalid, "The migrations do not make one line: \(id) merges others.",
            why: "\(file) has the parents \(parents.joined(separator: ", ")).", remedy: askUpstream)
    }

    static func missingParent(_ parent: String, of id: String) -> Fault {
        Fault(
            .invalid, "A migration is missing: \(parent).", why: "\(id) follows it.",
            remedy: "The image or installation is not complete: pull or install it again.")
    }

    static func severalHeads(_ heads: [String]) -> Fault {
        Fault(
            .invalid, "The migrations do not make one line: they have \(heads.count) heads.",
            why: "Nothing follows \(heads.joined(separator: ", ")).", remedy: askUpstream)
    }

    static func severalFirsts(_ firsts: [String]) -> Fault {
        Fault(
            .invalid, "The migrations do not make one line: they have \(firsts.count) beginnings.",
            why: "\(firsts.joined(separator: ", ")) follow nothing.", remedy: askUpstream)
    }

    static func circle(_ ids: [String]) -> Fault {
        Fault(
            .invalid, "The migrations go in a circle.", why: "\(ids.joined(separator: ", ")) follow each other.",
            remedy: askUpstream)
    }

    static func unreadVersion(in file: String, why: String) -> Fault {
        Fault(
            .invalid, "The version of Open WebUI cannot be read from \(file).", why: "\(why).",
            remedy: "Check that the image or the folder is Open WebUI's; a custom image must keep \(file).")
    }

    /// The database is at a revision that the target's image does not hold.
    static func downgrade(from current: String, to head: String, target: String?) -> Fault {
        let image = target.map { "Open WebUI \($0)" } ?? "the target"
        let what = "The database is newer than \(image): going there would be a downgrade."
        guard let known = KnownRevision.identified(current) else {
            return Fault(
                .refused, what,
                why: "Its revision \(current) is not among the migrations of the target, whose head is \(head); "
                    + "it is not in the built-in table of releases either, so which release has it is not known.",
                remedy: "Name the version that the database was last used with, or a later one, with `--to`.")
        }
        return Fault(
            .refused, what,
            why: "Its revision \(current) (\(known.slug)) came with Open WebUI \(known.first), "
                + "and is not among the migrations of the target, whose head is \(head).",
            remedy: "Run `owui-upgrade --to v\(known.first)` or name a later version, "
                + "or restore a backup from before that release.")
    }
}

/// The words of the prechecks' findings. All are refusals before any change.
extension Fault {
    private static let thenAgain = "then run the same command again."

    static func channelMembers(count: String) -> Fault {
        Fault(
            .refused, "The migration 2f1211949ecc (0.6.41) would fail: the table channel_member holds rows.",
            why: "It has \(count) rows, and the migration adds the required column joined_at without a value for them.",
            remedy: "Releases up to 0.6.40 never write this table: look where the rows come from with "
                + "`SELECT * FROM channel_member`, keep a copy, delete them, \(thenAgain)")
    }

    static func invalidJSON(column: String, users: [String]) -> Fault {
        Fault(
            .refused, "The migration b10670c03dd5 (0.6.41) would fail: some users' \(column) is not JSON.",
            why: "It casts the column to json; it cannot for \(listed(users, "user")).",
            remedy: "Correct it with `UPDATE \"user\" SET \(column) = NULL WHERE id = '…'` or repair the text, "
                + thenAgain)
    }

    static func duplicatePrompts(_ names: [String]) -> Fault {
        Fault(
            .refused, "The migration 374d2f66af06 (0.8.0) would fail: prompts differ by a leading slash alone.",
            why: "It strips the slash and wants each command once; it is not for \(listed(names, "command")).",
            remedy: "Rename one of each pair in Workspace, Prompts, \(thenAgain)")
    }

    static func incompletePrompts(_ commands: [String]) -> Fault {
        Fault(
            .refused, "The migration 374d2f66af06 (0.8.0) would fail: prompts lack a title, content, owner or time.",
            why: "It requires all four; they are not there for \(listed(commands, "command")).",
            remedy: "Fill in or delete these rows of the table prompt, \(thenAgain)")
    }

    static func duplicateIDs(table: String, ids: [String]) -> Fault {
        Fault(
            .refused,
            "The migration 461111b60977 (0.9.6) would fail: ids of the table \(table) are duplicate or missing.",
            why: "It adds the primary key; it cannot for \(listed(ids, "id")).",
            remedy: "Look at them with `SELECT ctid, * FROM \"\(table)\" WHERE id IS NULL OR id IN (…)`, "
                + "delete the copies by their ctid, \(thenAgain)")
    }

    static func duplicateEmails(users: [String]) -> Fault {
        Fault(
            .refused, "The migration f0bd01a18a3d (0.11.0) would fail: users share an e-mail address.",
            why: "Addresses must differ by more than upper and lower case; they do not for \(listed(users, "user")).",
            remedy:
                "Merge or remove the duplicate users in Admin Panel, Users, or give one another address, \(thenAgain)")
    }

    static func leftover(_ thing: String, of revision: String) -> Fault {
        let known = KnownRevision.identified(revision)
        let release = known.map { " (\($0.first))" } ?? ""
        return Fault(
            .refused, "The migration \(revision)\(release) would fail: the \(thing) is already there.",
            why: "The migration makes it without looking; it may be left of a repair by hand, "
                + "or of alembic_version being changed by hand.",
            remedy: "Restore the backup from before the repair, or, when the \(thing) holds nothing that is needed, "
                + "drop it, \(thenAgain)")
    }

    /// At most five names; a finding is read by a person, who has the SQL for the rest.
    private static func listed(_ names: [String], _ noun: String) -> String {
        let shown = names.prefix(5).joined(separator: "; ")
        let more = names.count > 5 ? " and more" : ""
        return "\(noun) \(shown)\(more)"
    }
}
