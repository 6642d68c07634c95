import UpgradeCore

/// What speaks against the upgrade of a Compose project, in words.
extension Fault {
    private static let anew = "then `docker compose up -d` and give the same command again"

    static func globalService(_ service: String, mode: String) -> Fault {
        Fault(
            .refused, "\(service) is not a service of which there can be one or several.",
            why: "deploy.mode is \(mode)",
            remedy: "take `mode` out of `deploy` of \(service), \(anew)")
    }

    static func fixedContainerName(_ service: String, _ name: String, replicas: Int) -> Fault {
        Fault(
            .refused, "\(service) cannot have \(replicas) instances.",
            why: "container_name gives every one of them the name \(name)",
            remedy: "take `container_name` out of \(service), \(anew), or ask for `--replicas 1`")
    }

    static func fixedPort(_ service: String, _ port: ComposeService.Port, replicas: Int) -> Fault {
        Fault(
            .refused, "\(service) cannot have \(replicas) instances on the ports of this machine that it publishes.",
            why: "port \(port.published ?? "") has room for \(port.room)",
            remedy:
                "publish a range such as `3000-30\(replicas < 11 ? "0" : "")\(replicas - 1):\(port.target ?? 8080)`, or "
                + "publish a proxy's port instead, \(anew), or ask for fewer with --replicas")
    }

    static func hostNetwork(_ service: String, replicas: Int) -> Fault {
        Fault(
            .refused, "\(service) cannot have \(replicas) instances.",
            why: "network_mode is host, where all of them would listen on the same port",
            remedy: "take `network_mode` out of \(service), \(anew), or ask for `--replicas 1`")
    }

    static func anonymousVolume(_ service: String, _ target: String) -> Fault {
        Fault(
            .refused, "An upgrade of \(service) would lose what is in \(target).",
            why: "it is in a volume without a name, which no new container finds again",
            remedy:
                "copy it out with `docker compose cp \(service.shellWord):\(target.shellWord) ./kept`, give the volume "
                + "a name (`volumes: [data:\(target)]`), \(anew)")
    }

    static func dataInContainer(_ service: String, _ folder: String) -> Fault {
        Fault(
            .refused, "An upgrade of \(service) would lose uploads.",
            why: "no volume is mounted at \(folder): they lie in the container itself",
            remedy:
                "copy them out with `docker compose cp \(service.shellWord):\(folder.shellWord) ./kept`, mount a volume "
                + "or folder at \(folder) with them, \(anew)")
    }

    static func secretKeyInContainer(_ service: String) -> Fault {
        Fault(
            .refused, "An upgrade of \(service) would log everyone out.",
            why: "neither WEBUI_SECRET_KEY nor WEBUI_SECRET_KEY_FILE is set: the key lies in each container by itself",
            remedy: "set WEBUI_SECRET_KEY to the one in /app/backend/.webui_secret_key "
                + "(`docker compose exec \(service.shellWord) cat /app/backend/.webui_secret_key`), \(anew)")
    }

    static func fixedComposeWorkers(_ service: String, _ place: String) -> Fault {
        Fault(
            .refused, "The number of workers of \(service) cannot be reduced for the migration.",
            why: "\(place) fixes it, and every worker migrates",
            remedy: "take it out and set UVICORN_WORKERS in `environment` of \(service), \(anew)")
    }

    static func sessionsNamed(_ service: String, by variable: String) -> Fault {
        Fault(
            .refused, "The database sessions of \(service) could not be told from others.",
            why: "\(variable) gives them an application_name, and those without one are known as Open WebUI's",
            remedy:
                "take application_name out of \(variable) of \(service), start it anew, then give the same command again"
        )
    }

    static func longStop(_ service: String, seconds: Int, deadline: Int) -> Fault {
        Fault(
            .refused, "An instance of \(service) may take longer to end than the run would wait for it.",
            why: "it may take \(seconds) s, and the plan's deadlines.stop is \(deadline) s",
            remedy: "write `deadlines: {stop: \(seconds + 60)}` into a plan, and name that with --plan")
    }

    static func unlisted(_ container: String, service: String, of project: String) -> Fault {
        Fault(
            .refused, "\(container) runs Open WebUI beside the services of \(project) that are upgraded.",
            why: "the project's files, as they are read now, have no service \(service)",
            remedy: "name the profile that it is in with --profile, or remove it with "
                + "`docker rm --force \(container.shellWord)`, then give the same command again")
    }

