internal import FoundationEssentials
import UpgradeCore

/// The `docker` program of this machine with its plugin `compose`, and the environment that it is run in.
struct ComposeTool: Equatable, Sendable {
    /// The path of `docker`.
    let docker: String
    /// Added to the environment of this process, such as `DOCKER_HOST`.
    let added: [String: String]
    /// The plugin, where `docker compose` is certain to be this very program: called by itself it does the same in half the
    /// time, because `docker` first asks each plugin what it is.
    private var plugin: String?

    /// The oldest Compose whose `config` and `up` do what is asked of them here.
    static let leastVersion = (major: 2, minor: 20)

    /// Finds `docker` in PATH.
    init(adding environment: [String: String] = [:]) throws(Fault) {
        added = environment
        let places = Self.merged(environment)["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        let found = places.split(separator: ":").map { "\($0)/docker" }.first(where: LocalFile.isExecutable)
        guard let found else { throw .noDocker() }
        docker = found
    }

    /// Everything that Compose may fill in.
    var variables: [String: String] { Self.merged(added) }

    private static func merged(_ added: [String: String]) -> [String: String] {
        ProcessInfo.processInfo.environment.merging(added) { $1 }
    }

    /// The version of Compose. Throws where there is none, or one that is too old.
    func version(_ permit: Permit) async throws(Fault) -> String {
        let said: String
        do throws(Fault) {
            // Without the plugin `--short` is what docker complains of.
            said = try await Tool.run(docker, ["compose", "version"], environment: added, permit: permit.reading)
        } catch {
            guard error.kind == .failed else { throw error }
            throw .noCompose(why: error.why)
        }
        let version = Self.version(in: said)
        let numbers = version.split { !$0.isNumber }.compactMap { Int($0) }
        guard numbers.count >= 2, (numbers[0], numbers[1]) >= (Self.leastVersion.major, Self.leastVersion.minor) else {
            throw .oldCompose(version)
        }
        return version
    }

    /// The same tool by its plugin, where `docker` would look for that first; nobody has seen yet that it is the one.
    var byItsPlugin: ComposeTool {
        var tool = self
        tool.plugin = Self.pluginFolders(variables).map { "\($0)/docker-compose" }.first(where: LocalFile.isExecutable)
        return tool
    }

    /// The same tool, by its plugin where that says of itself what `docker compose` says; and that version.
    func direct(_ permit: Permit) async throws(Fault) -> (tool: ComposeTool, version: String) {
        let likely = byItsPlugin
        let (version, own) = try await Together.both { () async throws(Fault) in
            try await self.version(permit)
        } _: { () async throws(Fault) in
            try await self.ownVersion(of: likely.plugin, permit)
        }
        return (own == version ? likely : self, version)
    }

    /// nil where there is no such plugin, or it does not say.
    private func ownVersion(of plugin: String?, _ permit: Permit) async throws(Fault) -> String? {
        guard let plugin else { return nil }
        do throws(Fault) {
            let words = ["version", "--short"]
            return Self.version(
                in: try await Tool.run(plugin, words, environment: added, permit: permit.reading))
        } catch {
            guard error.kind == .interrupted else { return nil }
            throw error
        }
    }

    private static func version(in text: String) -> String {
        String((text.split(whereSeparator: \.isWhitespace).last ?? "").drop { $0 == "v" })
    }

    /// Calls Compose by words that begin with `compose`.
    private func run(
        _ words: [String], _ environment: [String: String], _ permit: Permit, in folder: String
    ) async throws(Fault) -> String {
        try await Tool.run(
            plugin ?? docker, plugin == nil ? words : Array(words.dropFirst()),
            environment: added.merging(environment) { $1 }, permit: permit, in: folder)
    }

    /// Where `docker` looks for its plugins, in its order.
    /// https://github.com/docker/cli/blob/master/cli-plugins/manager/manager_unix.go
    private static func pluginFolders(_ variables: [String: String]) -> [String] {
        let own = DockerConfiguration.folder(variables, home: variables["HOME"] ?? "/")
        let shared = ["local/lib", "local/libexec", "lib", "libexec"].map { "/usr/\($0)/docker" }
        return ([own] + shared).map { "\($0)/cli-plugins" }
    }

    func run(_ command: ComposeCommand, _ permit: Permit) async throws(Fault) -> String {
        do throws(Fault) { return try await run(command.words, command.environment, permit, in: command.folder) } catch
        {
            throw error.kind == .failed ? .composeFailed(command, why: error.why) : error
        }
    }

    func config(
        _ command: ComposeCommand, _ permit: Permit, isInterpolated: Bool = true
    ) async throws(Fault) -> ComposeConfig {
        try Self.decoded(try await run(command, permit.reading), isInterpolated)
    }

    private static func decoded(_ json: String, _ isInterpolated: Bool) throws(Fault) -> ComposeConfig {
        do { return ComposeConfig(try ComposeValue(json: json, isInterpolated: isInterpolated)) } catch {
            throw .composeConfigUnreadable()
        }
    }

    /// The project that Compose finds where it is left to look for the files itself.
    func found(
        by wishes: ComposeWishes, _ command: ComposeCommand, _ permit: Permit
    ) async throws(Fault) -> ComposeConfig {
        var words = ["compose"] + (wishes.projectName.map { ["--project-name", $0] } ?? [])
        words += wishes.projectDirectory.map { ["--project-directory", $0] } ?? []
        words += wishes.envFiles.flatMap { ["--env-file", $0] } + wishes.profiles.flatMap { ["--profile", $0] }
        let json: String
        do throws(Fault) {
            json = try await run(words + command.verb, ["PWD": wishes.folder], permit.reading, in: wishes.folder)
        } catch {
            throw error.kind == .failed ? .composeFailed(command, why: error.why) : error
        }
        return try Self.decoded(json, true)
    }
}
