package import UpgradeCore

extension SwarmBackend {
    package func findings(for plan: Plan) async throws(Fault) -> [Finding] {
        let look = try await look()
        var findings = look.services.flatMap { look.findings($0, for: plan) } + look.lost
        if let main = look.services.first(where: { $0.name == choice.main }) {
            let window = try await healthWindow(main)
            let told = window.map { Fault.healthWindow(main.name, seconds: $0) }
            let fault = main.endsUnwell ? .replacedForHealth(main.name, seconds: window) : told
            findings += fault.map { [Finding(refuses: false, fault: $0)] } ?? []
        }
        return findings
    }

    /// How long a task has, in seconds, before the swarm ends it because its health check has never said yes; nil where
    /// that is more than any migration should take, or nothing checks it. What a service does not say is its image's.
    private func healthWindow(_ service: EngineService) async throws(Fault) -> Int? {
        let call = EngineCall("GET", EngineCall.image(service.image, "json"), to: "show the image \(service.image)")
        let image = try await engine.ifHere { () async throws(Fault) in try await engine.value(of: call, "the image") }
        return HealthCheck(service.healthCheck, of: image?["Config"]["Healthcheck"] ?? .null)?.window
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
                    afterwards: Fault.stackFile(of: service.name, stack: stack, image: image),
                    takenBack: Fault.stackFileBack(of: service.name, stack: stack, image: service.image)))
        }
        findings += applicationFindings(service)
        let settings = service.settings.with(replicas: 1)
        if settings.migrates, service.hasCountedPlaces, settings.forMigrating(image: settings.image) != settings {
            findings.append(Finding(refuses: false, fault: .downTwiceOnSwarm(service.name)))
        }
        let stop = Int((service.template["ContainerSpec"]["StopGracePeriod"].integer ?? 0) / 1_000_000_000)
        if stop >= plan.deadlines.stop {
            findings.append(
                Finding(refuses: true, fault: .longStop(service.name, seconds: stop, deadline: plan.deadlines.stop)))
        }
        let nodes = nodes.values.filter(service.mayRun).sorted { $0.hostname < $1.hostname }
        return findings + nodeFindings(service, nodes) + (nodes.count > 1 ? volumeFindings(service, nodes.count) : [])
    }

    /// What the settings of its application speak against.
    private func applicationFindings(_ service: EngineService) -> [Finding] {
        let spec = service.template["ContainerSpec"]
        let (environment, name) = (service.environment, service.name)
        let own = tasks.compactMap { containers[$0.containerID] }.filter {
            $0.labels["com.docker.swarm.service.name"] == name && $0.state.status == .running
        }
        let place =
            FixedWorkers.place(
                spec["Command"].texts + spec["Args"].texts, webConcurrency: environment["WEB_CONCURRENCY"])
            ?? own.lazy.compactMap { container in
                FixedWorkers.place(container.command, webConcurrency: container.environment["WEB_CONCURRENCY"])
                    ?? FixedWorkers.placeInImage(
                        container.environment["UVICORN_WORKERS"], written: environment["UVICORN_WORKERS"])
            }.first
        var findings = place.map { [Finding(refuses: true, fault: .fixedServiceWorkers(name, $0))] } ?? []
        findings += NamedSessions.places(environment).map {
            Finding(refuses: true, fault: .sessionsNamed(name, by: $0))
        }
        let has = { (name: String) in !(environment[name] ?? "").isEmpty }
        if !has("WEBUI_SECRET_KEY"), !has("WEBUI_SECRET_KEY_FILE") {
            findings.append(Finding(refuses: true, fault: .secretKeyInTask(name)))
        }
        let folder = has("DATA_DIR") ? environment["DATA_DIR"] ?? "" : "/app/backend/data"
        let isKept = spec["Mounts"].list.contains { mount in
            guard let target = mount["Target"].text, mount["Type"].text != "tmpfs" else { return false }
            let isNamed = mount["Type"].text == "bind" || !(mount["Source"].text ?? "").isEmpty
            return isNamed && (folder == target || folder.hasPrefix(target + "/"))
        }
        if !isKept, ["", "local"].contains(environment["STORAGE_PROVIDER"] ?? "") {
            findings.append(Finding(refuses: false, fault: .dataInTask(name, folder)))
        }
        return findings
    }

    private static let unfinished: Set<String> = ["updating", "paused", "rollback_started", "rollback_paused"]

    private func nodeFindings(_ service: EngineService, _ nodes: [EngineNode]) -> [Finding] {
        let able = nodes.filter { $0.isReady && $0.availability == "active" }
        guard !able.isEmpty else { return [Finding(refuses: true, fault: .noNode(for: service.name))] }
        var findings: [Finding] = []
        let ports = service.spec["EndpointSpec"]["Ports"].list
        let isUnchecked = service.healthCheck["Test"].texts.first == "NONE"
        if able.count > 1, isUnchecked, !ports.contains(where: { $0["PublishMode"].text == "host" }) {
            findings.append(Finding(refuses: true, fault: .unchecked(service.name, nodes: able.count)))
        }
        if able.count < nodes.count {
            let others = nodes.filter { node in !able.contains { $0.id == node.id } }
            findings.append(Finding(refuses: false, fault: .nodesUnready(others, for: service.name)))
        }
        for port in ports where port["PublishMode"].text == "host" {
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
