import Synchronization
package import UpgradeCore

/// The lock of a deployment in an object of its platform, while this process holds it.
///
/// The record stands in a label, which only who has read its newest version can replace: of two takers one wins, and a
/// renewal after a takeover is refused. A lock that is given up becomes a stump first and is removed then; a stump is
/// never taken again, so that a removal that comes late can never hit a lock that somebody holds.
///
/// The rules are those of a lock in a file: it is taken from a holder that is provably dead, or from one whose record was
/// seen unchanged for a whole lease on the taker's own clock, and a holder stops after two thirds of one without renewal.
/// That the platform cannot be asked is no loss by itself.
package final class PlatformLock: DeploymentLock {
    package let previous: LockRecord?
    package let renewalInterval: Duration
    package var holder: String? { record.token }

    private let store: PlatformStore
    private let record: LockRecord
    private let state: Mutex<State>

    private struct State {
        /// This holder's clock just before the record was last written.
        var renewed: Duration
        /// Why it is lost for good.
        var lost: Fault?
    }

    init(_ store: PlatformStore, _ record: LockRecord, renewed: Duration, previous: LockRecord?) {
        self.store = store
        self.record = record
        self.previous = previous
        renewalInterval = .seconds(record.lease) / 3
        state = Mutex(State(renewed: renewed, lost: nil))
    }

    /// Answers from what is known; throws a fault of kind `owned` where the lock is lost, or was last renewed two thirds
    /// of a lease ago. After the latter, a renewal that succeeds makes it good again.
    package func check() throws(Fault) {
        try state.withLock { (state) throws(Fault) in
            if let lost = state.lost { throw lost }
            let age = store.clock.now() - state.renewed
            guard age < .seconds(record.lease) * 2 / 3 else {
                throw .lockNotRenewed(run: record.run, seconds: age.components.seconds)
            }
        }
    }

    /// Asks the platform whose it is, and renews it where that is due.
    package func confirm() async throws(Fault) {
        _ = try await own()
        if store.clock.now() - state.withLock({ $0.renewed }) >= renewalInterval { try await renew() }
        try check()
    }

    package func renew() async throws(Fault) {
        while true {
            let (object, found) = try await own()
            let now = store.clock.now()
            do throws(Fault) { try await store.objects.relabel(object, try store.labels(of: found.renewed())) } catch {
                // Somebody has changed it, or another renewal of this very holder: the next look says who.
                if error.kind == .conflict { continue }
                throw error
            }
            state.withLock { $0.renewed = max($0.renewed, now) }
            return
        }
    }

    package func release() async throws(Fault) {
        while true {
            let object: PlatformObject
            do throws(Fault) { object = try await own().object } catch {
                if error.kind == .owned { return }
                throw error
            }
            if try await store.giveUp(object) { break }
        }
        state.withLock { $0.lost = $0.lost ?? .lockRemoved(run: record.run) }
    }

    /// The lock's object where it still has this holder's record.
    private func own() async throws(Fault) -> (object: PlatformObject, record: LockRecord) {
        if let lost = state.withLock({ $0.lost }) { throw lost }
        let object = try await store.objects.named(store.lockName)
        let found = try object.flatMap { (object) throws(Fault) in try store.record(in: object) }
        if let object, let found, found.token == record.token { return (object, found) }
        let lost: Fault = found.map { .lockLost(run: record.run, to: $0) } ?? .lockRemoved(run: record.run)
        state.withLock { $0.lost = lost }
        throw lost
    }
}
