/// A container as its engine shows it.
package struct EngineContainer: Equatable, Sendable {
    package let id: String
    /// Without the slash that the engine puts before it.
    package let name: String
    package let created: String
    /// The image that it was made from: `sha256:…`.
    package let imageID: String
    /// The image's name as it was asked for.
    package let image: String
    /// What its machine is called inside; that of the engine's machine where it shares its network.
    let hostname: String
    package let labels: [String: String]
    package let environment: [String: String]
    package let state: State
    /// How often the engine has started it again by itself.
    package let restarts: Int
    package let restartPolicy: EngineRestartPolicy
    /// How long it may take to end before it is killed; nil for the engine's default of ten seconds.
    package let stopSeconds: Int?
    /// nil for the engine's default, SIGTERM.
    package let stopSignal: String?
    /// Whether its output is one stream, as a terminal's is.
    package let hasTerminal: Bool
    package let isRemovedAtEnd: Bool
    package let mounts: [Mount]
    package internal(set) var networks: [Network]
    /// The id of the container whose network it shares; nil where it has its own.
    let networkOf: String?
    /// What its image, or whoever made it, has it start: entrypoint and command.
    let command: [String]
    package let ports: [Port]
    /// nil where no health check is configured.
    package let health: Health?

    /// What its process does or did.
    package struct State: Equatable, Sendable {
        package enum Status: String, Sendable {
            /// Made, and never started.
            case created
            case running, paused
            /// Its process has ended, and the engine starts it again.
            case restarting
            case removing
            case exited, dead
            /// A word that only newer engines know.
            case unknown
        }

        package let status: Status
        /// 0 where nothing runs.
        package let pid: Int
        package let exitCode: Int
        package let wasKilledForMemory: Bool
        /// Why it could not be started; empty where it could.
        package let error: String
        /// As the engine writes it; nil for a container that was never started.
        package let startedAt: String?
        package let finishedAt: String?

        /// Whether no process of it is left and the engine starts none again by itself.
        package var hasEnded: Bool { pid == 0 && [.created, .exited, .dead].contains(status) }
    }

    /// A volume, a folder of the engine's machine, or memory.
    package struct Mount: Equatable, Sendable {
        /// `volume`, `bind`, `tmpfs`.
        package let type: String
        /// Of a volume.
        package let name: String?
        package let source: String
        package let destination: String
        package let isWritable: Bool
    }

    /// Its place in a network; the address is empty while it does not run.
    package struct Network: Equatable, Sendable {
        package let name: String
        package let id: String
        package let address: String
        /// Of IPv6; empty where the network has none.
        let address6: String
        package let gateway: String
        package let aliases: [String]
    }

    /// A port that the engine's machine passes on to it.
    package struct Port: Equatable, Sendable {
        package let port: Int
        /// `tcp`, `udp`, `sctp`.
        package let transport: String
        package let hostAddress: String
        package let hostPort: Int
    }

    /// What its own health check says.
    package struct Health: Equatable, Sendable {
        /// `starting`, `healthy`, `unhealthy`.
        package let status: String
        package let failures: Int
        /// What the check printed last.
        package let output: String
    }
}

extension EngineContainer {
    /// The same with the networks of the container whose network it shares.
    func joined(to other: EngineContainer) -> EngineContainer {
        var container = self
        container.networks = other.networks
        return container
    }

    /// From where its processes connect, as a database server tells it: its own addresses, or, where it is in the network
    /// of its machine itself and runs, what stands for that machine.
    var clients: [String] {
        let own = networks.flatMap { [$0.address, $0.address6] }.filter { !$0.isEmpty }
        let isOnHost = networks.contains { $0.name == "host" } && state.status == .running
        return isOnHost ? own + Interfaces.present().clients : own
    }
}

/// When the engine starts a container again by itself.
package struct EngineRestartPolicy: Equatable, Sendable {
    /// `no`, `always`, `unless-stopped`, `on-failure`.
    package let name: String
    /// Of `on-failure`; 0 for without end.
    package let limit: Int

    package init(_ name: String, limit: Int = 0) {
        // Engines answer with an empty name where none was asked for.
        self.name = name.isEmpty ? "no" : name
        self.limit = limit
    }

    package static let no = EngineRestartPolicy("no")
}
