import UpgradeCore

/// Rings a bell at each event of the containers that bear a label, for as long as it lives. An engine that goes away is
/// listened to again when it is back; that it is away is seen by whoever looks.
final class EngineListener: Sendable {
    private let task: Task<Void, Never>
    private let echo: Task<Void, Never>

    /// - Parameter echoes: how often it rings again after an event, every 20 ms: the manager of a swarm learns from its
    ///   nodes what their engines have told already, and tells nobody when it does.
    init(engine: Engine, label: String, bell: Bell, echoes: Int = 0) {
        let (heard, event) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        task = Task {
            while !Task.isCancelled {
                await Self.listen(engine, label) {
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
    private static func listen(_ engine: Engine, _ label: String, _ hear: () -> Void) async {
        do throws(Fault) {
            var events = try await engine.events(filters: ["type": ["container"], "label": [label]]).makeAsyncIterator()
            while try await events.next(isolation: nil) != nil { hear() }
        } catch { return }
    }
}
