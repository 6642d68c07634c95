package import UpgradeCore

/// A deployment whose journals and lock are objects of its platform, so that whoever reaches that can go on with a run.
///
/// A journal is one object a line, in the very bytes that a file would have, under a name that ends in the line's number:
/// such a name is taken once, so that a second writer is refused. When a run has ended, one object holds all its lines.
package struct PlatformStore: RunStore {
    let objects: any PlatformObjects
    /// What the platform knows the deployment by.
    let deployment: String
    let clock: any LeaseClock
    let here: ProcessIdentity
    let processes: any ProcessTable
    /// Seconds. What answers for the platform may be away for as long as two thirds of it before a run stops.
    let lease: Int
    let isInterrupted: @Sendable () -> Bool
    /// Told when a record cannot be written now, once for each wait.
    package var complain: @Sendable (Fault) -> Void = { _ in }

    /// Long enough for a new leader to be found among managers, which was seen to take ten to twenty seconds.
    package static let lease = 60

    package init(
        _ objects: any PlatformObjects, deployment: String, clock: any LeaseClock = BootClock(),
        here: ProcessIdentity = .current(), processes: any ProcessTable = KernelProcessTable(),
        lease: Int = PlatformStore.lease, isInterrupted: @escaping @Sendable () -> Bool = { false }
    ) {
        self.objects = objects
        self.deployment = deployment
        self.clock = clock
        self.here = here
        self.processes = processes
        self.lease = lease
        self.isInterrupted = isInterrupted
    }

    /// What the names of all its objects begin with. Names are short: of the id stands its beginning.
    var stem: String { "owui-upgrade.\(deployment.prefix(12))" }
    var lockName: String { "\(stem).lock" }

    package func place(of run: String?) throws(Fault) -> JournalPlace {
        if let run, !StateFolder.isName(run) { throw .badRunName(run) }
        let (label, value) = run.map { (PlatformLabel.run, $0) } ?? (PlatformLabel.deployment, deployment)
        return .objects(
            run: run, platform: objects.trade.platform,
            commands: .init(list: objects.trade.list(label, value), remove: objects.trade.removeAll(label, value)))
    }

    package func runNames() async throws(Fault) -> [String] {
        let found = try await objects.all(labelled: PlatformLabel.deployment, deployment)
        return Set(found.compactMap { $0.labels[PlatformLabel.run] }).filter(StateFolder.isName).sorted()
    }

    package func bytes(of run: String) async throws(Fault) -> [UInt8] { try await pieces(of: run).bytes }

    package func create<Payload: Codable & Sendable>(
        _ header: JournalHeader, fence: any Fence, of payload: Payload.Type
    ) async throws(Fault) -> any JournalWriter<Payload> {
        let journal = PlatformJournal<Payload>(self, run: header.run, place: try place(of: header.run), fence: fence)
        do throws(Fault) { try await journal.begin(header) } catch {
            throw error.kind == .conflict ? .runExists(header.run) : error
        }
        return journal
    }

    package func open<Payload: Codable & Sendable>(
        _ run: String, fence: any Fence, of payload: Payload.Type
    ) async throws(Fault) -> (journal: any JournalWriter<Payload>, replay: JournalReplay<Payload>) {
        let (bytes, place) = (try await bytes(of: run), try place(of: run))
        let scan = try JournalScan(bytes, in: place)
        let replay = try JournalReplay<Payload>(bytes, scan, in: place, run: run, kind: "run")
        return (PlatformJournal(self, run: run, place: place, fence: fence, after: scan), replay)
    }

    func pieces(of run: String) async throws(Fault) -> JournalPieces {
        _ = try place(of: run)
        let found = try await objects.all(labelled: PlatformLabel.run, run)
        let pieces = JournalPieces(found.filter { $0.labels[PlatformLabel.deployment] == deployment }, of: run, self)
        guard !pieces.isEmpty else { throw .noSuchRun(run, in: objects.trade.platform) }
        return pieces
    }

    /// The labels of an object that belongs to a run.
    func labels(of run: String, holder: String?) -> [String: String] {
        var labels = [PlatformLabel.deployment: deployment, PlatformLabel.run: run]
        labels[PlatformLabel.holder] = holder
        return labels
    }
}
