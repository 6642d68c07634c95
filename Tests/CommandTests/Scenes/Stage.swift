import Dispatch
import Testing

/// Gives each test of a suite a thread of its own, so that it may wait for processes, and lets only a few play at once:
/// each keeps several processes and a database busy.
struct Stage: SuiteTrait, TestTrait, TestScoping {
    var isRecursive: Bool { true }

    private static let turnstile = Turnstile(3)

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        guard testCase != nil else { return try await function() }
        await Self.turnstile.enter()
        let result: Result<Void, any Error>
        do {
            result = .success(try await withTaskExecutorPreference(OwnThread()) { try await function() })
        } catch { result = .failure(error) }
        await Self.turnstile.leave()
        try result.get()
    }
}

extension Trait where Self == Stage {
    /// Tests that wait for real processes.
    static var onStage: Stage { Stage() }
}

/// Runs what is given to it one after the other, away from the pool that all tests share.
final class OwnThread: TaskExecutor {
    private let queue = DispatchQueue(label: "stage")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
