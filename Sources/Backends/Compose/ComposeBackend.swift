import FoundationEssentials
import Synchronization
package import UpgradeCore

/// Open WebUI as a Compose project runs it on a Docker engine.
///
/// Compose stays the owner: whatever is made and started goes through `docker compose`, so that its hashes and labels stay
/// right. Whatever is stopped goes through the engine, which touches none of them; no call does two things at once.
package actor ComposeBackend: Backend {
    /// A point between two effects; tests end a change there.
    package enum Point: Equatable, Sendable {
        case stateWritten
        case told(String)
        case removed(String)
        case guarded(String)
        case released(String)
        case versionWritten(String)
        case called(String)
        case settled(String)
    }

    let project: ComposeProject
    let choice: ComposeChoice
    let engine: Engine
    let store: ComposeStore
    let permit: Permit
    let prober: any Prober
    let redaction: Redaction
    /// Kept for as long as the project is looked at; nil where nobody waits.
    let listener: EngineListener?
    let hear: @Sendable (PullProgress) -> Void
    let passing: @Sendable (Point) throws(Fault) -> Void
    package nonisolated let addresses = ContainerAddresses()
    /// The write that was seen last; nil before the first look.
    var seen: Int?
    /// As Compose said it when the project was found, until it is asked what speaks against an upgrade.
    var found: ComposeConfig?
    /// The edit that the plan shows; nil where this process has not made the plan.
    var planned: VersionEdit?
    /// What exact images were asked for as, where the files are to say just that.
    var asked: [String: String] = [:]
    /// The edits of the project's files that were tried out, by the images that they lead to, with the project as it was.
    var edits: [[String: String]: (edit: VersionEdit, config: ComposeConfig)] = [:]

    /// - Parameters:
    ///   - permit: asked before each single effect
    ///   - hear: told of an image that is fetched
    ///   - passing: called at each point; what it throws ends the change there
    init(
        project: ComposeProject, choice: ComposeChoice, engine: Engine, permit: Permit,
        prober: any Prober = HTTPProber(), listener: EngineListener? = nil,
        hear: @escaping @Sendable (PullProgress) -> Void = { _ in },
        passing: @escaping @Sendable (Point) throws(Fault) -> Void = { _ throws(Fault) in }
    ) {
        self.project = project
        self.choice = choice
        self.engine = engine
        self.permit = permit
        self.prober = prober
        self.listener = listener
        self.hear = hear
        self.passing = passing
        found = project.config
        store = ComposeStore(directory: project.directory)
        redaction = Redaction(project.config.services.values.map { $0.environment.compactMapValues(\.self) })
    }

    /// What stands between a person's `docker compose up` and the middle of a run.
    static let guardName = "docker compose up"

    /// The project as the engine shows it. Containers that were told to end and have ended are removed, where whoever
    /// looks holds the lock.
    package func observe() async throws(Fault) -> Deployment {
        let look = try await cleared(look())
        seen = look.state.writes
        addresses.take(look.containers)
        let answers = await answers(of: look.containers)
        let logs = await migrationLogs(of: look.containers, answers)
        let workloads = choice.all.map { name in
            Workload(
                name: name, role: name == choice.main ? .main : .companion, settings: settings(of: name, look),
                instances: look.containers(of: name).compactMap {
                    look.instance(
                        $0, answer: answers[$0.id] ?? .none, migrationLog: logs[$0.id], lastEnd: listener?.ends[$0.id])
                } + look.removed(of: name))
        }
        return Deployment(
            workloads: workloads, automation: [Automation(name: Self.guardName, isActive: !look.state.isGuarded)])
    }

    func look() async throws(Fault) -> ComposeLook {
        let containers = try await engine.containers(labels: ["com.docker.compose.project=\(project.name)"])
        let own = containers.filter { choice.all.contains($0.service) && !$0.isOneOff }
        return ComposeLook(
            state: try store.state(),
            containers: own.map { container in
                guard let other = containers.first(where: { $0.id == container.networkOf }) else { return container }
                return container.joined(to: other)
            })
    }

    /// What a service is asked to be: by a run that is under way, else by what there is of it.
    private func settings(of name: String, _ look: ComposeLook) -> Settings {
        if look.state.isGuarded, let asked = look.state.services[name] { return asked }
        let written = project.config.services[name]?.settings ?? Settings(image: "", replicas: 0)
        // One that has ended by itself is wanted as well: a plain `up` would start it again.
        let started = look.containers(of: name).filter { $0.state.status != .created }
        let living = started.first { !$0.state.hasEnded } ?? started.first
        return written.with(image: living?.exactImage ?? written.image, replicas: started.count)
    }

    /// Keeps a plain `docker compose up` from making anything while a run is under way, or lets it again.
    package func setAutomation(paused: Bool, _ known: [Automation]) async throws(Fault) -> [Automation] {
        let lock = try store.lock()
        let look = try await look()
        if paused, !look.state.isGuarded { try await remember(look) }
        if !paused { try amend { $0.guardImage = nil } }
        try await renewGuards()
        _ = consume lock
        return [
            Automation(name: Self.guardName, isActive: !paused || known.isEmpty || known.contains(where: \.isActive))
        ]
    }

    /// Writes down what the project was before the run.
    private func remember(_ look: ComposeLook) async throws(Fault) {
        var services: [String: Settings] = [:]
        for name in choice.all { services[name] = settings(of: name, look) }
        var names = asked
        for container in look.containers { names[container.exactImage] = container.image }
        let image = try await guardImage(look)
        try amend { state in
            (state.services, state.baseline) = (services, services.mapValues(\.image))
            // A run that is taken back needs the names that it found, beside those that it has left.
            state.names.merge(names) { $1 }
            state.guardImage = image
            state.edit = planned ?? state.edit
        }
    }

    /// An image that is here, to make name guards of: nothing of the project may run, or be there at all.
    private func guardImage(_ look: ComposeLook) async throws(Fault) -> String {
        let containers = look.containers.filter { !$0.state.hasEnded } + look.containers
        if let image = containers.first?.imageID { return image }
        let written = choice.all.compactMap { project.config.services[$0]?.image }
        var why = "it names none"
        for image in written + look.state.names.keys.sorted().compactMap({ ImageName($0).digest }) {
            do throws(Fault) { return try await engine.image(image).id } catch {
                guard error.kind == .missing else { throw error }
                why = error.why
            }
        }
        throw .noImageForGuards(project.name, why: why)
    }

    /// Changes what is remembered of the project. To be called under the lock.
    func amend(_ edit: (inout ComposeState) -> Void) throws(Fault) {
        let before = try store.state()
        if let seen, seen != before.writes { throw .projectChanged(store.path) }
        var state = before
        edit(&state)
        if state != before {
            state.writes += 1
            try permit.fence.check()
            try store.write(state)
            try passing(.stateWritten)
        }
        seen = state.writes
    }
}

/// Which instance an address belongs to, for sessions on the database that have no name.
package final class ContainerAddresses: Sendable {
    private let known = Mutex<[String: String]>([:])

    /// An address stays that of its last container, until another has it: a session may outlive its process.
    func take(_ containers: [EngineContainer]) {
        known.withLock { known in
            for container in containers {
                for address in container.clients { known[address] = container.instanceID }
                if container.state.status == .running { known[SessionOwner.machine] = container.instanceID }
            }
        }
    }

    /// Whose a session is. Open WebUI gives its sessions no name (seen with 0.6.43 and 0.12.4).
    package func owner(name: String, client: String) -> SessionOwner {
        guard name.isEmpty else { return .somebodyElse }
        return known.withLock { $0[client] }.map(SessionOwner.instance) ?? .stray
    }
}
