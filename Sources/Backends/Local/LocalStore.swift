import UpgradeCore

/// What a group was asked to run.
struct LocalState: Codable, Equatable, Sendable {
    /// Grows with every change; whoever writes must have seen the last one.
    var writes = 0
    var workloads: [String: Settings] = [:]
    /// How many instances there were when `local down` stopped them, so that `local up` brings as many back.
    var stopped: [String: Int]?
}

/// The files in which a group's state is kept, in `.owui-upgrade` beside `group.yaml`.
struct LocalStore: Sendable {
    /// Absolute and without links: instances carry it.
    let folder: String

    init(folder: String) throws(Fault) {
        guard let resolved = LocalFile.resolved(folder), LocalFile.isFolder(resolved) else {
            throw .noGroupFolder(folder)
        }
        self.folder = resolved
    }

    var path: String { "\(folder)/.owui-upgrade" }
    private var instances: String { "\(path)/instances" }
    private func file(_ id: String) -> String { "\(instances)/\(id).json" }

    /// The lock for a change, with the folders made; throws `.unavailable` where another process changes the group.
    func lock() throws(Fault) -> GroupLock {
        guard let lock = try lockIfFree() else { throw .groupIsChanging(folder) }
        return lock
    }

    /// nil where another process changes the group.
    func lockIfFree() throws(Fault) -> GroupLock? {
        try LocalFile.makeFolder(instances)
        return try GroupLock("\(path)/group.lock")
    }

    /// nil for a group that was never up.
    func state() throws(Fault) -> LocalState? { try JSONFile.read(LocalState.self, "\(path)/state.json") }

    func write(_ state: LocalState) throws(Fault) { try JSONFile.write(state, "\(path)/state.json") }

    /// Every instance that is written down, in the order of their ids.
    func known() throws(Fault) -> [LocalInstance] {
        var known: [LocalInstance] = []
        for name in LocalFile.names(in: instances) ?? [] where name.hasSuffix(".json") {
            // One that is gone by now was forgotten by another process.
            if let instance = try JSONFile.read(LocalInstance.self, "\(instances)/\(name)") { known.append(instance) }
        }
        return known
    }

    func write(_ instance: LocalInstance) throws(Fault) { try JSONFile.write(instance, file(instance.id)) }
    func forget(_ instance: LocalInstance) throws(Fault) { try LocalFile.remove(file(instance.id)) }
}
