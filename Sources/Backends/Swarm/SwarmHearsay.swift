import FoundationEssentials
import UpgradeCore

/// What is known of an image where a task of it cannot be asked.
struct KnownImage: Equatable, Sendable {
    let version: String
    /// Whether it brings a health check of its own.
    let hasHealthCheck: Bool
}

extension SwarmBackend {
    /// What the swarm says in place of tasks that nobody here can ask: those of another node, while no container of
    /// this one is in their network. It calls a task running when its health check has said yes; its version is then
    /// what the files of its image say.
    func hearsay(_ look: SwarmLook) async -> [String: Instance.Answer] {
        var answers: [String: Instance.Answer] = [:]
        for task in look.tasks where task.state == "running" && look.condition(task) != nil {
            guard look.ways(to: task).isNone, look.containers[task.containerID] == nil,
                look.nodes[task.nodeID]?.isReady ?? false
            else { continue }
            // An image that cannot be read says nothing, as its task does.
            do throws(Fault) {
                let image = try await knownImage(task.image)
                if task.hasHealthCheck ?? image.hasHealthCheck { answers[task.id] = .serving(version: image.version) }
            } catch { continue }
        }
        return answers
    }

    private func knownImage(_ name: String) async throws(Fault) -> KnownImage {
        if let image = known[name] { return image }
        let environment = ProcessInfo.processInfo.environment
        let probe = ImageProbe(engine, environment: environment, home: environment["HOME"] ?? "/")
        let version = try await probe.read(name).version
        let call = EngineCall("GET", EngineCall.image(name, "json"), to: "show the image \(name)")
        let test = try await engine.value(of: call, "the image \(name)")["Config"]["Healthcheck"]["Test"].texts
        let image = KnownImage(version: version, hasHealthCheck: test.first.map { $0 != "NONE" } ?? false)
        known[name] = image
        return image
    }
}

extension EngineTask {
    /// Whether it is checked by a command of its service; nil where that is left to its image.
    var hasHealthCheck: Bool? {
        spec["ContainerSpec"]["Healthcheck"]["Test"].texts.first.map { $0 != "NONE" }
    }
}
