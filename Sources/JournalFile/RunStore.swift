package import UpgradeCore

/// Where the runs of one deployment are written down, and where the lock is that says whose it is.
package protocol RunStore: JournalStore, LockStore {}

/// Where the journals of one deployment are.
package protocol JournalStore: Sendable {
    /// Where the journal of a run is, or where all of them are; an id that could name anything else is refused.
    func place(of run: String?) throws(Fault) -> JournalPlace
    /// The ids that have a journal, sorted. None if nothing was ever upgraded here.
    func runNames() async throws(Fault) -> [String]
    /// A journal as it stands, which nobody has checked; also while its run is at work.
    func bytes(of run: String) async throws(Fault) -> [UInt8]
    /// Begins the journal of a new run; `conflict` if the run has one.
    func create<Payload: Codable & Sendable>(
        _ header: JournalHeader, fence: any Fence, of payload: Payload.Type
    ) async throws(Fault) -> any JournalWriter<Payload>
    /// Opens a run's journal to go on with it, and returns all that was written.
    func open<Payload: Codable & Sendable>(
        _ run: String, fence: any Fence, of payload: Payload.Type
    ) async throws(Fault) -> (journal: any JournalWriter<Payload>, replay: JournalReplay<Payload>)
    /// Puts away what nobody needs any more of runs that have ended; the journals of these runs stay readable.
    func tidy(keeping runs: Set<String>) async throws(Fault)
}

/// Where the lock of one deployment is.
package protocol LockStore: Sendable {
    /// Takes the lock, or throws a fault of kind `owned` that says who has it.
    func lock(_ claim: LockClaim, patience: LockPatience) async throws(Fault) -> any DeploymentLock
    /// Who holds the lock, or held it when it was killed; nothing when it is free.
    func lockHolder() async throws(Fault) -> LockRecord?
    /// Removes the lock by force, if it is held for exactly that run, and returns what it said.
    func unlock(run: String) async throws(Fault) -> LockRecord
}

/// The lock of a deployment while this process holds it, and the fence of everything the process does.
package protocol DeploymentLock: Fence {
    /// The record of the dead or silent holder that the lock was taken from.
    var previous: LockRecord? { get }
    /// How often `renew` is to be called.
    var renewalInterval: Duration { get }
    /// Shows that the holder lives. After a fault of kind `owned` the lock is lost for good; after another, try again.
    func renew() async throws(Fault)
    /// Gives the lock up; leaves a record that is somebody else's alone.
    func release() async throws(Fault)
}

/// The journal of one run, open to be continued.
package protocol JournalWriter<Payload>: Sendable {
    associatedtype Payload: Codable & Sendable
    /// Writes one record and returns when it is durable. After a fault it does not count.
    /// - Parameter time: RFC 3339 in UTC, for people.
    @discardableResult
    func append(_ event: Payload, at time: String) async throws(Fault) -> JournalRecord<Payload>
}

extension JournalStore {
    /// Reads a run's journal without touching it; for `status` and `log`, also while its run is at work.
    package func read<Payload: Codable & Sendable>(
        _ run: String, of payload: Payload.Type, kind: String = "run"
    ) async throws(Fault) -> JournalReplay<Payload> {
        let (bytes, place) = (try await bytes(of: run), try place(of: run))
        return try JournalReplay(bytes, JournalScan(bytes, in: place), in: place, run: run, kind: kind)
    }

    /// The runs of a deployment in the order in which they began; none where nothing was ever upgraded.
    ///
    /// One whose journal cannot be read comes last: nobody can say that it is not the newest.
    package func list<Payload: Codable & Sendable>(
        of payload: Payload.Type, kind: String = "run"
    ) async throws(Fault) -> [ListedRun<Payload>] {
        var runs: [ListedRun<Payload>] = []
        for run in try await runNames() {
            let summary: Result<JournalSummary<Payload>, Fault>
            do throws(Fault) {
                summary = .success(
                    try JournalSummary(try await bytes(of: run), in: try place(of: run), run: run, kind: kind))
            } catch { summary = .failure(error) }
            runs.append(ListedRun(run: run, summary: summary))
        }
        return runs.sorted { ($0.number, $0.run) < ($1.number, $1.run) }
    }
}
