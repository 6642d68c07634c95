import Glibc
import Subprocess
import SystemPackage
import UpgradeCore

/// Programs of this machine that are run to their end.
enum Tool {
    /// Runs a program in a session of its own, so that a terminal's signals do not reach it, and returns what it printed.
    ///
    /// Throws `.failed` with what it wrote to standard error when it ends badly, `.interrupted` when `isInterrupted`
    /// says so; the program is then told to end.
    static func run(
        _ program: String, _ arguments: [String], environment: [String: String],
        isInterrupted: @escaping @Sendable () -> Bool
    ) async throws(Fault) -> String {
        let result: Result<String, Fault> = await withTaskGroup(of: Result<String, Fault>?.self) { group in
            group.addTask { await finished(program, arguments, environment) }
            group.addTask { await interrupted(isInterrupted) }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first ?? .failure(.toolInterrupted(program))
        }
        return try result.get()
    }

    /// Runs a person's own command line through `/bin/sh`, with the environment of this process and what is added.
    static func shell(
        _ command: String, environment: [String: String], isInterrupted: @escaping @Sendable () -> Bool
    ) async throws(Fault) -> String {
        try await run("/bin/sh", ["-c", command], environment: environment, isInterrupted: isInterrupted)
    }

    private static func interrupted(_ isInterrupted: @Sendable () -> Bool) async -> Result<String, Fault>? {
        while !isInterrupted() {
            do { try await Task.sleep(for: .milliseconds(100)) } catch { return nil }
        }
        return nil
    }

    private static func finished(
        _ program: String, _ arguments: [String], _ environment: [String: String]
    ) async -> Result<String, Fault> {
        var options = PlatformOptions()
        options.createSession = true
        options.teardownSequence = [
            .send(signal: .terminate, toProcessGroup: true, allowedDurationToNextStep: .seconds(2))
        ]
        let values = environment.map { (Environment.Key(rawValue: $0.key), $0.value as String?) }
        var updates: [Environment.Key: String?] = [:]
        for (key, value) in values { if let key { updates[key] = value } }
        do {
            let ended = try await Subprocess.run(
                .path(FilePath(program)), arguments: Arguments(arguments), environment: .inherit.updating(updates),
                platformOptions: options, output: .string(limit: 1 << 22), error: .string(limit: 1 << 16))
            if ended.terminationStatus.isSuccess { return .success(ended.standardOutput) }
            return .failure(
                .toolFailed(program, status: "\(ended.terminationStatus)", said: ended.standardError))
        } catch {
            return .failure(.toolDidNotStart(program, why: "\(error)"))
        }
    }
}
