import UpgradeCore

// Faults of images and the registries that they come from.
extension Fault {
    static func badImageName(_ image: String) -> Fault {
        Fault(
            .invalid, "\(image) is not the name of an image.", why: "a name is REGISTRY/REPOSITORY:TAG",
            remedy: "correct the name; `docker images` shows some that are right")
    }

    static func noSuchImage(_ image: String) -> Fault {
        Fault(
            .missing, "The Docker engine does not have the image \(image).",
            why: "an image that is named by its id alone cannot be fetched",
            remedy: "name it by its repository and tag, or bring it with `docker load`")
    }

    static func notFetched(_ image: String, registry: String, _ fault: Fault, complaint: String) -> Fault {
        let login = registry == "docker.io" ? "docker login" : "docker login \(registry)"
        let remedy =
            fault.kind == .unavailable
            ? fault.remedy
            : "see that `docker pull \(image)` succeeds (where the registry wants to know who asks: `\(login)`), "
                + "then give the same command again"
        return Fault(
            fault.kind, "The image \(image) cannot be fetched.",
            why: complaint.isEmpty ? fault.why : "\(fault.why); \(complaint)", remedy: remedy)
    }

    static func foreignImage(_ image: String, _ platform: String, engine: String) -> Fault {
        Fault(
            .refused, "The image \(image) is not for this engine's machine.",
            why: "it is for \(platform), and the engine runs \(engine)",
            remedy: "`docker image rm \(image)`, and name one for \(engine)")
    }

    static func noRoomForImage(_ image: String, _ folder: String, free: Int, needed: Int) -> Fault {
        Fault(
            .exhausted, "There is no room for the image \(image) on the engine's disk.",
            why: "\(free / 1_000_000) MB are free in \(folder), and it needs more than \(needed / 1_000_000) MB more",
            remedy: "make room there (`docker system df` shows what takes it), then give the same command again")
    }

    static func notOpenWebUI(_ image: String) -> Fault {
        Fault(
            .refused, "There is no Open WebUI in the image \(image).",
            why: "it has neither /app/backend/open_webui/migrations nor a Python package open_webui",
            remedy: "name an image of Open WebUI, such as ghcr.io/open-webui/open-webui:v0.12.4")
    }

    static func manyInImage(_ image: String, _ folders: [String]) -> Fault {
        Fault(
            .refused, "Which Open WebUI of the image \(image) would run cannot be told.",
            why: "it is in \(folders.joined(separator: " and in "))", remedy: "name an image with one of them")
    }

    static func noVersionInImage(_ image: String, _ file: String) -> Fault {
        Fault(
            .refused, "The version of Open WebUI in the image \(image) cannot be read.",
            why: "there is no \(file), or more than one", remedy: "name an image that was built from a release")
    }

    static func badRegistryLogin(_ path: String, _ registry: String) -> Fault {
        Fault(
            .invalid, "The login for \(registry) in \(path) cannot be understood.",
            why: "its `auth` is not USER:PASSWORD in base64", remedy: "`docker login \(registry)` writes it anew")
    }

    static func silentCredentialHelper(_ program: String, _ registry: String) -> Fault {
        Fault(
            .unavailable, "\(program) does not answer.", why: "no login for \(registry) within a minute",
            remedy: "see that `echo \(registry) | \(program) get` answers, or name another in docker's config.json")
    }
}
