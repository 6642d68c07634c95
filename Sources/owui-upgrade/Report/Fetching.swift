import Backends
import Synchronization

/// Which steps of fetching images are told where each takes a line: the first and the last of an image, and one every few
/// seconds between them, whatever else is fetched beside it.
final class Fetching: Sendable {
    private struct Told {
        var last: ContinuousClock.Instant?
        var isOver = false
    }

    private static let pause = Duration.seconds(5)
    private let told = Mutex<[String: Told]>([:])
    private let now: @Sendable () -> ContinuousClock.Instant

    init(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) { self.now = now }

    func isDue(_ progress: PullProgress) -> Bool {
        let now = now()
        return told.withLock { all in
            let told = all[progress.image] ?? Told()
            let isLast = progress.isOver && !told.isOver
            guard isLast || told.last.map({ now - $0 >= Self.pause }) ?? true else { return false }
            all[progress.image] = Told(last: now, isOver: progress.isOver)
            return true
        }
    }
}

extension PullProgress {
    /// As far as the engine has told by now: it learns of more layers on the way.
    fileprivate var isOver: Bool { layers > 0 && done == layers }

    /// In a person's words.
    var told: String {
        let bytes = total > 0 ? ", \(received / 1_000_000) of \(total / 1_000_000) MB" : ""
        return "fetching \(image): \(done) of \(layers) layers\(bytes)"
    }
}
