import UpgradeCore

/// A project as Compose finds it, and the way to ask Compose about it.
package struct ComposeProject: Sendable {
    package let name: String
    /// The project's directory; an absolute path.
    package let directory: String
    /// Where Compose is called: files of a project may use `${PWD}`.
    package let folder: String
    /// Absolute; the later ones override the earlier.
    package let files: [String]
    package let envFiles: [String]
    package let profiles: [String]
    /// The files from which variables are filled in; the last that sets one counts.
    let variableFiles: [String]
    /// Version of Compose, such as `2.26.1-4`.
    package let composeVersion: String
    /// As it was when the project was found.
    package let config: ComposeConfig
    let tool: ComposeTool

    /// Finds the project that `docker compose` would work on with these wishes.
    static func find(_ wishes: ComposeWishes, tool: ComposeTool, permit: Permit) async throws(Fault) -> ComposeProject {
        let files = try ComposeFiles(wishes, environment: tool.variables)
        let command = ComposeCommand(
            projectName: wishes.projectName, directory: files.directory, folder: wishes.folder, files: files.files,
            envFiles: files.envFiles, profiles: wishes.profiles, verb: ["config", "--format", "json"])
        let read = { @Sendable (tool: ComposeTool) async throws(Fault) in
            try await Together.both { () async throws(Fault) in
                try await tool.config(command, permit)
            } _: { () async throws(Fault) in
                files.isGuess ? try await tool.found(by: wishes, command, permit) : nil
            }
        }
        // What its plugin says counts once it is seen to be what `docker compose` runs; it is asked meanwhile.
        let likely = tool.byItsPlugin
        let ((tool, version), early) = try await Together.both { () async throws(Fault) in
            try await tool.direct(permit)
        } _: { () async throws(Fault) in
            await Together.result { () async throws(Fault) in try await read(likely) }
        }
        let (config, found) = tool == likely ? try early.get() : try await read(tool)
        let differences = found.map(config.differences) ?? []
        if !differences.isEmpty { throw .otherProject(command.files, differences, folder: wishes.folder) }
        return ComposeProject(
            name: config.name, directory: files.directory, folder: wishes.folder, files: files.files,
            envFiles: files.envFiles,
            profiles: wishes.profiles, variableFiles: files.variableFiles, composeVersion: version, config: config,
            tool: tool)
    }

    /// A call on this project; `override` is a file that is read after the person's own.
    package func command(_ verb: [String], override: String? = nil) -> ComposeCommand {
        ComposeCommand(
            projectName: name, directory: directory, folder: folder, files: files + (override.map { [$0] } ?? []),
            envFiles: envFiles,
            profiles: profiles, verb: verb)
    }

    /// Makes and starts what is missing of a service until there are so many, and recreates nothing.
    ///
    /// `running` says how many instances the project's services have. Those that this one depends on keep as many; one
    /// that has none is started as its file says, unless it is given here as having to have none.
    package func up(
        _ service: String, scale: Int, running: [String: Int] = [:], recreates: Bool = false, override: String? = nil
    ) -> ComposeCommand {
        let needed = config.dependencies(of: service)
        let kept = needed.map { ($0, running[$0] ?? config.services[$0]?.replicas ?? 1) }
        let verb = ComposeCommand.up(
            service, scale: scale, kept: Dictionary(uniqueKeysWithValues: kept), recreates: recreates)
        return command(verb, override: override)
    }

    /// The project as its files have it now.
    func read(override: String? = nil, permit: Permit) async throws(Fault) -> ComposeConfig {
        try await tool.config(command(["config", "--format", "json"], override: override), permit)
    }

    /// The same with the variables as they are written.
    func readWritten(permit: Permit) async throws(Fault) -> ComposeConfig {
        let command = command(["config", "--no-interpolate", "--format", "json"])
        return try await tool.config(command, permit, isInterpolated: false)
    }

    /// The hash that Compose would give a container of each service now, as `com.docker.compose.config-hash` has it;
    /// with other images where they are given, and of this project where it was read already.
    ///
    /// `config --hash` of 2.26.1 leaves files of `env_file` out, and `up` does not. So it is asked about the project with
    /// everything filled in, which has none.
    func hashes(
        images: [String: String] = [:], of known: ComposeConfig? = nil, permit: Permit
    ) async throws(Fault) -> [String: String] {
        let now = if let known { known } else { try await read(permit: permit) }
        let config = now.with(images: images)
        let folder = try TrialFolder()
        defer { folder.remove() }
        var command = command(["config", "--hash", "*"])
        command.files = [try folder.write(config.tree.json, as: "resolved.json")]
        let text = try await tool.run(command, permit.reading)
        let pairs = text.split(separator: "\n").map { $0.split(separator: " ") }.filter { $0.count == 2 }
        return Dictionary(pairs.map { (String($0[0]), String($0[1])) }) { $1 }
    }

    /// Runs a call to its end.
    @discardableResult
    func run(_ command: ComposeCommand, permit: Permit) async throws(Fault) -> String {
        try await tool.run(command, permit)
    }
}
