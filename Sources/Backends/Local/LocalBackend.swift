package import UpgradeCore

/// Open WebUI on this machine: every instance is a process group of its own, started from the command of its group.
///
/// The tool is the only controller here. `apply` starts and stops; between its calls nothing happens by itself, but that
/// an instance which was told to end and outlasts its grace is killed by the next look.
package actor LocalBackend: Backend {
    /// A point between two effects; tests end a change there.
    package enum Point: Equatable, Sendable {
        case stateWritten
        case identityWritten(String)
        case spawned(String)
        case told(String)
    }

    let group: LocalGroup
    let template: CommandTemplate
    let redaction: Redaction
    let store: LocalStore
    let prober: any Prober
    let fence: any Fence
    let passing: @Sendable (Point) throws(Fault) -> Void
    /// The write that was seen last; nil before the first look.
    var seen: Int?
    var logs: [String: MigrationLog] = [:]
    /// The processes that were last seen of an instance whose leader has ended.
    var remains: [String: [ProcessTable.Process]] = [:]
    /// How leaders ended that this process has started.
    var told: [String: String] = [:]

    /// - Parameters:
    ///   - group: what `group.yaml` says; it must be valid
    ///   - folder: the folder that holds the file; paths in it are relative to that folder
    ///   - fence: asked before each signal, each process and each file that others go by
    ///   - passing: called at each point; what it throws ends the change there
    package init(
        group: LocalGroup, folder: String, fence: any Fence, prober: any Prober = HTTPProber(),
        passing: @escaping @Sendable (Point) throws(Fault) -> Void = { _ throws(Fault) in }
    ) throws(Fault) {
        try group.validate()
        self.group = group
        self.fence = fence
        self.prober = prober
        self.passing = passing
        template = try CommandTemplate(group.command)
        store = try LocalStore(folder: folder)
        redaction = Redaction([try group.settings(in: store.folder)] + group.companions.map(\.environment))
    }

    /// The group as it is; throws `.missing` where it was never started.
    package func observe() async throws(Fault) -> Deployment {
        guard let state = try store.state() else { throw .neverUp(store.folder) }
        seen = state.writes
        let known = try look(at: store.known())
        let answers = await answers(of: known.filter { $0.exit == nil && $0.pid != nil })
        let instances = Dictionary(grouping: known, by: \.workload)
        return Deployment(
            workloads: ([group.name] + state.workloads.keys.sorted().filter { $0 != group.name }).map { name in
                Workload(
                    name: name, role: name == group.name ? .main : .companion,
                    settings: state.workloads[name] ?? Settings(image: "", replicas: 0),
                    instances: (instances[name] ?? []).map {
                        $0.told(answer: answers[$0.id] ?? .none, migrationLog: log(of: $0))
                    })
            })
    }

    /// Starts and stops what the change asks for, under the group's lock. It does not wait for ends.
    ///
    /// The fence is asked while the group's lock is held, which keeps every other process of this machine from changing
    /// the group: one that stands still between the answer and the effect does not act beside its heir.
    package func apply(_ change: Change) throws(Fault) {
        let lock = try store.lock()
        try write(change)
        try passing(.stateWritten)
        var known = try settled(store.known())
        try forgetOthers(than: change, in: &known)
        for desired in change.workloads { try stopSurplus(desired, in: &known) }
        for desired in change.workloads { try startMissing(desired, in: &known) }
        _ = consume lock
    }

    package func read(image: String) throws(Fault) -> ImageFacts {
        let program = try program(version: image)
        return try PythonInstallation(of: program, version: image).facts(image: image)
    }

    /// Nothing on this machine scales or reverts a group by itself.
    package func setAutomation(paused: Bool, _ known: [Automation]) throws(Fault) -> [Automation] { [] }

    private func write(_ change: Change) throws(Fault) {
        try amend { state in
            for desired in change.workloads { state.workloads[desired.workload] = desired.settings }
        }
    }

    /// Changes what is written of the group's state. To be called under the lock.
    func amend(_ edit: (inout LocalState) -> Void) throws(Fault) {
        let before = try store.state()
        let now = before?.writes ?? 0
        if let seen, seen != now { throw .groupChanged(store.folder, seen: seen, now: now) }
        var state = before ?? LocalState()
        edit(&state)
        if state != before {
            state.writes += 1
            try fence.check()
            try store.write(state)
        }
        seen = state.writes
    }

    /// Instances of earlier runs that have ended are of no use to this one.
    private func forgetOthers(than change: Change, in known: inout [LocalInstance]) throws(Fault) {
        guard let run = change.workloads.first?.naming.run else { return }
        for instance in known where instance.exit != nil && instance.generation.run != run {
            try fence.check()
            try store.forget(instance)
            known.removeAll { $0.id == instance.id }
        }
    }
}
