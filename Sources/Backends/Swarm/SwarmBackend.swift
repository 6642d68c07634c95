import FoundationEssentials
import Synchronization
package import UpgradeCore

/// Open WebUI as a service of a Docker swarm runs it.
///
/// Each change is one write of the service's whole spec, made from the very spec that was read. The image changes only
/// where no task is left, so that the swarm's own way to update, which lets versions meet, decides nothing.
package actor SwarmBackend: Backend {
    /// A point between two effects; tests end a change there.
    package enum Point: Equatable, Sendable {
        case written(String)
    }

    let choice: SwarmChoice
    let engine: Engine
    let permit: Permit
    let prober: any Prober
    let folder: SwarmFolder
    /// Kept for as long as the services are looked at.
    private let listener: EngineListener?
    let hear: @Sendable (PullProgress) -> Void
    private let passing: @Sendable (Point) throws(Fault) -> Void
    package nonisolated let addresses = SwarmAddresses()
    /// The specs that were seen last, by the services' names.
    private var seen: [String: EngineValue] = [:]
    private var refusals = SwarmRefusals()
    private var lag = SwarmLag()
    private var standing = SwarmStanding()
    /// What is known of images whose tasks cannot be asked, by their names.
    var known: [String: KnownImage] = [:]

    init(
        choice: SwarmChoice, engine: Engine, permit: Permit, folder: SwarmFolder, prober: any Prober = HTTPProber(),
        listener: EngineListener? = nil, hear: @escaping @Sendable (PullProgress) -> Void = { _ in },
        passing: @escaping @Sendable (Point) throws(Fault) -> Void = { _ throws(Fault) in }
    ) {
        self.choice = choice
        self.engine = engine
        self.permit = permit
        self.folder = folder
        self.prober = prober
        self.listener = listener
        self.hear = hear
        self.passing = passing
    }

    /// What would replace tasks by its own rules.
    static let updateName = "the swarm's own update of the service"

    package func observe() async throws(Fault) -> Deployment {
        var look = try await look()
        if try await takeOver(look) { look = try await self.look() }
        if try await remind(look) { look = try await self.look() }
        look.refused = refusals.lasting(in: look)
        for service in look.services { seen[service.name] = service.spec }
        addresses.take(look)
        let answers = await answers(look).merging(await hearsay(look)) { asked, _ in asked }
        let logs = await migrationLogs(look, answers)
        let workloads = look.services.map { service in
            Workload(
                name: service.name, role: service.name == choice.main ? .main : .companion, settings: service.settings,
                instances: look.tasks(of: service).compactMap {
                    look.instance($0, answer: answers[$0.id] ?? .none, log: logs[$0.id])
                }, endsUnwell: service.endsUnwell)
        }
        let isActive = look.services.contains { $0.notes == nil }
        return Deployment(
            workloads: workloads, automation: [Automation(name: Self.updateName, isActive: isActive)])
    }

    func look() async throws(Fault) -> SwarmLook {
        let engine = engine
        // Services first: a write made from them is stale where somebody changed one since, and with it the tasks.
        let services = try await Together.all(choice.all) { (name) async throws(Fault) in
            try await engine.service(name)
        }
        // Tasks before nodes: what a node said before it went away is true.
        let tasks = try await engine.tasks(of: choice.all)
        let (nodes, (gateways, containers)) = try await Together.both { () async throws(Fault) in
            try await engine.nodes()
        } _: { () async throws(Fault) in
            try await Together.both { () async throws(Fault) in
                try await engine.addresses(in: Self.gatewayNetwork)
            } _: { () async throws(Fault) in
                try await Together.all(tasks.map(\.containerID).filter { !$0.isEmpty }, engine.containerIfHere)
            }
        }
        let here = containers.compactMap(\.self)
        var look = SwarmLook(
            services: services, tasks: tasks, nodes: Dictionary(nodes.map { ($0.id, $0) }) { $1 },
            containers: Dictionary(here.map { ($0.id, $0) }) { $1 }, gateways: gateways,
            isNear: try await engine.isNear())
        look.standing = standing.ids(in: look)
        return look
    }

    /// The bridge through which containers in networks of the swarm reach their own node's machine, and it them.
    static let gatewayNetwork = "docker_gwbridge"

    package func apply(_ change: Change) async throws(Fault) {
        let look = try await look()
        for service in look.services where seen[service.name].map({ $0 != service.spec }) ?? false {
            throw .serviceChanged(service.name, why: "its spec is not the one that this run saw last")
        }
        if change.starts { try checkTasks(change, look) }
        for desired in change.workloads {
            guard var service = look.services.first(where: { $0.name == desired.workload }) else { continue }
            try service.aim(at: desired, hasLiving: !look.living(of: service).isEmpty, for: permit.fence.holder)
            try await write(service, over: look)
        }
    }

    /// Marks the services of a run with the lock that this process has taken, before anything is decided on what they
    /// are; whether that changed any.
    private func takeOver(_ look: SwarmLook) async throws(Fault) -> Bool {
        var isChanged = false
        for before in look.services {
            var service = before
            try service.bear(permit.fence.holder)
            if service.spec == before.spec { continue }
            try await write(service, over: look)
            isChanged = true
        }
        return isChanged
    }

    /// Writes once more, and in the same words, what this run has asked for and the swarm has not taken in; whether there
    /// was any.
    private func remind(_ look: SwarmLook) async throws(Fault) -> Bool {
        let late = lag.lasting(in: look).filter { $0.isInHands(of: permit.fence.holder) }
        for service in late {
            // Where somebody was faster, the next look shows what has come of it.
            do { try await put(service) } catch { guard error.kind == .conflict else { throw error } }
        }
        return !late.isEmpty
    }

    /// No image is changed while a task has another one, and nothing is started while what has ended is held for it.
    private func checkTasks(_ change: Change, _ look: SwarmLook) throws(Fault) {
        let held = look.tasks.filter(look.isHeld)
        if !held.isEmpty { throw .tasksHeld(held.map(look.name)) }
        let starting = change.workloads.filter { $0.settings.replicas > 0 }
        let images = Set(starting.map(\.settings.image))
        let isSwap = starting.contains { desired in
            look.services.contains { $0.name == desired.workload && $0.image != desired.settings.image }
        }
        guard isSwap else { return }
        let others = look.services.flatMap(look.living).filter { !images.contains($0.image) }
        if !others.isEmpty { throw .tasksLeft(others.map(look.name)) }
    }

    /// One write, where anything differs.
    private func write(_ service: EngineService, over look: SwarmLook) async throws(Fault) {
        guard let before = look.services.first(where: { $0.id == service.id }), before.spec != service.spec else {
            return
        }
        try await put(service)
        try passing(.written(service.name))
    }

    private func put(_ service: EngineService) async throws(Fault) {
        try await permit.fence.confirm()
        try await engine.update(service)
        // The engine may write it in other words.
        seen[service.name] = try await engine.service(service.id).spec
    }

    package func setAutomation(paused: Bool, _ known: [Automation]) async throws(Fault) -> [Automation] {
        let look = try await look()
        for var service in look.services {
            if paused { try service.pause(for: permit.fence.holder) } else { try service.resume() }
            try await write(service, over: look)
        }
        let wasActive = known.isEmpty || known.contains(where: \.isActive)
        return [Automation(name: Self.updateName, isActive: !paused || wasActive)]
    }
}

