import UpgradeCore

// Faults of finding and reaching an engine.
extension Fault {
    static func badEngineAddress(_ address: String, why: String) -> Fault {
        Fault(
            .invalid, "\(address) is not the address of a Docker engine.", why: why,
            remedy: "set DOCKER_HOST to unix:///var/run/docker.sock, tcp://HOST:PORT or ssh://USER@HOST")
    }

    static func unverifiedEngine(_ host: String, _ by: String) -> Fault {
        Fault(
            .denied, "The engine at \(host) would not be verified.",
            why: "\(by) asks for TLS with a certificate that nobody checks",
            remedy: "set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH to a folder with ca.pem, cert.pem and key.pem")
    }

    static func badDockerConfiguration(_ path: String) -> Fault {
        Fault(
            .invalid, "\(path) cannot be understood.", why: "it is not the JSON that docker writes",
            remedy: "correct \(path); `docker info` reads it too")
    }

    static func noContext(_ name: String, in folder: String) -> Fault {
        Fault(
            .missing, "There is no docker context \(name).", why: "none in \(folder) bears that name",
            remedy: "choose one that `docker context ls` shows, in DOCKER_CONTEXT or with `docker context use`")
    }

    static func noEngineInContext(_ name: String) -> Fault {
        Fault(
            .invalid, "The docker context \(name) names no engine.", why: "it has no host",
            remedy: "correct it with `docker context update \(name) --docker host=…`, or set DOCKER_HOST")
    }

    static func noEngineSocket(_ address: String, _ path: String) -> Fault {
        Fault(
            .unavailable, "No Docker engine listens at \(address).", why: "there is no \(path)",
            remedy: "start it (`systemctl start docker`), or name another engine in DOCKER_HOST")
    }

    static func engineDenied(_ address: String, _ path: String) -> Fault {
        Fault(
            .denied, "The Docker engine at \(address) may not be asked by this user.",
            why: "permission denied on \(path)",
            remedy: "give the command as a user who may (`usermod -aG docker USER`, then log in again)")
    }

    static func engineAway(_ address: String, why: String) -> Fault {
        Fault(
            .unavailable, "No Docker engine answers at \(address).", why: why,
            remedy: "look with `docker info` whether it runs, and start it (`systemctl start docker`)")
    }

    static func noTunnel(_ place: String, why: String) -> Fault {
        Fault(
            .failed, "No socket can be made for the way to \(place).", why: why,
            remedy: "set XDG_RUNTIME_DIR to a folder of your own, with a short name, then give the same command again")
    }

    static func oldEngine(_ address: String, _ version: String, _ api: EngineVersion) -> Fault {
        Fault(
            .refused, "The Docker engine at \(address) is too old: it is \(version).",
            why: "it speaks API \(api), and \(EngineVersion.oldest) is needed",
            remedy: "upgrade it to Docker Engine 20.10 or newer")
    }

    static func newEngine(_ address: String, _ version: String, _ api: EngineVersion) -> Fault {
        Fault(
            .refused, "The Docker engine at \(address) is too new for this tool: it is \(version).",
            why: "it speaks API \(api) and newer only, and this tool knows up to \(EngineVersion.newest)",
            remedy:
                "use a newer owui-upgrade, or set \"min-api-version\": \"\(EngineVersion.newest)\" in its daemon.json")
    }
}

// Faults of what an engine is asked.
extension Fault {
    static func engineRefused(_ purpose: String, status: Int, said: String) -> Fault {
        let said = said.trimmed
        let kind = engineKind(status)
        return Fault(
            kind, "The Docker engine did not \(purpose).", why: said.isEmpty ? "it answered \(status)" : said,
            remedy: engineRemedy(kind))
    }

    private static func engineKind(_ status: Int) -> Kind {
        switch status {
        case 400, 405, 406: .invalid
        case 401, 403: .denied
        case 404: .missing
        case 409: .conflict
        // A manager whose swarm has no leader yet, as after a start of the engine.
        case 503: .unavailable
        default: .failed
        }
    }

    private static func engineRemedy(_ kind: Kind) -> String {
        switch kind {
        case .missing: "look with `docker ps --all` and `docker images` what there is, then give the same command again"
        case .conflict: "look with `docker ps --all` who else changes it, then give the same command again"
        case .denied: "let the user of this process do that on the engine, then give the same command again"
        case .unavailable: "look with `docker info` whether it is whole, then give the same command again"
        default: "look into the engine's log (`journalctl -u docker`), then give the same command again"
        }
    }

    static func unreadEngineAnswer(_ what: String, why: String) -> Fault {
        Fault(
            .invalid, "The Docker engine's answer cannot be understood: \(what).", why: why,
            remedy: "look with `docker version` which engine that is; report this as a fault of owui-upgrade")
    }

    static func unwritableRequest(why: String) -> Fault {
        Fault(
            .bug, "A request to the Docker engine cannot be written.", why: why,
            remedy: "report this as a fault of owui-upgrade")
    }

    static func eventsEnded(_ address: String, why: String = "the connection was closed") -> Fault {
        Fault(
            .unavailable, "The Docker engine at \(address) has ended its stream of events.",
            why: why, remedy: "look with `docker info` whether it runs")
    }

    static func damagedArchive(_ why: String) -> Fault {
        Fault(
            .invalid, "An archive from the Docker engine cannot be read.", why: why,
            remedy: "give the same command again; `docker cp` shows whether the files can be had at all")
    }

    static func archiveTooLarge(_ path: String, limit: Int) -> Fault {
        Fault(
            .invalid, "\(path) of the container is too large to be read.",
            why: "it has more than \(limit) bytes", remedy: "check that the image is one of Open WebUI")
    }
}
