import UpgradeCore

/// Rings a bell at each event of the containers that bear a label, for as long as it lives. An engine that goes away is
/// listened to again when it is back; that it is away is seen by whoever looks.
final class EngineListener: Sendable {
    private let task: Task<Void, Never>

    init(engine: Engine, label: String, bell: Bell) {
        task = Task {
            while !Task.isCancelled {
                await Self.listen(engine, label, bell)
                do { try await Task.sleep(for: .seconds(1)) } catch { return }
            }
        }
    }

    deinit { task.cancel() }

    /// Returns when the engine has ended its stream.
    private static func listen(_ engine: Engine, _ label: String, _ bell: Bell) async {
        do throws(Fault) {
            var events = try await engine.events(filters: ["type": ["container"], "label": [label]]).makeAsyncIterator()
            while try await events.next(isolation: nil) != nil { bell.ring() }
        } catch { return }
    }
}
