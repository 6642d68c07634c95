import Testing

/// What has to be true of a project when a run is over.
extension ComposeSite {
    /// Nil where every instance serves this version, the witness has nothing to say, nothing of the run is left on the
    /// engine, and a plain `docker compose up` changes nothing.
    func objection(to version: String) async throws -> String? {
        if let complaint = try await complaint() { return complaint }
        let expected = Array(repeating: version, count: shape.replicas)
        let serving = try await serving()
        if serving != expected { return "these serve: \(serving)" }
        let files = try (Files.read(composeFile), Files.read(variablesFile))
        if files.0 + files.1 != asWritten(version) { return "the files are \(files)" }
        let label = "label=owui-upgrade.guard=\(name)"
        let guards = try await TestEngine.list(["ps", "--all", "--quiet", "--filter", label])
        if !guards.isEmpty { return "\(guards.count) name guards are left" }
        let before = try await containers()
        for container in before {
            let named = container.configuration.labels["com.docker.compose.project.config_files"]
            if named != composeFile { return "\(container.name) names \(named ?? "no file")" }
        }
        let up = try await compose("up", "--detach")
        if up.exit != 0 { return up.story }
        let after = try await containers()
        return before.map(\.id) == after.map(\.id)
            ? nil : "a plain up made \(after.map(\.name)) of \(before.map(\.name))"
    }

    /// Records an issue where something is not as it has to be.
    func expectEnd(_ version: String) async throws {
        if let objection = try await objection(to: version) { Issue.record("\(objection)") }
    }

    /// The texts of both files where they ask for a version.
    private func asWritten(_ version: String) -> String {
        var shape = shape
        shape.version = version
        return text(of: shape) + (shape.hasVariable ? "OWUI_TAG=v\(version)\n" : "")
    }
}
