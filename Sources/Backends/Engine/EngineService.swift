/// A service of a swarm, with its spec as the engine wrote it.
package struct EngineService: Equatable, Sendable {
    package let id: String
    /// Which version of it this is; a change names the version that it was made from.
    package let index: Int
    package let created: String
    package var spec: EngineValue
    /// The spec before the last change.
    package let previous: EngineValue
    /// `updating`, `paused`, `completed`, `rollback_started`…; nil where no update was ever made.
    package let updateState: String?
    package let updateMessage: String

    init?(_ answer: EngineValue) {
        guard let id = answer["ID"].text, let index = answer["Version"]["Index"].integer else { return nil }
        self.id = id
        self.index = index
        created = answer["CreatedAt"].text ?? ""
        spec = answer["Spec"]
        previous = answer["PreviousSpec"]
        updateState = answer["UpdateStatus"]["State"].text
        updateMessage = answer["UpdateStatus"]["Message"].text ?? ""
    }

    package var name: String { spec["Name"].text ?? id }
}

/// One container that a swarm has, had or is about to have for a service.
package struct EngineTask: Equatable, Sendable {
    package let id: String
    /// Which replica it is; nil in global mode.
    package let slot: Int?
    package let created: String
    /// What it was made from: its part of the service's spec at that time.
    package let spec: EngineValue
    /// What its node last said: `pending`, `running`, `failed`…
    package let state: String
    /// What the swarm wants of it: `running`, `shutdown`, `remove`…
    package let desired: String
    package let message: String
    package let error: String
    package let exitCode: Int?
    /// Empty before it was given to a node.
    package let nodeID: String
    package let serviceID: String
    package let containerID: String
    /// Its addresses in networks of the swarm, by the network's id.
    package let addresses: [String: String]
    /// The ports of its node that lead to it alone.
    package let ports: [EngineContainer.Port]

    init?(_ answer: EngineValue) {
        let status = answer["Status"]
        guard let id = answer["ID"].text, let state = status["State"].text else { return nil }
        self.id = id
        self.state = state
        slot = answer["Slot"].integer
        created = answer["CreatedAt"].text ?? ""
        spec = answer["Spec"]
        desired = answer["DesiredState"].text ?? ""
        message = status["Message"].text ?? ""
        error = status["Err"].text ?? ""
        exitCode = status["ContainerStatus"]["ExitCode"].integer
        nodeID = answer["NodeID"].text ?? ""
        serviceID = answer["ServiceID"].text ?? ""
        containerID = status["ContainerStatus"]["ContainerID"].text ?? ""
        var addresses: [String: String] = [:]
        for attachment in answer["NetworksAttachments"].list {
            guard let network = attachment["Network"]["ID"].text, let address = attachment["Addresses"].texts.first
            else { continue }
            addresses[network] = address.beforeSlash
        }
        self.addresses = addresses
        ports = status["PortStatus"]["Ports"].list.compactMap { port in
            guard let inside = port["TargetPort"].integer, let outside = port["PublishedPort"].integer else {
                return nil
            }
            return EngineContainer.Port(
                port: inside, transport: port["Protocol"].text ?? "tcp", hostAddress: "", hostPort: outside)
        }
    }
}

/// A machine of a swarm.
package struct EngineNode: Equatable, Sendable {
    package let id: String
    package let hostname: String
    /// `ready`, `down`, `unknown`, `disconnected`.
    package let state: String
    /// `active`, `pause`, `drain`.
    package let availability: String
    package let address: String
    /// `manager` or `worker`.
    package let role: String
    package let labels: [String: String]
    /// As its Linux calls it: `x86_64`.
    package let architecture: String
    package let os: String
    /// Those that its engine was given, beside those that the swarm knows it by.
    package let engineLabels: [String: String]

    init?(_ answer: EngineValue) {
        guard let id = answer["ID"].text else { return nil }
        self.id = id
        hostname = answer["Description"]["Hostname"].text ?? id
        state = answer["Status"]["State"].text ?? "unknown"
        availability = answer["Spec"]["Availability"].text ?? "active"
        // A leader knows no address of its own in its status (seen with 20.10: 0.0.0.0).
        let manager = answer["ManagerStatus"]["Addr"].text?.withoutPort
        let known = manager ?? answer["Status"]["Addr"].text ?? ""
        address = known == "0.0.0.0" ? "" : known
        role = answer["Spec"]["Role"].text ?? "worker"
        labels = answer["Spec"]["Labels"].labels
        architecture = answer["Description"]["Platform"]["Architecture"].text ?? ""
        os = answer["Description"]["Platform"]["OS"].text ?? ""
        engineLabels = answer["Description"]["Engine"]["Labels"].labels
    }

    /// Whether what it says of its tasks is of now.
    package var isReady: Bool { state == "ready" }
}

extension String {
    /// `10.0.1.3` of `10.0.1.3:2377`, and `fd00::3` of `[fd00::3]:2377`.
    fileprivate var withoutPort: String {
        guard let colon = lastIndex(of: ":") else { return self }
        return String(self[..<colon].filter { $0 != "[" && $0 != "]" })
    }

    /// `10.0.1.3` of `10.0.1.3/24`.
    var beforeSlash: String { split(separator: "/").first.map(String.init) ?? self }
}
