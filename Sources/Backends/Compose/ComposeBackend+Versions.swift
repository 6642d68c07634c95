import UpgradeCore

extension ComposeBackend {
    /// Sees to it that the project's own files ask for what this change wants, before anything of it is made: whoever
    /// types `docker compose up` from now on gets this version. Returns the project as its files have it then.
    func writeVersions(for change: Change) async throws(Fault) -> ComposeConfig {
        let wanted = try names(for: change)
        let config = try await write(wanted)
        for desired in change.workloads where desired.settings.replicas > 0 {
            let id = ImageName(desired.settings.image).digest
            guard let id, let name = wanted[desired.workload] else { continue }
            try await lead(name, to: id)
        }
        return config
    }

    /// Makes the files ask for these images, where they do not yet. First by the edit that was tried out at the beginning,
    /// on the project as it was then: Compose is asked once, in the middle of a run users wait. Where that cannot be, on the
    /// project as it is now; and a line that says what nobody has planned is left to whoever has written it.
    private func write(_ wanted: [String: String]) async throws(Fault) -> ComposeConfig {
        if let tried = edits[wanted], tried.config.asksForOther(wanted) {
            do throws(Fault) { return try await write(tried.edit, on: tried.config) } catch {
                if error.kind == .owned || error.kind == .interrupted { throw error }
            }
        }
        let config = try await project.read(permit: permit)
        guard config.asksForOther(wanted) else { return config }
        return try await write(try await edit(asking: wanted, in: config), on: config)
    }

    private func write(_ edit: VersionEdit, on config: ComposeConfig) async throws(Fault) -> ComposeConfig {
        let written = try await project.apply(edit, before: config, keeping: store.edited, permit: permit)
        try passing(.versionWritten(choice.main))
        return written
    }

    /// The edit of this run, there or back, that leads to these images; a new one where it is another, as in a run of which
    /// no process has made the plan and gone on.
    private func edit(asking wanted: [String: String], in config: ComposeConfig) async throws(Fault) -> VersionEdit {
        let known = try store.state().edit
        if let known, known.leads(to: wanted) { return known }
        if let back = known?.reversed, back.leads(to: wanted) { return back }
        let edit = try await project.plan(wanted, in: config, permit: permit)
        try known?.expectOwn(edit)
        try amend { $0.edit = edit }
        return edit
    }

    /// Throws where somebody has changed a line that this run is going to change, as long as instances serve: there it
    /// costs nobody anything to hold.
    func checkLines(before change: Change) throws(Fault) {
        let state = try store.state()
        let main = change[choice.main]?.settings.image
        guard let edit = state.edit, main == state.baseline[choice.main] else { return }
        for file in edit.files {
            let bytes = try PersonsFile(file).bytes()
            // What is to be typed there is what was there: the target may not be written yet.
            _ = try edit.reversed.applied(to: bytes, of: file)
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
        if try await engine.imageIfHere(name)?.id == id { return }
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
                names[service] = try state.name(of: desired.settings.image)
            } else if let before = state.baseline[service] {
                let source = state.baseline[choice.main] ?? ""
                let goesBack = main.settings.image == source
                names[service] =
                    goesBack
                    ? try state.name(of: before)
                    : Self.name(before, like: try state.name(of: main.settings.image), insteadOf: source)
            }
        }
        return names
    }

    /// The name of an image at the release that another one has now and had not before. Each keeps its own variant, unless
    /// that of the other has changed with it.
    static func name(_ image: String, like other: String, insteadOf before: String) -> String {
        let other = ImageName(other)
        if let digest = other.digest { return ImageName(image).at(.digest(digest)).description }
        guard let release = other.release else { return other.description }
        guard case .numbered(let version, let variant) = release, variant == ImageName(before).release?.variant else {
            return ImageName(image).at(release).description
        }
        return ImageName(image).at(.numbered(version, variant: nil)).description
    }
}

extension ComposeConfig {
    /// Whether a service has another image than it is to have.
    fileprivate func asksForOther(_ images: [String: String]) -> Bool {
        images.contains { services[$0.key]?.image != $0.value }
    }
}

extension ComposeState {
    /// What the project's files say, or are to say, for an image: as it was written or asked for, or its name alone.
    func name(of image: String) throws(Fault) -> String {
        if let written = names[image] { return written }
        var plain = ImageName(image)
        // Without a tag it would mean the newest image of all.
        if plain.digest != nil, plain.tag == nil { throw .imageNameUnknown(image) }
        plain.digest = nil
        return plain.description
    }
}

extension VersionEdit {
    /// Whether these images come of it.
    fileprivate func leads(to wanted: [String: String]) -> Bool {
        wanted.allSatisfy { images[$0.key]?.after == $0.value }
    }

    /// Throws where a later edit would overwrite, in a line of this one, what this one neither found nor wrote.
    fileprivate func expectOwn(_ later: VersionEdit) throws(Fault) {
        for line in later.lines {
            let own = lines.first { $0.file == line.file && $0.key == line.key }
            guard let own, line.before != own.before, line.before != own.after else { continue }
            throw .lineChanged(own)
        }
    }
}
