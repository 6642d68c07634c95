import UpgradeCore

/// Name guards: containers that are never started and bear the names under which a stray `docker compose up` would make
/// its own, so that the engine itself refuses those. Compose makes everything before it starts anything, and stops nothing
/// that it replaces before the replacement is made (tried with 2.26.1), so that one name for each container that it would
/// add, and one for each that it would replace, are enough. Each: what Compose has made of several before it is refused
/// stays, is counted by the next stray call, and would be started by it.
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
        let there = try await guards()
        let look = try await look()
        let wanted = wantedGuards(look, call)
        let missing = wanted.subtracting(there.values).sorted()
        _ = try await Together.both { () async throws(Fault) in
            try await self.release(there.filter { !wanted.contains($0.value) })
        } _: { () async throws(Fault) in
            try await self.make(missing, look)
        }
    }

    /// Whether the guards are others than this look asks for: somebody clears away what does not run, or has made what the
    /// next stray call would count.
    func needsGuards(_ look: ComposeLook) async throws(Fault) -> Bool {
        guard look.state.isGuarded else { return false }
        return Set(try await guards().values) != wantedGuards(look)
    }

    /// The names of those that there are, by their ids.
    private func guards() async throws(Fault) -> [String: String] {
        try await engine.names(labels: ["\(Self.label)=\(project.name)"])
    }

    private func wantedGuards(_ look: ComposeLook, _ call: OwnCall? = nil) -> Set<String> {
        look.state.isGuarded ? Set(choice.all.flatMap { guardNames(of: look, $0, call) }) : []
    }

    /// None of them waits for another: in the middle of a run users wait.
    private func release(_ guards: [String: String]) async throws(Fault) {
        let (engine, permit, passing) = (engine, permit, passing)
        _ = try await Together.all(guards.sorted { $0.value < $1.value }) { (one) async throws(Fault) in
            try permit.fence.check()
            try await engine.remove(container: one.key, withAnonymousVolumes: true)
            try passing(.released(one.value))
        }
    }

    /// From the image of the project's own containers where the one that was chosen has been cleared away.
    private func make(_ names: [String], _ look: ComposeLook) async throws(Fault) {
        guard let image = look.state.guardImage else { return }
        do throws(Fault) { try await make(names, of: image) } catch {
            guard error.kind == .missing, let other = look.containers.first?.imageID, other != image else {
                throw error
            }
            try amend { $0.guardImage = other }
            try await make(names, of: other)
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
        let added = own?.added ?? 0
        let next = (there.map(\.number).max() ?? 0) + 1 + added
        // As many as a stray call would add, and one for a call that asks for more than the files do.
        let missing = (project.config.services[service]?.replicas ?? 1) - there.count - added
        // Compose's mode of compatibility writes `_`; what is there shows which.
        let mark = there.contains { $0.name == "\(project.name)_\(service)_\($0.number)" } ? "_" : "-"
        return replacements + (0..<max(1, missing)).map { "\(project.name)\(mark)\(service)\(mark)\(next + $0)" }
    }
}
