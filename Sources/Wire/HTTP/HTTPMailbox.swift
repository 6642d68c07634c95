internal import Synchronization
internal import UpgradeCore

/// What curl's thread has received and a task has not yet taken. It holds a bounded number of bytes.
final class HTTPMailbox: Sendable {
    /// Bytes after which curl is told to pause; one piece from curl more may lie on top.
    static let bound = 64 << 10

    private struct State {
        var head: HTTPHead?
        var bytes: [UInt8] = []
        var end: Result<Void, Fault>?
        var isPaused = false
        var changes = 0
        var waiter: CheckedContinuation<Void, Never>?

        /// Counts a change and gives up the waiter, to be resumed outside of the lock.
        mutating func changed() -> CheckedContinuation<Void, Never>? {
            changes += 1
            defer { waiter = nil }
            return waiter
        }
    }

    struct Letter {
        let head: HTTPHead?
        let bytes: [UInt8]
        let end: Result<Void, Fault>?
        let changes: Int
        /// curl waits to be told that there is room again.
        let wasPaused: Bool
    }

    enum Receipt {
        case taken, full, unwanted
    }

    private let state = Mutex(State())

    func put(_ head: HTTPHead) {
        update { $0.head = head }
    }

    func put(_ bytes: UnsafeRawBufferPointer) -> Receipt {
        let (receipt, waiter) = state.withLock { state -> (Receipt, CheckedContinuation<Void, Never>?) in
            guard state.end == nil else { return (.unwanted, nil) }
            guard state.bytes.count < Self.bound else {
                state.isPaused = true
                return (.full, nil)
            }
            state.bytes += bytes
            return (.taken, state.changed())
        }
        waiter?.resume()
        return receipt
    }

    /// The first end counts.
    func end(_ result: Result<Void, Fault>) {
        update { if $0.end == nil { $0.end = result } }
    }

    /// Takes all bytes out.
    func take() -> Letter {
        state.withLock { state in
            defer {
                state.bytes = []
                state.isPaused = false
            }
            return Letter(
                head: state.head, bytes: state.bytes, end: state.end, changes: state.changes,
                wasPaused: state.isPaused)
        }
    }

    /// What there is, and leaves it there.
    func look() -> Letter {
        state.withLock { state in
            Letter(head: state.head, bytes: [], end: state.end, changes: state.changes, wasPaused: false)
        }
    }

    /// Bytes that wait.
    var count: Int { state.withLock { $0.bytes.count } }

    /// Waits until something came after that letter.
    func wait(after letter: Letter) async {
        await withCheckedContinuation { continuation in
            let isOld = state.withLock { state in
                guard state.changes == letter.changes else { return true }
                state.waiter = continuation
                return false
            }
            if isOld { continuation.resume() }
        }
    }

    private func update(_ body: (inout State) -> Void) {
        let waiter = state.withLock { state in
            body(&state)
            return state.changed()
        }
        waiter?.resume()
    }
}
