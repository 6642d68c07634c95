import UpgradeCore

/// What is said where the new version cannot be written into the files of a project.
extension Fault {
    private static let again = "then give the same command again"

    static func imageNotFound(_ service: String, written: String, files: [String]) -> Fault {
        Fault(
            .refused, "Where the image of \(service) is written cannot be told.",
            why:
                "no line of \(files.joined(separator: ", ")) or of what they include and extend reads `image: \(written)`",
            remedy: "write `image:` of \(service) in one line of \(files.last ?? "the Compose file"), \(again)")
    }

    static func imageNotFollowed(_ service: String, _ line: ImageLine) -> Fault {
        Fault(
            .refused, "The image of \(service) is put together in a way that cannot be edited safely.",
            why: "line \(line.number) of \(line.file) is `image: \(line.written)`",
            remedy: "write the version there as a tag, as one variable or as `${NAME:-tag}`, \(again)")
    }

    static func imageIsDigest(_ service: String, _ line: ImageLine) -> Fault {
        Fault(
            .refused, "The image of \(service) is pinned to a digest, and no digest was asked for.",
            why: "line \(line.number) of \(line.file) is `image: \(line.written)`; the pin would be lost",
            remedy:
                "ask for the new release by its digest (`--to sha256:...`), or take the digest out of that line and "
                + "type `docker compose up -d`, \(again)")
    }

    static func imageOfOtherForm(_ image: String, _ line: ImageLine) -> Fault {
        Fault(
            .refused, "\(image) cannot be written where the present image is written.",
            why:
                "line \(line.number) of \(line.file) is `image: \(line.written)`, and no single part of it makes that name",
            remedy: "write the whole image as one literal name in that line, \(again)")
    }

    static func variableOfEnvironment(_ name: String, _ value: String, service: String) -> Fault {
        Fault(
            .refused, "The version of \(service) comes from the environment of this process and cannot be written.",
            why: "\(name) is set there, and what is set there wins over every file",
            remedy: "set it in the project's `.env` and not in the environment: write the line there with the present "
                + "version, then `unset \(name)`, \(again); the line will become `\(name)=\(value)`")
    }

    static func variableNotFollowed(_ name: String, _ file: String, line: Int) -> Fault {
        Fault(
            .refused, "The value of \(name) is put together in a way that cannot be edited safely.",
            why: "it is set in line \(line) of \(file) with other variables, escapes or over several lines",
            remedy: "write its value there in full, \(again)")
    }

    static func onlyBuilt(_ service: String) -> Fault {
        Fault(
            .refused, "\(service) has no image: it is only built.", why: "its section has `build:` and no `image:`",
            remedy: "build the new version under a tag of its own and write `image:` into \(service), \(again)")
    }

    static func lineWantedTwice(_ first: VersionEdit.Line, _ second: VersionEdit.Line) -> Fault {
        Fault(
            .refused, "Two services share the line of their image and would need different ones.",
            why: "line \(first.number) of \(first.file) would have to be `\(first.after)` and "
                + "`\(second.after)`", remedy: "give each service an `image:` of its own, \(again)")
    }

    static func fileNotEditable(_ path: String, why: String) -> Fault {
        Fault(
            .denied, "\(path) cannot be rewritten.", why: why,
            remedy: "give this user the right to write the file and its folder, \(again)")
    }

    static func byHand(_ line: VersionEdit.Line, _ cause: Fault) -> Fault {
        Fault(
            cause.kind, "The new version cannot be written into \(line.file).", why: cause.why,
            remedy: "make the file writable for this user; the only line to change is line \(line.number), from "
                + "`\(line.key)\(line.before)` to `\(line.key)\(line.after)`, \(again)")
    }

    static func notWritten(_ edit: VersionEdit, why: String) -> Fault {
        Fault(
            .refused, "The new version cannot be written without changing something else.",
            why: "\(edit.told): \(why)",
            remedy: "give the services that are upgraded a tag or a variable of their own in that line, \(again)")
    }

    static func writtenInVain(_ edit: VersionEdit, why: String) -> Fault {
        Fault(
            .conflict, "The version in the project's files does not decide as it should.",
            why: "\(edit.told): \(why)",
            remedy:
                "look at `docker compose config`, mend the files (what was written just now was put back), then `owui-upgrade resume`"
        )
    }

    static func lineChanged(_ line: VersionEdit.Line) -> Fault {
        Fault(
            .conflict, "Line \(line.number) of \(line.file) was changed by someone else.",
            why:
                "this run knows it as `\(line.key)\(line.before)` or `\(line.key)\(line.after)`, and overwrites nothing "
                + "else",
            remedy: "write it as `\(line.key)\(line.after)`, then `owui-upgrade resume`")
    }

    static func variableIsShared(_ edit: VersionEdit, _ name: String, with service: String) -> Fault {
        Fault(
            .refused, "The new version cannot be written without changing \(service).",
            why: "\(edit.told), and \(name) is in the environment of \(service), too, so that the next plain "
                + "`docker compose up -d` would make it anew",
            remedy: "list in a file of its own what \(service) needs and name that one as its `env_file`, or take "
                + "\(name) out of its `environment`; then `docker compose up -d` when \(service) may be made anew, "
                + "and give the same command again")
    }

    static func imageNameUnknown(_ image: String) -> Fault {
        Fault(
            .missing, "What the project's files called \(image) is not known any more.",
            why: "its name has no tag, and the digest is the engine's own",
            remedy: "write the image for its services into the files by hand, then `owui-upgrade resume`")
    }

    static func changedMeanwhile(_ path: String) -> Fault {
        Fault(
            .conflict, "\(path) was changed by someone else while it was written.", why: "nothing of it was replaced",
            remedy: "let the other editor finish, \(again)")
    }
}

extension VersionEdit {
    /// The edit in words.
    package var told: String {
        if lines.isEmpty { return "no line is to be changed" }
        return lines.map {
            "line \($0.number) of \($0.file) from `\($0.key)\($0.before)` to `\($0.key)\($0.after)`"
        }.joined(separator: "; ")
    }
}
