import Synchronization
import UpgradeCore

/// Rings a bell at each event of the containers that bear a label, for as long as it lives. An engine that goes away is
/// listened to again when it is back; that it is away is seen by whoever looks.
final class EngineListener: Sendable {
    private let task: Task<Void, Never>
    private let echo: Task<Void, Never>
    /// How containers ended that the engine may have started again since.
    let ends = EngineEnds()

    /// - Parameter echoes: how often it rings again after an event, every 20 ms: the manager of a swarm learns from its
    ///   nodes what their engines have told already, and tells nobody when it does.
    init(engine: Engine, label: String, bell: Bell, echoes: Int = 0) {
        let (heard, event) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        task = Task { [ends] in
            while !Task.isCancelled {
                await Self.listen(engine, label) {
                    ends.take($0)
                    bell.ring()
                    event.yield()
                }
                do { try await Task.sleep(for: .seconds(1)) } catch { return }
            }
        }
        echo = Task {
            for await _ in heard {
                for _ in 0..<echoes {
                    do { try await Task.sleep(for: .milliseconds(20)) } catch { return }
                    bell.ring()
                }
            }
        }
    }

    deinit {
        task.cancel()
        echo.cancel()
    }

    /// Returns when the engine has ended its stream.
    private static func listen(_ engine: Engine, _ label: String, _ hear: (EngineEvent) -> Void) async {
        do throws(Fault) {
            var events = try await engine.events(filters: ["type": ["container"], "label": [label]]).makeAsyncIterator()
            while let event = try await events.next(isolation: nil) { hear(event) }
        } catch { return }
    }
}

/// The last end of each container, as the engine told of it: one that runs again says nothing of it any more.
final class EngineEnds: Sendable {
    private let known = Mutex<(told: [String: String], withoutMemory: Set<String>)>(([:], []))

    func take(_ event: EngineEvent) {
        known.withLock { known in
            if event.action == "oom" { known.withoutMemory.insert(event.actor) }
            guard event.action == "die", let code = event.attributes["exitCode"].flatMap({ Int($0) }) else { return }
            let isForMemory = known.withoutMemory.remove(event.actor) != nil && code != 0
            known.told[event.actor] = EngineContainer.State.told(exit: code, isForMemory: isForMemory)
        }
    }

    subscript(container: String) -> String? { known.withLock { $0.told[container] } }
}