    static func filesBehind(_ service: String, _ images: VersionEdit.Images, _ line: VersionEdit.Line) -> Fault {
        Fault(
            .refused, "\(images.after) runs already, and the project's files say \(images.before) for \(service).",
            why: "a plain `docker compose up -d` would start \(images.before) on the schema that is there now",
            remedy: "change line \(line.number) of \(line.file) from `\(line.key)\(line.before)` to "
                + "`\(line.key)\(line.after)`, then give the same command again")
    }

    static func downTwice(_ service: String) -> Fault {
        Fault(
            .refused, "Users of \(service) have to wait twice, the second time for as long as it takes to start.",
            why: "its one instance migrates with other settings than its file has, and is made anew with those",
            remedy:
                "choose a time for it; the second wait is none with `UVICORN_WORKERS: 1` and migrations on, or with "
                + "two instances and a proxy before them")
    }

    static func otherFolder(_ container: String, _ folder: String, here: String, services: [String]) -> Fault {
        let words = services.map(\.shellWord).joined(separator: " ")
        return Fault(
            .refused, "What runs was made from another folder than \(here).",
            why: "\(container) was made in \(folder): journal and lock of an upgrade would be there, too",
            remedy: "go to \(folder) and give the same command there, or, where this folder has taken its place, type "
                + "`docker compose up -d --force-recreate \(words)` here, then give the same command again")
    }

    static func otherReplicasAsked(_ service: String, wanted: Int, written: Int) -> Fault {
        Fault(
            .refused, "\(service) is to have \(wanted) instances, and its file says \(written).",
            why: "the next plain `docker compose up -d` makes them \(written)",
            remedy: "write `deploy: {replicas: \(wanted)}` into \(service) to keep them")
    }

    static func otherReplicasRunning(_ service: String, running: Int, written: Int) -> Fault {
        Fault(
            .refused, "\(running) instances of \(service) run, and its file says \(written).",
            why: "a plain `docker compose up -d` makes them \(written)",
            remedy: "write `deploy: {replicas: \(running)}` into \(service) to keep them, or name the number that is "
                + "wanted with --replicas")
    }

    static func needsCompanion(_ service: String, _ companion: String) -> Fault {
        Fault(
            .refused, "\(service) cannot start while \(companion) does not run.",
            why: "it depends on \(companion), which must not run while \(service) migrates their database",
            remedy: "take \(companion) out of `depends_on` of \(service), \(anew)")
    }

    static func runsAgain(_ job: String, for service: String) -> Fault {
        Fault(
            .refused, "\(job) runs again during the upgrade.",
            why: "\(service) waits for it to complete, and Compose starts it whenever it starts \(service)",
            remedy: "make sure that \(job) may run again, as it does with every `docker compose up`")
    }

    static func waitedFor(_ service: String, by other: String) -> Fault {
        Fault(
            .refused, "\(other) waits for \(service) to be healthy.",
            why: "`docker compose up` in the middle of the upgrade would wait with it",
            remedy: "nothing is to be done: \(other) itself is left alone")
    }

    static func watched(_ service: String) -> Fault {
        Fault(
            .refused, "\(service) has a `develop` section.",
            why: "a `docker compose watch` that runs somewhere would recreate its containers during the upgrade",
            remedy: "end every `docker compose watch` of this project first")
    }

    static func builtImage(_ service: String) -> Fault {
        Fault(
            .refused, "The image of \(service) can be built here.",
            why: "it has `build:` beside `image:`; the upgrade builds nothing",
            remedy:
                "have the new version's image built or pulled before; a later `docker compose up --build` builds over it"
        )
    }

    static func alwaysPulled(_ service: String) -> Fault {
        Fault(
            .refused, "A plain `docker compose up -d` pulls the image of \(service) anew.",
            why: "pull_policy is always; where the tag has moved, every container is recreated at once",
            remedy: "ask for a numbered release, which does not move, or take `pull_policy` out")
    }

    static func editedSince(_ service: String, _ containers: [String], sameCompose: Bool) -> Fault {
        Fault(
            .refused, "The files say something else of \(service) than what its containers were made from.",
            why: "\(containers.joined(separator: ", ")): the hash of their configuration differs by more than the image"
                + (sameCompose ? "" : "; they were made by another version of Compose, which may be all"),
            remedy: sameCompose
                ? "bring the change in by itself with `docker compose up -d \(service.shellWord)`, or take it back, "
                    + "then give the same command again"
                : "know that the new containers are made from what the files say now")
    }

    static func alreadyWritten(_ service: String, _ image: String, running: String) -> Fault {
        Fault(
            .refused, "The files say \(image) for \(service) already, and \(running) runs.",
            why: "a plain `docker compose up -d` would start every instance of the new version at once",
            remedy: "let nobody type it before the upgrade has ended; for a way back the line is to be changed by hand")
    }
}
