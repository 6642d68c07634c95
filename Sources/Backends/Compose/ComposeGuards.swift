import UpgradeCore

/// Name guards: containers that are never started and bear the names under which a stray `docker compose up` would make
/// its own, so that the engine itself refuses those. Compose makes everything before it starts anything, and stops nothing
/// that it replaces before the replacement is made (tried with 2.26.1), so that one name for what it would add, and one
/// for each container that it would replace, are enough.
extension ComposeBackend {
    private static let label = "owui-upgrade.guard"

    /// Makes the guards that are missing and removes those that are of no use any more.
    func renewGuards() async throws(Fault) {
        let state = try store.state()
        let there = try await engine.containers(labels: ["\(Self.label)=\(project.name)"])
        let wanted = state.isGuarded ? try await guardNames() : []
        for container in there where !wanted.contains(container.name) { try await release(container) }
        for name in wanted.subtracting(there.map(\.name)).sorted() {
            guard let image = state.guardImage else { continue }
            try permit.fence.check()
            do throws(Fault) {
                _ = try await engine.create(name: name, image: image, labels: [Self.label: project.name])
            } catch {
                // The name is taken: whoever has it keeps it from Compose as well.
                if error.kind != .conflict { throw error }
            }
            try passing(.guarded(name))
        }
    }

    /// Gives free what this tool's own call of Compose needs for a service.
    func releaseGuards(of service: String) async throws(Fault) {
        let there = try await engine.containers(labels: ["\(Self.label)=\(project.name)"])
        let names = Set(Self.guardNames(of: try await look(), service, project))
        for container in there where names.contains(container.name) { try await release(container) }
    }

    private func release(_ container: EngineContainer) async throws(Fault) {
        try permit.fence.check()
        try await engine.remove(container: container.id)
        try passing(.released(container.name))
    }

    private func guardNames() async throws(Fault) -> Set<String> {
        let look = try await look()
        return Set(choice.all.flatMap { Self.guardNames(of: look, $0, project) })
    }

    /// The names that Compose would give to what it adds to a service, and to what replaces each of its containers.
    private static func guardNames(of look: ComposeLook, _ service: String, _ project: ComposeProject) -> [String] {
        let there = look.containers(of: service)
        let replacements = there.map { "\($0.id.prefix(12))_\($0.name)" }
        if let fixed = project.config.services[service]?.containerName {
            return replacements + (there.isEmpty ? [fixed] : [])
        }
        let next = (there.map(\.number).max() ?? 0) + 1
        // Compose's mode of compatibility writes `_`; what is there shows which.
        let mark = there.contains { $0.name == "\(project.name)_\(service)_\($0.number)" } ? "_" : "-"
        return replacements + ["\(project.name)\(mark)\(service)\(mark)\(next)"]
    }
}
