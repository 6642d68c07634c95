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
        try await interruptible(program, isInterrupted) { () async throws(Fault) in
            try await finished(program, arguments, environment).get()
        }
    }

    /// Runs a person's own command line through `/bin/sh`, with the environment of this process and what is added.
    /// `name` is what faults call it: the line itself may hold what nobody should read.
    static func shell(
        _ command: String, named name: String, environment: [String: String],
        isInterrupted: @escaping @Sendable () -> Bool
    ) async throws(Fault) -> String {
        try await interruptible(name, isInterrupted) { () async throws(Fault) in
            try await finished("/bin/sh", ["-c", command], environment, named: name).get()
        }
    }

    /// Does something long, and ends it with a fault of kind `interrupted` when `isInterrupted` says so.
    static func interruptible<Value: Sendable>(
        _ name: String, _ isInterrupted: @escaping @Sendable () -> Bool,
        _ work: @escaping @Sendable () async throws(Fault) -> Value
    ) async throws(Fault) -> Value {
        let result: Result<Value, Fault> = await withTaskGroup(of: Result<Value, Fault>?.self) { group in
            group.addTask {
                do throws(Fault) { return .success(try await work()) } catch { return .failure(error) }
            }
            group.addTask {
                await interrupted(isInterrupted)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first ?? .failure(.toolInterrupted(name))
        }
        return try result.get()
    }

    private static func interrupted(_ isInterrupted: @Sendable () -> Bool) async {
        while !isInterrupted() {
            do { try await Task.sleep(for: .milliseconds(100)) } catch { return }
        }
    }

    private static func finished(
        _ program: String, _ arguments: [String], _ environment: [String: String], named name: String? = nil
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
                .toolFailed(name ?? program, status: "\(ended.terminationStatus)", said: ended.standardError))
        } catch {
            return .failure(.toolDidNotStart(name ?? program, why: "\(error)"))
        }
    }
}
