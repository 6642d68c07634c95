/// A group of instances on this machine, as its `group.yaml` describes it. The file is the user's; nothing writes it.
package struct LocalGroup: Codable, Equatable, Sendable {
    /// A further group on the same database.
    package struct Companion: Codable, Equatable, Sendable {
        package var name: String
        package var replicas: Int
        package var ports: PortList
        /// Added to the environment of the group, and stronger than it.
        package var environment: [String: String]

        package init(name: String, replicas: Int = 1, ports: PortList, environment: [String: String] = [:]) {
            self.name = name
            self.replicas = replicas
            self.ports = ports
            self.environment = environment
        }

        package init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            name = try values.decode(String.self, forKey: .name)
            replicas = try values.decodeIfPresent(Int.self, forKey: .replicas) ?? 1
            ports = try values.decode(PortList.self, forKey: .ports)
            environment =
                try values.decodeIfPresent([String: WrittenValue].self, forKey: .environment)?
                .mapValues(\.text) ?? [:]
        }
    }

    package var name: String
    /// How an instance is started; `{version}`, `{port}`, `{host}`, `{group}` and `{instance}` are filled in.
    package var command: String
    package var host: String
    package var ports: PortList
    package var environment: [String: String]
    /// A file of `KEY=VALUE` lines that `environment` adds to; relative to the folder of the group.
    package var environmentFile: String?
    /// Where instances run; the folder of the group where it is not set.
    package var workingDirectory: String?
    /// The folder of the log files, one per instance.
    package var logs: String
    /// Seconds between SIGTERM and SIGKILL.
    package var stopGrace: Double
    /// `UVICORN_WORKERS` where `local up` starts a workload of which nothing runs; from then on, until none of it runs
    /// again, it belongs to the settings of the deployment.
    package var workers: String?
    /// `ENABLE_DB_MIGRATIONS`, taken in the same way.
    package var migrations: String?
    package var companions: [Companion]

    package init(
        name: String, command: String, host: String = "127.0.0.1", ports: PortList,
        environment: [String: String] = [:], environmentFile: String? = nil, workingDirectory: String? = nil,
        logs: String = "logs", stopGrace: Double = 30, workers: String? = nil, migrations: String? = nil,
        companions: [Companion] = []
    ) {
        self.name = name
        self.command = command
        self.host = host
        self.ports = ports
        self.environment = environment
        self.environmentFile = environmentFile
        self.workingDirectory = workingDirectory
        self.logs = logs
        self.stopGrace = stopGrace
        self.workers = workers
        self.migrations = migrations
        self.companions = companions
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let text = { (key: CodingKeys) in try values.decodeIfPresent(WrittenValue.self, forKey: key)?.text }
        self.init(
            name: try values.decode(String.self, forKey: .name),
            command: try values.decode(String.self, forKey: .command),
            host: try text(.host) ?? "127.0.0.1",
            ports: try values.decode(PortList.self, forKey: .ports),
            environment: try values.decodeIfPresent([String: WrittenValue].self, forKey: .environment)?
                .mapValues(\.text) ?? [:],
            environmentFile: try text(.environmentFile),
            workingDirectory: try text(.workingDirectory),
            logs: try text(.logs) ?? "logs",
            stopGrace: try values.decodeIfPresent(Double.self, forKey: .stopGrace) ?? 30,
            workers: try text(.workers),
            migrations: try text(.migrations),
            companions: try values.decodeIfPresent([Companion].self, forKey: .companions) ?? [])
    }

    /// The keys of `group.yaml`, for whoever refuses an unknown one with the nearest known.
    package static let keys = [
        "name", "command", "host", "ports", "environment", "environmentFile", "workingDirectory", "logs", "stopGrace",
        "workers", "migrations", "companions",
    ]

    /// The keys of an entry of `companions`.
    package static let companionKeys = ["name", "replicas", "ports", "environment"]
}

/// A value as it stands in the file: `4`, `true` and `"true"` are text to an environment.
private struct WrittenValue: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        do { text = try value.decode(String.self) } catch {
            do { text = String(try value.decode(Int.self)) } catch {
                do { text = String(try value.decode(Bool.self)) } catch { text = String(try value.decode(Double.self)) }
            }
        }
    }
}
