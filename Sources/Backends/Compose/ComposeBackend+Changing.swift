package import UpgradeCore

extension ComposeBackend {
    /// Tells what is too much to end, and makes what is missing through Compose. It does not wait for ends.
    package func apply(_ change: Change) async throws(Fault) {
        let lock = try store.lock()
        try await settle()
        try checkLines(before: change)
        try amend { state in
            for desired in change.workloads { state.services[desired.workload] = desired.settings }
        }
        for desired in change.workloads { try await stopSurplus(desired) }
        for desired in change.workloads { try await makeMissing(desired, of: change) }
        try await renewGuards()
        _ = consume lock
    }

    /// Writes down which containers a call of Compose has made, also one that an earlier process began.
    func settle() async throws(Fault) {
        let look = try await look()
        guard let making = look.state.making else {
            let ids = Set(look.containers.map(\.id))
            return try amend { $0.forget(allBut: ids) }
        }
        let made = look.containers(of: making.service).filter { !making.known.contains($0.id) }
        try amend { state in
            for container in made {
                state.generations[container.id] = making.generation
                state.made = (state.made ?? [:]).merging([container.id: container.asMade]) { $1 }
            }
            state.making = nil
            state.forget(allBut: Set(look.containers.map(\.id)))
        }
        try passing(.settled(making.service))
    }

    /// Tells the containers that are too many, or not right, to end. The engine starts none of them again.
    private func stopSurplus(_ desired: Change.Desired) async throws(Fault) {
        let look = try await look()
        let kept = Set(look.kept(desired).map(\.id))
        let surplus = look.living(of: desired.workload).filter { !kept.contains($0.id) }
        guard !surplus.isEmpty else { return }
        // What is replaced keeps its place, and so its name: Compose numbers what it makes anew from the highest number on.
        let isReplaced = desired.settings.replicas > kept.count
        try amend { state in
            state.stopping.formUnion(surplus.map(\.id))
            if isReplaced { state.replacing.formUnion(surplus.map(\.id)) }
        }
        let (engine, permit, passing) = (engine, permit, passing)
        _ = try await Together.all(surplus.map(\.id)) { (id) async throws(Fault) in
            try permit.fence.check()
            do throws(Fault) { try await engine.setRestart(container: id, .no) } catch {
                // One that ends at this very moment cannot be set, as what crashes again and again often does.
                guard error.kind == .failed else { throw error }
                throw Fault(.unavailable, error.what, why: error.why, remedy: error.remedy)
            }
        }
        _ = try await Together.all(surplus) { (container) async throws(Fault) in
            try permit.fence.check()
            try await engine.stop(container: container.id)
            try passing(.told(container.name))
        }
    }
}
