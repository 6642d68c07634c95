import UpgradeCore

/// What is said where a Compose project cannot be found or asked.
extension Fault {
    static func noDocker() -> Fault {
        Fault(
            .missing, "docker is not on this machine.", why: "it is in no folder of PATH",
            remedy: "install Docker's client and its plugin compose, then give the same command again")
    }

    static func noCompose(why: String) -> Fault {
        Fault(
            .missing, "`docker compose` is not on this machine.", why: why,
            remedy:
                "install the plugin (Debian and Ubuntu: docker-compose-plugin, or docker-compose of at least 2.20); "
                + "`docker compose version` shows it")
    }

    static func oldCompose(_ version: String) -> Fault {
        Fault(
            .refused, "Compose is too old.", why: "it is \(version), and at least 2.20 is needed",
            remedy: "install a newer plugin for `docker compose`, then give the same command again")
    }

    static func composeFailed(_ command: ComposeCommand, why: String) -> Fault {
        let isAway = engineLost.contains(where: why.contains)
        return Fault(
            isAway ? .unavailable : .failed, "`docker compose \(command.verb.first ?? "")` failed.", why: why,
            remedy: isAway
                ? "look with `docker info` whether the engine runs, then give the same command again"
                : "mend what it says, then give the same command again")
    }

    /// What docker's client says of an engine that it does not reach, or that went away in the middle of a call.
    private static let engineLost = ["Cannot connect to the Docker daemon", "error during connect"]

    static func composeConfigUnreadable() -> Fault {
        Fault(
            .invalid, "What `docker compose config` printed is no JSON.",
            remedy: "look at it with `docker compose config --format json`")
    }

    static func noComposeFile(in folder: String) -> Fault {
        Fault(
            .missing, "There is no Compose project in \(folder).",
            why: "neither it nor a folder above it has a \(ComposeFiles.names.joined(separator: ", "))",
            remedy: "go to the project's folder, or name its files with -f")
    }

    static func noComposeFile(named file: String) -> Fault {
        Fault(
            .missing, "The Compose file \(file) is not there.", why: "it was named with -f or in COMPOSE_FILE",
            remedy: "name the files that there are with -f")
    }

    static func composeFileElsewhere(_ path: String) -> Fault {
        Fault(
            .refused, "The Compose file \(path) is no file of this machine.",
            why: "the new version is written into the files of the project, and nothing can be written there",
            remedy: "keep the file in a folder of this machine, and name it with -f")
    }

    static func otherProject(_ files: [String], _ differences: [String], folder: String) -> Fault {
        Fault(
            .refused, "Compose finds another project in \(folder) than the one of \(files.joined(separator: ", ")).",
            why: "they differ in \(differences.prefix(5).joined(separator: ", "))",
            remedy: "go to the project's own folder, or name its files with -f")
    }

    static func noOpenWebUI(_ project: String, services: [String]) -> Fault {
        Fault(
            .refused, "No service of \(project) is Open WebUI by its image.",
            why: services.isEmpty ? "it has no service" : "it has \(services.joined(separator: ", "))",
            remedy: services.isEmpty
                ? "check the files and profiles with `docker compose config --services`"
                : "say which one is with `--service NAME`")
    }

    static func noSuchService(_ service: String, _ project: String, services: [String]) -> Fault {
        Fault(
            .missing, "\(project) has no service \(service).",
            why:
                "it has \(services.joined(separator: ", ")); services of a profile that is not asked for are not there",
            remedy: "name one of them with --service, or the profile with --profile")
    }

    static func manyOpenWebUI(_ services: [String], why: String) -> Fault {
        Fault(
            .refused, "More than one service is Open WebUI: \(services.joined(separator: ", ")).", why: why,
            remedy: "say which one is to be upgraded with `--service \(services[0].shellWord)`")
    }
}
