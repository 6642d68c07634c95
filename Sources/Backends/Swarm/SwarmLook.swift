import UpgradeCore

/// One look at the services of a deployment: their tasks, the nodes that these are on, and this engine's containers.
struct SwarmLook: Sendable {
    /// The main one first.
    let services: [EngineService]
    let tasks: [EngineTask]
    let nodes: [String: EngineNode]
    /// Those of this engine, by their ids.
    let containers: [String: EngineContainer]
    /// The addresses of this engine's containers at which its machine reaches them, by the containers' ids.
    let gateways: [String: String]
    /// The places in which nodes have refused tasks for long.
    var refused: Set<EngineTask.Place> = []
    /// The ids of the tasks that stand for replicas, or did until there were to be none.
    var standing: Set<String> = []
    /// Whether the addresses of this engine's machine are this machine's own.
    var isNear = true

    func service(of task: EngineTask) -> EngineService? { services.first { $0.id == task.serviceID } }
    func tasks(of service: EngineService) -> [EngineTask] { tasks.filter { $0.serviceID == service.id } }
    func living(of service: EngineService) -> [EngineTask] {
        tasks(of: service).filter { condition($0).map { !$0.isEnd } ?? false }
    }

    /// As `docker ps` names its container, on whatever node that is.
    func name(of task: EngineTask) -> String {
        "\(service(of: task)?.name ?? task.serviceID).\(task.slot.map(String.init) ?? task.nodeID).\(task.id)"
    }

    func instance(_ task: EngineTask, answer: Instance.Answer = .none, log: String? = nil) -> Instance? {
        guard let service = service(of: task), let condition = condition(task) else { return nil }
        return Instance(
            id: name(of: task), image: task.image, generation: service.generation(of: task), state: condition,
            answer: answer, restarts: restarts(before: task), migrationLog: log ?? complaint(task),
            lastEnd: before(task).max { $0.created < $1.created }.map(told))
    }

    /// The tasks that ended by themselves in this one's place: the swarm makes a new task for each start.
    private func before(_ task: EngineTask) -> [EngineTask] {
        tasks.filter {
            $0.isBefore(task) && $0.endedByItself && $0.place == task.place
        }
    }

    /// How often the application ended by itself in a task's place. What its node refused never ran, and is an end only
    /// where nodes have refused it for long.
    private func restarts(before task: EngineTask) -> Int {
        before(task).count { $0.state != "rejected" || refused.contains(task.place) }
    }

    /// What the swarm says of a task that cannot be placed or started, or of the one before it.
    private func complaint(_ task: EngineTask) -> String? {
        if !task.error.isEmpty { return task.error }
        return before(task).filter { !$0.error.isEmpty }.max { $0.created < $1.created }?.error
    }

    /// What is known of a task; nil for one of which nothing runs or will, and that says nothing about the application: it
    /// was told to end and has, or another has taken its place.
    func condition(_ task: EngineTask) -> Instance.State? {
        if isHeld(task) { return .withdrawn }
        switch task.state {
        case "failed", "rejected", "complete":
            // The swarm has not yet seen its end, and is about to start another in its place.
            if task.isWanted { return .running }
            return tasks.contains { task.isBefore($0) } ? nil : .ended(exit: told(task))
        case "shutdown", "remove": return nil
        case "orphaned":
            // Whoever removes a node says that nothing runs there any more; a node that is down does not say so.
            return nodes[task.nodeID].map(\.isReady) ?? true ? nil : .stopping
        default:
            if task.isWanted { return .running }
            if task.desired == "remove", wasNotStarted(task) { return .withdrawn }
            return task.nodeID.isEmpty ? nil : .stopping
        }
    }

    /// Whether no node is known to have begun with a task that is to be removed. The swarm may yet give it to a node, which
    /// then does not start it, and it is gone a quarter of a second later (seen with 20.10).
    private func wasNotStarted(_ task: EngineTask) -> Bool {
        if task.nodeID.isEmpty { return true }
        return task.state == "assigned" && nodes[task.nodeID]?.isReady == true
    }

    /// Whether the swarm has still to remove a task that has ended, of a service that is to have none.
    ///
    /// One that its restart policy leaves as it is counts for the swarm as the replica itself, which an update has to
    /// replace, for as long as it is there. Whoever asks for a replica while it is being removed may get two, one instead
    /// of it and one beside it (seen with 20.10, twice in 310 tries; in none of 300 where it was waited for).
    func isHeld(_ task: EngineTask) -> Bool {
        guard task.hasEnded, task.staysEnded, service(of: task)?.replicas == 0 else { return false }
        return task.desired == "remove" || standing.contains(task.id)
    }

    private func told(_ task: EngineTask) -> String {
        if let container = containers[task.containerID], container.state.hasEnded {
            let isAll = task.error.isEmpty || task.error == "task: non-zero exit (\(container.state.exitCode))"
            let health = container.health?.status == "unhealthy" ? ["its health check said unhealthy"] : []
            return ([container.state.told] + health + (isAll ? [] : [task.error])).joined(separator: "; ")
        }
        if !task.error.isEmpty { return task.error }
        return task.exitCode.map { "exit code \($0)" } ?? task.state
    }
}

extension EngineTask {
    var image: String { spec["ContainerSpec"]["Image"].text ?? "" }

    /// Whether the swarm wants it to run, or to be ready for that.
    var isWanted: Bool { desired == "running" || desired == "ready" }

    var hasEnded: Bool { endedByItself || state == "shutdown" }

    /// Whether it may be that the swarm starts no other in its place.
    var staysEnded: Bool {
        let policy = spec["RestartPolicy"]
        return (policy["Condition"].text ?? "any") != "any" || (policy["MaxAttempts"].integer ?? 0) > 0
    }

    var endedByItself: Bool { ["failed", "rejected", "complete"].contains(state) }

    /// One replica of a service, whatever its tasks were made from.
    struct Replica: Hashable, Sendable {
        let service: String
        let slot: Int?
        let node: String
    }

    var replica: Replica { Replica(service: serviceID, slot: slot, node: slot == nil ? nodeID : "") }

    /// One replica of a service, as one template has it.
    struct Place: Hashable, Sendable {
        let replica: Replica
        let counter: Int?
    }

    var place: Place { Place(replica: replica, counter: spec["ForceUpdate"].integer) }

    /// Whether this is an earlier task in the place of the other.
    func isBefore(_ other: EngineTask) -> Bool {
        id != other.id && replica == other.replica && created < other.created
    }
}

extension Instance.State {
    var isEnd: Bool { if case .ended = self { true } else { false } }
}
