import Synchronization
package import UpgradeCore

/// The stops that an engine was asked for and has not answered yet.
///
/// An engine answers a stop when the container has ended, which may take its whole grace. Whoever asks need not wait for
/// that; the request stays open meanwhile. It matters to engines of 23.0 and 24.0 before 24.0.3, which kill a container
/// whose stop hangs up (https://github.com/moby/moby/issues/45731); all others go on with the whole grace.
final class EngineStops: Sendable {
    private let open = Mutex<Set<String>>([])

    /// Begins a stop; nil where the same container is being stopped already.
    func begin(
        _ id: String, _ work: @escaping @Sendable () async throws(Fault) -> Void
    ) -> AsyncStream<Result<Void, Fault>>? {
        guard open.withLock({ $0.insert(id).inserted }) else { return nil }
        let (answers, answer) = AsyncStream<Result<Void, Fault>>.makeStream()
        // It is owned by the engine's answer, which comes when the container has ended or the connection is lost.
        Task {
            do throws(Fault) {
                try await work()
                answer.yield(.success(()))
            } catch {
                answer.yield(.failure(error))
            }
            _ = self.open.withLock { $0.remove(id) }
            answer.finish()
        }
        return answers
    }
}

extension Engine {
    /// Tells a container to end: its stop signal, and SIGKILL after its own grace or the given one. Returns as soon as
    /// the engine has answered or was given the time to take the request in; whether the container has ended is seen by
    /// looking at it. It is told once for as long as the engine has not answered.
    package func stop(container id: String, within seconds: Int? = nil) async throws(Fault) {
        let call = EngineCall(
            "POST", EngineCall.container(id, "stop"), seconds.map { ["t": "\($0)"] } ?? [:], limits: EngineCall.endless,
            to: "stop the container \(id)")
        _ = try await greet()
        let begun = stops.begin(id) { () async throws(Fault) in
            do throws(Fault) { _ = try await self.send(call) } catch {
                if error.kind != .missing { throw error }
            }
        }
        guard let begun else { return }
        try await Self.answer(of: begun, within: .milliseconds(50))?.get()
    }

    /// nil where none comes in time.
    private static func answer(
        of stop: AsyncStream<Result<Void, Fault>>, within patience: Duration
    ) async -> Result<Void, Fault>? {
        await withTaskGroup(of: Result<Void, Fault>?.self) { group in
            group.addTask {
                for await answer in stop { return answer }
                return nil
            }
            group.addTask {
                do { try await Task.sleep(for: patience) } catch {}
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }
}
