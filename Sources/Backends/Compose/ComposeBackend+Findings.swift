package import UpgradeCore

extension ComposeBackend {
    package func findings(for plan: Plan) async throws(Fault) -> [Finding] {
        if try await engine.isElsewhere() {
            return [Finding(refuses: true, fault: .remoteEngine(engine.address.text))]
        }
        let look = try await look()
        let running = look.containers.filter { !$0.state.hasEnded }
        var replicas = Dictionary(grouping: running, by: \.service).mapValues(\.count)
        if let asked = plan.replicas { replicas[choice.main] = asked }
        let images = Dictionary(running.map { ($0.service, $0.image) }) { first, _ in first }
        // One variable may serve those without an instance too: what is tried out is what will be written.
        var written = images
        for name in choice.all where written[name] == nil { written[name] = project.config.services[name]?.image }
        var findings = ComposeFindings(
            config: project.config, choice: choice, containers: running.map(ComposeContainer.init), replicas: replicas)
        findings.composeVersion = project.composeVersion
        findings.stopDeadline = plan.deadlines.stop
        findings.others = try await others()
        findings.directory = LocalFile.resolved(project.directory) ?? project.directory
        do throws(Fault) {
            // It has just been asked, but not where this is the second attempt.
            let config = if let found { found } else { try await project.read(permit: permit) }
            found = nil
            async let edit = edit(to: plan.target, from: written, in: config)
            findings.hashes = try await project.hashes(images: images, of: config, permit: permit)
            findings.edit = await edit
        } catch {
            return [Finding(refuses: true, fault: error)]
        }
        return findings.all
    }

    /// What else of this project runs Open WebUI: a service that no file names any more, one in a profile that is not
    /// active, or a container of `docker compose run`.
    private func others() async throws(Fault) -> [ComposeContainer] {
        let repository = project.config.services[choice.main]?.image.map { ImageName($0).repository }
        let label = "com.docker.compose.project=\(project.name)"
        return try await engine.containers(labels: [label], all: false).filter { container in
            !choice.all.contains(container.service) && project.config.services[container.service] == nil
                && (ComposeChoice.isOpenWebUI(container.image) || ImageName(container.image).repository == repository)
        }.map(ComposeContainer.init)
    }

    /// What is to be written, or why it cannot be; nil where the target names no release.
    private func edit(
        to target: String, from images: [String: String], in config: ComposeConfig
    ) async -> Result<VersionEdit, Fault>? {
        guard let release = Release(target) else { return nil }
        let wanted = images.mapValues { ImageName($0).at(release).description }
        do throws(Fault) {
            let edit = try await edit(to: wanted, in: config)
            planned = edit
            return .success(edit)
        } catch { return .failure(error) }
    }
}

extension ComposeContainer {
    init(_ container: EngineContainer) {
        let unnamed = container.mounts.filter { $0.type == "volume" && Self.isAnonymous($0.name) }
        self.init(
            service: container.service, name: container.name, image: container.image, configHash: container.configHash,
            composeVersion: container.labels["com.docker.compose.version"],
            anonymousVolumes: unnamed.map(\.destination),
            directory: container.labels["com.docker.compose.project.working_dir"].map { LocalFile.resolved($0) ?? $0 },
            command: container.command,
            environment: container.environment.filter { ["UVICORN_WORKERS", "WEB_CONCURRENCY"].contains($0.key) })
    }

    /// The engine names a volume that nobody named by 64 digits.
    private static func isAnonymous(_ name: String?) -> Bool {
        guard let name else { return true }
        return name.count == 64 && name.allSatisfy { $0.isHexDigit }
    }
}
