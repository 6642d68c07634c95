import UpgradeCore

/// Name guards: containers that are never started and bear the names under which a stray `docker compose up` would make
/// its own, so that the engine itself refuses those. Compose makes everything before it starts anything, and stops nothing
/// that it replaces before the replacement is made (tried with 2.26.1), so that one name for what it would add, and one
/// for each container that it would replace, are enough.
extension ComposeBackend {
    private static let label = "owui-upgrade.guard"

    /// What this tool's own call of Compose is about to make of a service.
    struct OwnCall {
        let service: String
        /// How many containers it adds, beside those that it replaces.
        let added: Int
        /// The ids of what it replaces.
        let replaced: Set<String>
    }

    /// Makes the guards that are missing and removes those that are of no use any more. A call of this tool's own has its
    /// way, and what would come after it is guarded before.
    func renewGuards(but call: OwnCall? = nil) async throws(Fault) {
        let state = try store.state()
        let there = try await engine.containers(labels: ["\(Self.label)=\(project.name)"])
        let look = try await look()
        let wanted = state.isGuarded ? Set(choice.all.flatMap { guardNames(of: look, $0, call) }) : []
        let (missing, image) = (wanted.subtracting(there.map(\.name)).sorted(), state.guardImage)
        _ = try await Together.both { () async throws(Fault) in
            try await self.release(there.filter { !wanted.contains($0.name) })
        } _: { () async throws(Fault) in
            if let image { try await self.make(missing, of: image) }
        }
    }

    /// None of them waits for another: in the middle of a run users wait.
    private func release(_ guards: [EngineContainer]) async throws(Fault) {
        let (engine, permit, passing) = (engine, permit, passing)
        _ = try await Together.all(guards) { (container) async throws(Fault) in
            try permit.fence.check()
            try await engine.remove(container: container.id, withAnonymousVolumes: true)
            try passing(.released(container.name))
        }
    }

    private func make(_ names: [String], of image: String) async throws(Fault) {
        let (engine, permit, passing) = (engine, permit, passing)
        let labels = [Self.label: project.name]
        _ = try await Together.all(names) { (name) async throws(Fault) in
            try permit.fence.check()
            do throws(Fault) { _ = try await engine.create(name: name, image: image, labels: labels) } catch {
                // The name is taken: whoever has it keeps it from Compose as well.
                if error.kind != .conflict { throw error }
            }
            try passing(.guarded(name))
        }
    }

    /// The names that Compose would give to what it adds to a service, and to what replaces each of its containers.
    private func guardNames(of look: ComposeLook, _ service: String, _ call: OwnCall?) -> [String] {
        let there = look.containers(of: service)
        let own = call?.service == service ? call : nil
        let replacements = there.filter { own?.replaced.contains($0.id) != true }
            .map { "\($0.id.prefix(12))_\($0.name)" }
        if let fixed = project.config.services[service]?.containerName {
            return replacements + (there.isEmpty && own == nil ? [fixed] : [])
        }
        let next = (there.map(\.number).max() ?? 0) + 1 + (own?.added ?? 0)
        // Compose's mode of compatibility writes `_`; what is there shows which.
        let mark = there.contains { $0.name == "\(project.name)_\(service)_\($0.number)" } ? "_" : "-"
        return replacements + ["\(project.name)\(mark)\(service)\(mark)\(next)"]
    }
}
