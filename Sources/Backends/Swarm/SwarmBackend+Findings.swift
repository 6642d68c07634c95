package import UpgradeCore

extension SwarmBackend {
    package func findings(for plan: Plan) async throws(Fault) -> [Finding] {
        let look = try await look()
        return look.services.flatMap { look.findings($0, for: plan) } + look.lost
    }
}

extension SwarmLook {
    /// Tasks of which nobody knows whether they run.
    var lost: [Finding] {
        tasks.compactMap { task in
            guard let node = nodes[task.nodeID], !node.isReady, condition(task).map({ !$0.isEnd }) ?? false else {
                return nil
            }
            return Finding(refuses: true, fault: .lostTask(name(of: task), on: node))
        }
    }

    func findings(_ service: EngineService, for plan: Plan) -> [Finding] {
        var findings: [Finding] = []
        if let state = service.updateState, Self.unfinished.contains(state) {
            findings.append(Finding(refuses: true, fault: .updating(service)))
        }
        if let stack = service.labels["com.docker.stack.namespace"] {
            let image = Release(plan.target).map { ImageName(service.image).at($0).description } ?? plan.target
            findings.append(
                Finding(
                    refuses: false, fault: .inStack(service.name, stack: stack, image: image),
                    afterwards: Fault.stackFile(of: service.name, stack: stack, image: image)))
        }
        let nodes = nodes.values.filter(service.mayRun).sorted { $0.hostname < $1.hostname }
        return findings + nodeFindings(service, nodes) + (nodes.count > 1 ? volumeFindings(service, nodes.count) : [])
    }

    private static let unfinished: Set<String> = ["updating", "paused", "rollback_started", "rollback_paused"]

    private func nodeFindings(_ service: EngineService, _ nodes: [EngineNode]) -> [Finding] {
        let able = nodes.filter { $0.isReady && $0.availability == "active" }
        guard !able.isEmpty else { return [Finding(refuses: true, fault: .noNode(for: service.name))] }
        var findings: [Finding] = []
        if able.count < nodes.count {
            let others = nodes.filter { node in !able.contains { $0.id == node.id } }
            findings.append(Finding(refuses: false, fault: .nodesUnready(others, for: service.name)))
        }
        for port in service.spec["EndpointSpec"]["Ports"].list where port["PublishMode"].text == "host" {
            guard let number = port["PublishedPort"].integer, number > 0, (service.replicas ?? 0) > able.count else {
                continue
            }
            findings.append(Finding(refuses: true, fault: .fewPlaces(service, places: able.count, port: number)))
        }
        return findings
    }

    private func volumeFindings(_ service: EngineService, _ nodes: Int) -> [Finding] {
        service.template["ContainerSpec"]["Mounts"].list.filter { ($0["Type"].text ?? "volume") == "volume" }.map {
            mount in
            let volume = mount["Source"].text ?? "without a name"
            let driver = mount["VolumeOptions"]["DriverConfig"]
            let isLocal = ["", "local"].contains(driver["Name"].text ?? "") && driver["Options"].object.isEmpty
            return isLocal
                ? Finding(refuses: true, fault: .localVolume(volume, of: service.name, nodes: nodes))
                : Finding(refuses: false, fault: .sharedVolume(volume, of: service.name, nodes: nodes))
        }
    }
}
