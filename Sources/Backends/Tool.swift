import Glibc
import Subprocess
import Synchronization
import SystemPackage
import UpgradeCore

/// Programs of this machine that are run to their end.
enum Tool {
    /// What a program that has done its work still waits for on its standard input.
    struct LastWord: Sendable {
        /// A part of the line on standard error by which it says that it waits.
        let mark: String
        let word: String
    }

    /// Runs a program in a session of its own, so that a terminal's signals do not reach it, and returns what it printed.
    ///
    /// Throws `.failed` with what it wrote to standard error when it ends badly, and what the permit throws when that
    /// ends before the program does; the program is then told to end. The permit is asked once more for the last word.
    static func run(
        _ program: String, _ arguments: [String], environment: [String: String], permit: Permit,
        lastWord: LastWord? = nil, in folder: String? = nil
    ) async throws(Fault) -> String {
        var launch = Launch(program, arguments, environment, name: program, lastWord)
        launch.folder = folder
        return try await finished(launch, permit)
    }

    /// Runs a person's own command line through `/bin/sh`, with the environment of this process and what is added.
    /// `name` is what faults call it: the line itself may hold what nobody should read.
    static func shell(
        _ command: String, named name: String, environment: [String: String], permit: Permit
    ) async throws(Fault) -> String {
        try await finished(Launch("/bin/sh", ["-c", command], environment, name: name, nil), permit)
    }

    /// Does something long, and ends it with the fault that `objection` throws meanwhile.
    static func watched<Value: Sendable>(
        _ objection: @escaping @Sendable () throws(Fault) -> Void,
        _ work: @escaping @Sendable () async throws(Fault) -> Value
    ) async throws(Fault) -> Value {
        try objection()
        let result: Result<Value, Fault>? = await withTaskGroup(of: Result<Value, Fault>?.self) { group in
            group.addTask {
                do throws(Fault) { return .success(try await work()) } catch { return .failure(error) }
            }
            group.addTask { await raised(objection).map { .failure($0) } }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
        guard let result else { throw .toolInterrupted("The work") }
        return try result.get()
    }

    /// The fault that comes while something is watched; nil where the watching ends first.
    private static func raised(_ objection: @Sendable () throws(Fault) -> Void) async -> Fault? {
        while true {
            do throws(Fault) { try objection() } catch { return error }
            do { try await Task.sleep(for: .milliseconds(100)) } catch { return nil }
        }
    }

    private struct Launch: Sendable {
        let program: String
        let arguments: [String]
        let environment: Environment
        let name: String
        let lastWord: LastWord?
        /// Where it runs; the folder of this process where it is nil.
        var folder: String?

        init(
            _ program: String, _ arguments: [String], _ variables: [String: String], name: String, _ lastWord: LastWord?
        ) {
            self.program = program
            self.arguments = arguments
            self.name = name
            self.lastWord = lastWord
            var updates: [Environment.Key: String?] = [:]
            for (key, value) in variables { if let key = Environment.Key(rawValue: key) { updates[key] = value } }
            environment = .inherit.updating(updates)
        }

        static var options: PlatformOptions {
            var options = PlatformOptions()
            options.createSession = true
            options.teardownSequence = [
                .send(signal: .terminate, toProcessGroup: true, allowedDurationToNextStep: .seconds(2))
            ]
            return options
        }
    }

    private static func finished(_ launch: Launch, _ permit: Permit) async throws(Fault) -> String {
        let say = Say(permit, launch.name)
        return try await watched(say.check) { () async throws(Fault) in
            try await ended(launch, say).get()
        }
    }

    /// Asks the permit for as long as a program may still be ended for nothing. Once it has its last word what it does
    /// is done, and a lock that is lost a moment later does not undo it.
    private final class Say: Sendable {
        private let permit: Permit
        private let name: String
        private let isGiven = Mutex(false)

        init(_ permit: Permit, _ name: String) { (self.permit, self.name) = (permit, name) }

        func check() throws(Fault) {
            try isGiven.withLock { (isGiven) throws(Fault) in if !isGiven { try permit.check(name) } }
        }

        /// Asks where the lock is, before the one moment that counts.
        func confirm() async throws(Fault) { try await permit.fence.confirm() }

        func give() throws(Fault) {
            try isGiven.withLock { (isGiven) throws(Fault) in
                try permit.check(name)
                isGiven = true
            }
        }
    }

    private static func ended(_ launch: Launch, _ say: Say) async -> Result<String, Fault> {
        var session: pid_t?
        let result: Result<String, Fault>
        do {
            let ended = try await Subprocess.run(
                .path(FilePath(launch.program)), arguments: Arguments(launch.arguments),
                environment: launch.environment, workingDirectory: launch.folder.map { FilePath($0) },
                platformOptions: Launch.options, input: .inputWriter, output: .string(limit: 1 << 22), error: .sequence
            ) { execution in
                session = execution.processIdentifier.value
                return try await converse(execution, launch, say)
            }
            result =
                ended.terminationStatus.isSuccess
                ? .success(ended.standardOutput)
                : .failure(
                    .toolFailed(launch.name, status: "\(ended.terminationStatus)", said: ended.closureResult))
        } catch let fault as Fault {
            result = .failure(fault)
        } catch {
            result = .failure(.toolDidNotStart(launch.name, why: "\(error)"))
        }
        if let session, Task.isCancelled { await clear(session) }
        return result
    }

    /// Reads what a program says to standard error, to its end, and gives it its last word when it asks for it.
    /// Returns the end of what it said.
    private static func converse<Output: OutputProtocol>(
        _ execution: Execution<CustomWriteInput, Output, SequenceOutput>, _ launch: Launch, _ say: Say
    ) async throws -> String {
        if launch.lastWord == nil { try await execution.standardInputWriter.finish() }
        var said: [String] = []
        for try await line in execution.standardError.strings(bufferingPolicy: .unbounded) {
            guard let lastWord = launch.lastWord, line.contains(lastWord.mark) else {
                said = said.suffix(99) + [line]
                continue
            }
            try await say.confirm()
            try say.give()
            _ = try await execution.standardInputWriter.write(lastWord.word)
            try await execution.standardInputWriter.finish()
        }
        return said.joined(separator: "\n")
    }

    /// Gives what an ended program has left behind in its session a moment to end too, and kills it then.
    private static func clear(_ session: pid_t) async {
        // The task that asks for it is cancelled, and could not wait.
        await Task {
            for _ in 0..<10 where kill(-session, 0) == 0 {
                do { try await Task.sleep(for: .milliseconds(100)) } catch { break }
            }
            kill(-session, SIGKILL)
        }.value
    }
}
