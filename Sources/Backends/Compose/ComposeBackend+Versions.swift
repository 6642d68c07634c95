import UpgradeCore

extension ComposeBackend {
    /// Sees to it that the project's own files ask for what this change wants, before anything of it is made: whoever
    /// types `docker compose up` from now on gets this version. Returns the project as its files have it then.
    func writeVersions(for change: Change) async throws(Fault) -> ComposeConfig {
        let wanted = try names(for: change)
        let config =
            if let written = try await writeAsPlanned(wanted) { written } else { try await write(wanted) }
        for desired in change.workloads where desired.settings.replicas > 0 {
            let id = ImageName(desired.settings.image).digest
            guard let id, let name = wanted[desired.workload] else { continue }
            try await lead(name, to: id)
        }
        return config
    }

    /// Makes the files ask for these images, where they do not yet.
    private func write(_ wanted: [String: String]) async throws(Fault) -> ComposeConfig {
        let config = try await project.read(permit: permit)
        guard config.asksForOther(wanted) else { return config }
        let edit = try await edit(to: wanted, in: config)
        let written = try await project.apply(edit, before: config, keeping: store.edited, permit: permit)
        try passing(.versionWritten(choice.main))
        return written
    }

    /// The same by the edit that was tried out at the beginning, on the project as it was then: Compose is asked once, in
    /// the middle of a run users wait. Nil, with the files as they were, where anything else has changed since.
    private func writeAsPlanned(_ wanted: [String: String]) async throws(Fault) -> ComposeConfig? {
        guard let planned = edits[wanted], planned.config.asksForOther(wanted) else { return nil }
        do throws(Fault) {
            let written = try await project.apply(
                planned.edit, before: planned.config, keeping: store.edited, permit: permit)
            try passing(.versionWritten(choice.main))
            return written
        } catch {
            if error.kind == .owned || error.kind == .interrupted { throw error }
            return nil
        }
    }

    /// The edit that makes the files of such a project ask for these images, tried out once.
    func edit(to images: [String: String], in config: ComposeConfig) async throws(Fault) -> VersionEdit {
        if let known = edits[images] { return known.edit }
        let edit = try await project.plan(images, in: config, permit: permit)
        edits[images] = (edit, config)
        return edit
    }

    /// Lets a name lead to exactly the image that was read, whatever it has come to mean meanwhile.
    private func lead(_ name: String, to id: String) async throws(Fault) {
        do throws(Fault) { if try await engine.image(name).id == id { return } } catch {
            if error.kind != .missing { throw error }
        }
        try permit.fence.check()
        try await engine.tag(image: id, as: name)
    }

    /// The image that the files are to say for each service. What a service without instances is to become follows the
    /// main one, because one variable may serve both.
    private func names(for change: Change) throws(Fault) -> [String: String] {
        let state = try store.state()
        guard let main = change[choice.main] else { return [:] }
        var names: [String: String] = [:]
        for service in choice.all {
            guard let desired = change[service] else { continue }
            if desired.settings.replicas > 0 || service == choice.main {
                names[service] = state.name(of: desired.settings.image)
            } else if let before = state.baseline[service] {
                let goesBack = main.settings.image == state.baseline[choice.main]
                names[service] = goesBack ? state.name(of: before) : Self.name(before, like: main.settings.image)
            }
        }
        return names
    }

    /// The name of an image at the release that another one has.
    static func name(_ image: String, like other: String) -> String {
        var plain = ImageName(other)
        plain.digest = nil
        return plain.release.map { ImageName(image).at($0).description } ?? plain.description
    }
}

extension ComposeConfig {
    /// Whether a service has another image than it is to have.
    fileprivate func asksForOther(_ images: [String: String]) -> Bool {
        images.contains { services[$0.key]?.image != $0.value }
    }
}

extension ComposeState {
    /// What the project's files say, or are to say, for an image: as it was written before the run, or its name alone.
    func name(of image: String) -> String {
        if let written = names[image] { return written }
        var plain = ImageName(image)
        plain.digest = nil
        return plain.description
    }
}
