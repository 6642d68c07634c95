import UpgradeCore

/// `GET /containers/{id}/json`, as far as it is looked at.
struct EngineContainerAnswer: Decodable {
    let id: String
    let name: String
    let created: String
    let image: String
    let restartCount: Int
    let state: State
    let config: Config
    let hostConfig: HostConfig
    let mounts: [Mount]?
    let networkSettings: NetworkSettings

    struct State: Decodable {
        let status: String
        let pid: Int
        let exitCode: Int
        let oomKilled: Bool
        let error: String
        let startedAt: String
        let finishedAt: String
        let health: Health?
    }

    struct Health: Decodable {
        let status: String
        let failingStreak: Int
        let log: [Check]?

        struct Check: Decodable {
            let output: String
        }
    }

    struct Config: Decodable {
        let hostname: String?
        let image: String
        let labels: [String: String]?
        let env: [String]?
        let entrypoint: [String]?
        let cmd: [String]?
        let tty: Bool
        let stopSignal: String?
        let stopTimeout: Int?
    }

    struct HostConfig: Decodable {
        let restartPolicy: Restart?
        let autoRemove: Bool?
        let networkMode: String?

        struct Restart: Decodable {
            let name: String
            let maximumRetryCount: Int?
        }
    }

    struct Mount: Decodable {
        let type: String?
        let name: String?
        let source: String?
        let destination: String
        let rw: Bool
    }

    struct NetworkSettings: Decodable {
        let ports: [String: [Binding]?]?
        let networks: [String: Network]?

        struct Binding: Decodable {
            let hostIp: String
            let hostPort: String
        }

        struct Network: Decodable {
            let networkID: String
            let ipAddress: String
            let globalIPv6Address: String?
            let gateway: String
            let aliases: [String]?
        }
    }
}

extension EngineContainer {
    init(_ answer: EngineContainerAnswer) {
        id = answer.id
        name = answer.name.hasPrefix("/") ? String(answer.name.dropFirst()) : answer.name
        created = answer.created
        imageID = answer.image
        image = answer.config.image
        hostname = answer.config.hostname ?? ""
        labels = answer.config.labels ?? [:]
        environment = EngineSettings.environment(answer.config.env)
        state = State(answer.state)
        restarts = answer.restartCount
        let policy = answer.hostConfig.restartPolicy
        restartPolicy = EngineRestartPolicy(policy?.name ?? "", limit: policy?.maximumRetryCount ?? 0)
        stopSeconds = answer.config.stopTimeout
        stopSignal = answer.config.stopSignal.flatMap { $0.isEmpty ? nil : $0 }
        hasTerminal = answer.config.tty
        isRemovedAtEnd = answer.hostConfig.autoRemove ?? false
        mounts = (answer.mounts ?? []).map(Mount.init)
        networks = (answer.networkSettings.networks ?? [:]).sorted { $0.key < $1.key }.map(Network.init)
        ports = (answer.networkSettings.ports ?? [:]).sorted { $0.key < $1.key }.flatMap(Port.all)
        let mode = answer.hostConfig.networkMode ?? ""
        networkOf = mode.hasPrefix("container:") ? String(mode.dropFirst("container:".count)) : nil
        command = (answer.config.entrypoint ?? []) + (answer.config.cmd ?? [])
        health = answer.state.health.flatMap(Health.init)
    }
}

extension EngineContainer.State {
    init(_ answer: EngineContainerAnswer.State) {
        // How the engine writes that something never was.
        let moment = { (text: String) in text.hasPrefix("0001-") || text.isEmpty ? nil : text }
        status = Status(rawValue: answer.status) ?? .unknown
        pid = answer.pid
        exitCode = answer.exitCode
        wasKilledForMemory = answer.oomKilled
        error = answer.error
        startedAt = moment(answer.startedAt)
        finishedAt = moment(answer.finishedAt)
    }
}

extension EngineContainer.Mount {
    init(_ answer: EngineContainerAnswer.Mount) {
        type = answer.type ?? "bind"
        name = answer.name.flatMap { $0.isEmpty ? nil : $0 }
        source = answer.source ?? ""
        destination = answer.destination
        isWritable = answer.rw
    }
}

extension EngineContainer.Network {
    init(name: String, _ answer: EngineContainerAnswer.NetworkSettings.Network) {
        self.name = name
        id = answer.networkID
        address = answer.ipAddress
        address6 = answer.globalIPv6Address ?? ""
        gateway = answer.gateway
        aliases = answer.aliases ?? []
    }
}

extension EngineContainer.Port {
    /// The bindings of `8080/tcp`; none for a port that is only exposed.
    static func all(_ name: String, _ bindings: [EngineContainerAnswer.NetworkSettings.Binding]?) -> [Self] {
        let parts = name.split(separator: "/")
        guard let port = parts.first.flatMap({ Int($0) }) else { return [] }
        return (bindings ?? []).compactMap { binding in
            Int(binding.hostPort).map {
                Self(
                    port: port, transport: parts.count > 1 ? String(parts[1]) : "tcp", hostAddress: binding.hostIp,
                    hostPort: $0)
            }
        }
    }
}

extension EngineContainer.Health {
    /// nil for the word by which engines say that there is no check.
    init?(_ answer: EngineContainerAnswer.Health) {
        guard answer.status != "none" else { return nil }
        status = answer.status
        failures = answer.failingStreak
        output = (answer.log?.last?.output ?? "").trimmed
    }
}

/// How engines write settings.
enum EngineSettings {
    /// `NAME=value`; the last of a name counts, and a name without a value is not set.
    static func environment(_ lines: [String]?) -> [String: String] {
        var settings: [String: String] = [:]
        for line in lines ?? [] {
            guard let mark = line.firstIndex(of: "=") else { continue }
            settings[String(line[..<mark])] = String(line[line.index(after: mark)...])
        }
        return settings
    }
}
