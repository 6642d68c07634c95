package import UpgradeCore
package import Wire

extension Engine {
    /// The containers that bear all of these labels (`name` or `name=value`), by their names; those that do not run too
    /// where `all` are asked for. One that goes while it is asked for is left out.
    package func containers(labels: [String] = [], all: Bool = true) async throws(Fault) -> [EngineContainer] {
        let ids = try await listed(labels, all: all).map(\.id)
        return try await details(of: ids).sorted { ($0.name, $0.id) < ($1.name, $1.id) }
    }

    /// The names of the containers that bear all of these labels, those that do not run too, by their ids: one question,
    /// however many there are.
    package func names(labels: [String]) async throws(Fault) -> [String: String] {
        let listed = try await listed(labels, all: true)
        // One that is just being removed has no name any more.
        return Dictionary(listed.map { ($0.id, String(($0.names?.first ?? "").dropFirst())) }) { $1 }
    }

    private struct Listed: Decodable {
        let id: String
        let names: [String]?
    }

    private func listed(_ labels: [String], all: Bool) async throws(Fault) -> [Listed] {
        var query = ["all": all ? "1" : "0"]
        if !labels.isEmpty {
            query["filters"] = String(decoding: try EngineJSON.write(["label": labels]), as: UTF8.self)
        }
        let call = EngineCall("GET", "/containers/json", query, to: "list its containers")
        return try EngineJSON.read([Listed].self, try await send(call).body, of: "its list of containers")
    }

    private func details(of ids: [String]) async throws(Fault) -> [EngineContainer] {
        try await Together.all(ids, containerIfHere).compactMap(\.self)
    }

    /// One container; nil for one that is gone, or of another engine.
    @Sendable func containerIfHere(_ id: String) async throws(Fault) -> EngineContainer? {
        try await ifHere { () async throws(Fault) in try await container(id) }
    }

    /// One container, by its id or name; `.missing` where there is none.
    package func container(_ id: String) async throws(Fault) -> EngineContainer {
        let call = EngineCall("GET", EngineCall.container(id, "json"), to: "show the container \(id)")
        return EngineContainer(
            try EngineJSON.read(EngineContainerAnswer.self, try await send(call).body, of: "the container \(id)"))
    }

    /// Makes a container and does not start it; returns its id. `.conflict` where the name is taken, `.missing` where
    /// the image is.
    package func create(
        name: String, image: String, labels: [String: String] = [:], command: [String]? = nil,
        environment: [String: String] = [:], stopSeconds: Int? = nil, hasTerminal: Bool = false,
        restartPolicy: EngineRestartPolicy = .no, network: String = "none"
    ) async throws(Fault) -> String {
        let order = Order(
            image: image, labels: labels, entrypoint: command,
            env: environment.map { "\($0.key)=\($0.value)" }.sorted(),
            stopTimeout: stopSeconds, tty: hasTerminal,
            hostConfig: Order.Host(
                networkMode: network, restartPolicy: Restart(name: restartPolicy.name, count: restartPolicy.limit)))
        let call = EngineCall(
            "POST", "/containers/create", ["name": name], body: try EngineJSON.write(order),
            to: "make the container \(name)")
        return try EngineJSON.read(Listed.self, try await send(call).body, of: "the container \(name)").id
    }

    private struct Order: Encodable {
        let image: String
        let labels: [String: String]
        let entrypoint: [String]?
        let env: [String]
        let stopTimeout: Int?
        let tty: Bool
        let hostConfig: Host

        struct Host: Encodable {
            let networkMode: String
            let restartPolicy: Restart

            enum CodingKeys: String, CodingKey {
                case networkMode = "NetworkMode"
                case restartPolicy = "RestartPolicy"
            }
        }

        enum CodingKeys: String, CodingKey {
            case image = "Image"
            case labels = "Labels"
            case entrypoint = "Entrypoint"
            case env = "Env"
            case stopTimeout = "StopTimeout"
            case tty = "Tty"
            case hostConfig = "HostConfig"
        }
    }

    private struct Restart: Encodable {
        let name: String
        let count: Int

        enum CodingKeys: String, CodingKey {
            case name = "Name"
            case count = "MaximumRetryCount"
        }
    }

    /// Starts a container; one that runs stays as it is.
    package func start(container id: String) async throws(Fault) {
        _ = try await send(EngineCall("POST", EngineCall.container(id, "start"), to: "start the container \(id)"))
    }

    /// Removes a container; one that is gone is removed. `.conflict` for one that runs, unless it is forced, which kills
    /// it. Volumes stay, but for those without a name that the engine made with the container, where that is asked.
    package func remove(
        container id: String, force: Bool = false, withAnonymousVolumes: Bool = false,
        limits: HTTPLimits = HTTPLimits()
    ) async throws(Fault) {
        let query = ["force": force ? "1" : "0", "v": withAnonymousVolumes ? "1" : "0"]
        do throws(Fault) {
            _ = try await send(
                EngineCall(
                    "DELETE", "/containers/\(EngineCall.escaped(id))", query, limits: limits,
                    to: "remove the container \(id)"))
        } catch {
            if error.kind != .missing { throw error }
        }
    }

    /// `.conflict` where the name is taken.
    package func rename(container id: String, to name: String) async throws(Fault) {
        let path = EngineCall.container(id, "rename")
        _ = try await send(EngineCall("POST", path, ["name": name], to: "rename the container \(id)"))
    }

    /// Sets when the engine starts a container again by itself; a running one runs on.
    package func setRestart(container id: String, _ policy: EngineRestartPolicy) async throws(Fault) {
        let body = try EngineJSON.write(["RestartPolicy": Restart(name: policy.name, count: policy.limit)])
        _ = try await send(
            EngineCall(
                "POST", EngineCall.container(id, "update"), body: body,
                to: "set the restart policy of the container \(id)"))
    }

    /// Sends a signal to the first process of a container.
    package func kill(container id: String, signal: String) async throws(Fault) {
        let path = EngineCall.container(id, "kill")
        _ = try await send(EngineCall("POST", path, ["signal": signal], to: "send \(signal) to the container \(id)"))
    }
}
