package import UpgradeCore

/// A service of a Compose project as `docker compose config` shows it.
package struct ComposeService: Equatable, Sendable {
    package struct Port: Equatable, Sendable {
        package let target: Int?
        /// One port or a range, as text; nil where the engine chooses.
        package let published: String?
        package let host: String?
        package let proto: String
        /// `host` or `ingress`.
        package let mode: String
    }

    package struct Mount: Equatable, Sendable {
        /// `volume`, `bind`, `tmpfs`, …
        package let type: String
        /// nil for an anonymous volume.
        package let source: String?
        package let target: String
        package let isReadOnly: Bool
    }

    package let name: String
    /// nil where the service is only built.
    package let image: String?
    /// Files of `env_file` included; nil for a variable that has no value anywhere.
    package let environment: [String: String?]
    /// What a plain `up` starts.
    package let replicas: Int
    /// Whether the files say how many, rather than Compose's own default of one.
    package let saysReplicas: Bool
    /// `replicated` or `global`.
    package let mode: String
    package let containerName: String?
    package let ports: [Port]
    package let mounts: [Mount]
    package let secrets: [String]
    package let configs: [String]
    package let hasHealthcheck: Bool
    package let restart: String?
    /// The condition for each service that this one waits for.
    package let dependsOn: [String: String]
    package let profiles: [String]
    /// Seconds between SIGTERM and SIGKILL; nil where the engine's own 10 count.
    package let stopGrace: Double?
    package let stopSignal: String?
    package let isBuilt: Bool
    package let pullPolicy: String?
    package let platform: String?
    package let networks: [String]
    package let networkMode: String?
    /// What its files have it start: entrypoint and command.
    package let command: [String]
    package let isWatched: Bool
    /// `extra_hosts`: what is written into its containers' /etc/hosts, the address of each name.
    package let hosts: [String: String]

    init(_ name: String, _ tree: ComposeValue) {
        let texts = { (key: String) in tree[key]?.text.flatMap { $0.isEmpty ? nil : $0 } }
        let sources = { (key: String) in (tree[key]?.items ?? []).compactMap { $0["source"]?.text ?? $0.text } }
        self.name = name
        image = texts("image")
        environment = Self.environment(tree["environment"])
        let said = tree["scale"]?.integer ?? tree["deploy"]?["replicas"]?.integer
        replicas = said ?? 1
        saysReplicas = said != nil
        mode = tree["deploy"]?["mode"]?.text ?? "replicated"
        containerName = texts("container_name")
        ports = (tree["ports"]?.items ?? []).map(Port.init)
        mounts = (tree["volumes"]?.items ?? []).map(Mount.init)
        secrets = sources("secrets")
        configs = sources("configs")
        hasHealthcheck = tree["healthcheck"].map { !$0.isNull && $0["disable"]?.isTrue != true } ?? false
        restart = texts("restart") ?? tree["deploy"]?["restart_policy"]?["condition"]?.text
        dependsOn = (tree["depends_on"]?.entries ?? [:]).mapValues { $0["condition"]?.text ?? "service_started" }
        profiles = (tree["profiles"]?.items ?? []).compactMap(\.text)
        stopGrace = texts("stop_grace_period").flatMap(Self.seconds)
        stopSignal = texts("stop_signal")
        isBuilt = tree["build"].map { !$0.isNull } ?? false
        pullPolicy = texts("pull_policy")
        platform = texts("platform")
        networks = (tree["networks"]?.entries ?? [:]).keys.sorted()
        networkMode = texts("network_mode")
        command = ["entrypoint", "command"].flatMap { key in
            (tree[key]?.items ?? []).compactMap(\.text) + (texts(key).map { [$0] } ?? [])
        }
        let hosts = (tree["extra_hosts"]?.items ?? []).compactMap(\.text).map { line in
            line.split(separator: line.contains("=") ? "=" : ":", maxSplits: 1).map(String.init)
        }
        self.hosts = Dictionary(hosts.filter { $0.count == 2 }.map { ($0[0], $0[1]) }) { $1 }
        isWatched = tree["develop"]?["watch"].map { !$0.items.isEmpty } ?? false
    }

    private static func environment(_ tree: ComposeValue?) -> [String: String?] {
        if case .list(let items)? = tree {
            let pairs = items.compactMap(\.text).map { item -> (String, String?) in
                let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return (String(parts[0]), parts.count == 2 ? String(parts[1]) : nil)
            }
            return Dictionary(pairs) { $1 }
        }
        return (tree?.entries ?? [:]).mapValues(\.text)
    }

    /// Reads Go's way of writing durations, such as `1m30s` or `1.5s`.
    static func seconds(_ text: String) -> Double? {
        let units: [String: Double] = ["h": 3600, "m": 60, "s": 1, "ms": 0.001, "us": 0.000_001, "µs": 0.000_001]
        var total = 0.0
        var rest = text[...]
        while !rest.isEmpty {
            let number = rest.prefix { $0.isNumber || $0 == "." }
            let unit = rest.dropFirst(number.count).prefix { !$0.isNumber && $0 != "." }
            guard let value = Double(number), let factor = units[String(unit)] else { return nil }
            total += value * factor
            rest = rest.dropFirst(number.count + unit.count)
        }
        return text.isEmpty ? nil : total
    }

    /// A setting that is there and not empty.
    package func setting(_ name: String) -> String? {
        (environment[name] ?? nil).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The settings of it that an upgrade may change, for as many replicas as its files ask for.
    package var settings: Settings {
        Settings(
            image: image ?? "", replicas: replicas, workers: environment["UVICORN_WORKERS"] ?? nil,
            migrations: environment["ENABLE_DB_MIGRATIONS"] ?? nil)
    }
}

extension ComposeService.Port {
    init(_ tree: ComposeValue) {
        target = tree["target"]?.integer
        published = tree["published"]?.text.flatMap { $0.isEmpty || $0 == "0" ? nil : $0 }
        host = tree["host_ip"]?.text
        proto = tree["protocol"]?.text ?? "tcp"
        mode = tree["mode"]?.text ?? "ingress"
    }

    /// How many ports of the host it may take: more than one where it is written as a range.
    package var room: Int {
        guard let published else { return .max }
        let ends = published.split(separator: "-").compactMap { Int($0) }
        return ends.count == 2 && ends[1] >= ends[0] ? ends[1] - ends[0] + 1 : 1
    }
}

extension ComposeService.Mount {
    init(_ tree: ComposeValue) {
        type = tree["type"]?.text ?? "volume"
        source = tree["source"]?.text.flatMap { $0.isEmpty ? nil : $0 }
        target = tree["target"]?.text ?? ""
        isReadOnly = tree["read_only"]?.isTrue ?? false
    }
}