extension EngineService {
    /// Asks for these settings. Tasks that are made from now on carry the change's generation, unless those that may
    /// stay were made from this very template: a new one would have the swarm replace them.
    mutating func aim(at desired: Change.Desired, hasLiving: Bool, for holder: String? = nil) throws(Fault) {
        var notes = notes ?? firstNotes(holder)
        let isOther = differs(from: desired.settings)
        let generation = notes.generation(counter: counter, template: template.templateMark)
        let fits = generation == desired.naming || (desired.accepts?.contains { $0 == generation } ?? hasLiving)
        try take(desired.settings)
        guard desired.settings.replicas > 0, isOther || !fits else { return }
        update(replacing: hasLiving, &notes)
        count(to: counter + 1)
        notes.note(desired.naming, of: counter, template: template.templateMark)
        try write(notes)
    }
}

/// Which instance an address belongs to, for sessions on the database that have no name.
package final class SwarmAddresses: Sendable {
    private let known = Mutex<[String: String]>([:])

    /// An address stays that of its last task, until another has it: a session may outlive its process.
    func take(_ look: SwarmLook) {
        known.withLock { known in
            for task in look.tasks.sorted(by: { $0.created < $1.created }) {
                guard let condition = look.condition(task), !condition.isEnd else { continue }
                for address in look.addresses(of: task) { known[address] = look.name(of: task) }
                if look.containers[task.containerID]?.state.status == .running {
                    known[SessionOwner.machine] = look.name(of: task)
                }
            }
        }
    }

    /// Whose a session is. Open WebUI gives its sessions no name (seen with 0.6.43 and 0.12.4).
    package func owner(name: String, client: String) -> SessionOwner {
        guard name.isEmpty else { return .somebodyElse }
        return known.withLock { $0[client] }.map(SessionOwner.instance) ?? .stray
    }
}

extension SwarmLook {
    /// From where a task's connections come: its own addresses, and its node's, which stands for it to whatever is
    /// outside the swarm's networks and that node.
    func addresses(of task: EngineTask) -> [String] {
        let node = [nodes[task.nodeID]?.address].compactMap(\.self).filter {
            !$0.isEmpty && $0 != "0.0.0.0" && !$0.hasPrefix("127.")
        }
        let inside = Array(task.addresses.values) + node
        guard let container = containers[task.containerID] else { return inside }
        return inside + container.clients + [gateways[task.containerID]].compactMap(\.self)
    }
}
