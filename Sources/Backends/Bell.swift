import Synchronization

/// Tells whoever waits that something has changed. Whoever hears the platform rings; whoever waits for a moment is awake
/// at once, and not only when its time is up.
package final class Bell: Sendable {
    private struct State {
        /// It rang while nobody waited: the next wait is over at once.
        var hasRung = false
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        /// Waits whose time was up before their task came to wait.
        var expired: Set<Int> = []
        var count = 0
    }

    private let state = Mutex(State())

    package init() {}

    package func ring() {
        let waiters = state.withLock { state in
            state.hasRung = state.waiters.isEmpty
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns when it rings, or has rung since the last wait, and after this time at the latest.
    package func wait(_ duration: Duration) async {
        let number = state.withLock { state in
            state.count += 1
            return state.count
        }
        let alarm = Task {
            do { try await Task.sleep(for: duration) } catch { return }
            self.expire(number)
        }
        defer {
            alarm.cancel()
            state.withLock { _ = $0.expired.remove(number) }
        }
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.expired.contains(number) { return true }
                if state.hasRung {
                    state.hasRung = false
                    return true
                }
                state.waiters[number] = continuation
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    private func expire(_ number: Int) {
        let waiter = state.withLock { state in
            let waiter = state.waiters.removeValue(forKey: number)
            if waiter == nil { state.expired.insert(number) }
            return waiter
        }
        waiter?.resume()
    }
}
