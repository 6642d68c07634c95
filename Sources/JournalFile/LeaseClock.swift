package import UpgradeCore

/// The clock by which leases are counted: one that never goes back and that counts the time a machine sleeps, so that a
/// holder which was suspended knows that its lease is over. Only differences of one process's readings mean anything.
package protocol LeaseClock: Sendable {
    func now() -> Duration
    /// Returns after that long; a fault of kind `interrupted` when the waiting is cancelled.
    func wait(for duration: Duration) async throws(Fault)
}

/// The machine's own clock since boot.
package struct BootClock: LeaseClock {
    private let origin = ContinuousClock.now

    package init() {}

    package func now() -> Duration { origin.duration(to: .now) }

    package func wait(for duration: Duration) async throws(Fault) {
        do { try await Task.sleep(for: duration, clock: .continuous) } catch { throw .waitingCancelled() }
    }
}
