import Synchronization
import UpgradeCore

/// Rings a bell at each event of the containers that bear a label, for as long as it lives. An engine that goes away is
/// listened to again when it is back; that it is away is seen by whoever looks.
final class EngineListener: Sendable {
    private let task: Task<Void, Never>
    /// How containers ended that the engine may have started again since.
    let ends = EngineEnds()

    init(engine: Engine, label: String, bell: Bell) {
        task = Task { [ends] in
            while !Task.isCancelled {
                await Self.listen(engine, label, bell, ends)
                do { try await Task.sleep(for: .seconds(1)) } catch { return }
            }
        }
    }

    deinit { task.cancel() }

    /// Returns when the engine has ended its stream.
    private static func listen(_ engine: Engine, _ label: String, _ bell: Bell, _ ends: EngineEnds) async {
        do throws(Fault) {
            var events = try await engine.events(filters: ["type": ["container"], "label": [label]]).makeAsyncIterator()
            while let event = try await events.next(isolation: nil) {
                ends.take(event)
                bell.ring()
            }
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
