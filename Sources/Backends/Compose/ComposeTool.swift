internal import FoundationEssentials
import UpgradeCore

/// The `docker` program of this machine with its plugin `compose`, and the environment that it is run in.
struct ComposeTool: Sendable {
    /// The path of `docker`.
    let docker: String
    /// Added to the environment of this process, such as `DOCKER_HOST`.
    let added: [String: String]

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
        let version = String((said.split(whereSeparator: \.isWhitespace).last ?? "").drop { $0 == "v" })
        let numbers = version.split { !$0.isNumber }.compactMap { Int($0) }
        guard numbers.count >= 2, (numbers[0], numbers[1]) >= (Self.leastVersion.major, Self.leastVersion.minor) else {
            throw .oldCompose(version)
        }
        return version
    }

    func run(_ command: ComposeCommand, _ permit: Permit) async throws(Fault) -> String {
        do throws(Fault) {
            return try await Tool.run(
                docker, command.words, environment: added.merging(command.environment) { $1 }, permit: permit,
                in: command.folder)
        } catch {
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

    /// Throws where Compose, left to look for the files itself, finds another project than these files make.
    func check(
        _ config: ComposeConfig, against wishes: ComposeWishes, _ command: ComposeCommand, _ permit: Permit
    ) async throws(Fault) {
        var words = ["compose"] + (wishes.projectName.map { ["--project-name", $0] } ?? [])
        words += wishes.projectDirectory.map { ["--project-directory", $0] } ?? []
        words += wishes.envFiles.flatMap { ["--env-file", $0] } + wishes.profiles.flatMap { ["--profile", $0] }
        let json: String
        do throws(Fault) {
            json = try await Tool.run(
                docker, words + command.verb, environment: added.merging(["PWD": wishes.folder]) { $1 },
                permit: permit.reading, in: wishes.folder)
        } catch {
            throw error.kind == .failed ? .composeFailed(command, why: error.why) : error
        }
        let own = try Self.decoded(json, true)
        let differences = config.differences(from: own)
        if !differences.isEmpty { throw .otherProject(command.files, differences, folder: wishes.folder) }
    }
}
