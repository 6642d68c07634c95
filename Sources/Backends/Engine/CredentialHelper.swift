import FoundationEssentials
import Subprocess
import SystemPackage
import UpgradeCore
import Wire

/// A program that keeps the credentials of registries: `docker-credential-NAME`.
/// https://github.com/docker/docker-credential-helpers#development
struct CredentialHelper: Sendable {
    let program: String
    let environment: [String: String]

    private struct Answer: Decodable {
        let username: String
        let secret: String
    }

    /// What it answered. A program that has nothing for the registry fails, as one does that cannot be asked; its words
    /// are kept for the case that the registry lets nobody in without.
    enum Result: Sendable {
        case login(RegistryLogin)
        case nothing(complaint: String)
    }

    /// Asks for the login of a registry. Secrets go through its standard input and output alone.
    func login(for registry: String) async throws(Fault) -> Result {
        let end = ContinuousClock.now.advanced(by: .seconds(60))
        let program = program
        return try await Tool.watched { () throws(Fault) in
            if ContinuousClock.now > end { throw .silentCredentialHelper(program, registry) }
        } _: { () async throws(Fault) in
            await asked(for: registry)
        }
    }

    private func asked(for registry: String) async -> Result {
        var updates: [Environment.Key: String?] = [:]
        for (name, value) in environment { if let key = Environment.Key(rawValue: name) { updates[key] = value } }
        do {
            let ended = try await Subprocess.run(
                .name(program), arguments: ["get"], environment: .inherit.updating(updates),
                input: .string(DockerConfiguration.key(of: registry)), output: .string(limit: 1 << 16),
                error: .string(limit: 1 << 16))
            guard ended.terminationStatus.isSuccess else {
                // It says on either that it has nothing; a secret is on neither then.
                let said = [ended.standardError, ended.standardOutput].map(\.trimmed).first { !$0.isEmpty }
                return .nothing(complaint: "\(program): \(said ?? "it ended with \(ended.terminationStatus)")")
            }
            guard let answer = EngineJSON.readable(Answer.self, Array(ended.standardOutput.utf8)) else {
                return .nothing(complaint: "\(program): its answer cannot be understood")
            }
            // https://docs.docker.com/reference/cli/docker/login/#credential-helper-protocol
            return .login(
                answer.username == "<token>"
                    ? .token(Secret(answer.secret)) : .password(user: answer.username, Secret(answer.secret)))
        } catch {
            return .nothing(complaint: "\(program) cannot be run: \(error)")
        }
    }
}
