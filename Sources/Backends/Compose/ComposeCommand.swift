/// One call of `docker compose`, as a value.
package struct ComposeCommand: Equatable, Sendable {
    /// nil until Compose itself has said it.
    package var projectName: String?
    package var directory: String
    /// Where it is run: files of a project may use `${PWD}`.
    package var folder: String
    /// Every file, in order; an override of this tool's own comes last.
    package var files: [String]
    /// Only what the person names: Compose finds `.env` by itself, and what is named is written into labels.
    package var envFiles: [String]
    package var profiles: [String]
    package var verb: [String]

    /// What follows `docker`.
    package var words: [String] {
        var words = ["compose", "--progress", "quiet", "--ansi", "never"]
        if let projectName { words += ["--project-name", projectName] }
        words += ["--project-directory", directory]
        words += files.flatMap { ["-f", $0] } + envFiles.flatMap { ["--env-file", $0] }
        return words + profiles.flatMap { ["--profile", $0] } + verb
    }

    /// Added to this process's own environment, all of which Compose may interpolate.
    ///
    /// Nothing that a person has set for their own calls may remove what this tool has made.
    package var environment: [String: String] {
        ["COMPOSE_REMOVE_ORPHANS": "false", "COMPOSE_IGNORE_ORPHANS": "true", "PWD": folder]
    }

    /// The verb that makes and starts what is missing of a service until there are so many; one that `recreates` also
    /// replaces, in its place, what differs from the files.
    ///
    /// `kept` says how many instances the services that this one depends on have, and keep. They are not left out with
    /// `--no-deps` where there are any: before 2.29.3 Compose hashes a service with what it depends on, and without it
    /// `--no-deps` would make containers that the next plain `up` recreates.
    package static func up(
        _ service: String, scale: Int, kept: [String: Int] = [:], recreates: Bool = false
    ) -> [String] {
        let kept = kept.filter { $0.key != service }.sorted { $0.key < $1.key }
        var words = ["up", "-d"]
        if kept.isEmpty { words.append("--no-deps") }
        if !recreates { words.append("--no-recreate") }
        words += ["--no-build", "--pull", "never"]
        for (name, count) in kept { words += ["--scale", "\(name)=\(count)"] }
        return words + ["--scale", "\(service)=\(scale)", service]
    }
}
