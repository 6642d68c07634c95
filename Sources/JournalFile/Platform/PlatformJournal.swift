import UpgradeCore

/// The journal of one run in objects of a platform, open to be continued: one append at a time.
///
/// An append returns when the platform has the record. Where the platform cannot be asked it is patient, because the
/// record may be there already, and because nothing else can be done meanwhile. Where that does not end, or somebody
/// else's record is there, this value refuses every further append: how the journal ends is then known only by reading it.
actor PlatformJournal<Payload: Codable & Sendable>: JournalWriter {
    private let store: PlatformStore
    private let run: String
    private let place: JournalPlace
    private let fence: any Fence
    private var next: Int
    private var check: UInt64
    private var broken: Fault?

    /// How long the platform may be away, in seconds, and how long is waited before it is asked again.
    private static var patience: (all: Duration, pause: Duration) { (.seconds(600), .milliseconds(500)) }

    init(_ store: PlatformStore, run: String, place: JournalPlace, fence: any Fence, after scan: JournalScan? = nil) {
        self.store = store
        self.run = run
        self.place = place
        self.fence = fence
        next = scan?.bodies.count ?? 0
        check = scan?.check ?? JournalLine.seed
    }

    func begin(_ header: JournalHeader) async throws(Fault) { try await write(try OneLineJSON.encode(header)) }

    func append(_ event: Payload, at time: String) async throws(Fault) -> JournalRecord<Payload> {
        if let broken { throw broken }
        let record = JournalRecord(sequence: next, at: time, event: event)
        do throws(Fault) { try await write(try OneLineJSON.encode(Envelope(at: time, event: event))) } catch {
            guard error.kind == .conflict else { throw error }
            let fault = Fault.journalChanged(place, why: "another process has written to it")
            broken = fault
            throw fault
        }
        return record
    }

    private func write(_ json: [UInt8]) async throws(Fault) {
        let largest = store.objects.trade.largest
        let check = JournalLine.check(sequence: next, after: check, json: json[...])
        let line = JournalLine.encode(sequence: next, check: check, json: json)
        guard line.count <= largest, next <= JournalLine.largest else {
            throw .recordTooLarge(place, largest: largest)
        }
        do throws(Fault) { try await patiently(place: line) } catch {
            broken = error
            throw error
        }
        next += 1
        self.check = check
    }

    private func patiently(place line: [UInt8]) async throws(Fault) {
        let end = store.clock.now() + Self.patience.all
        var mayBeThere = false
        var isWaiting = false
        while true {
            do throws(Fault) {
                try await fence.confirm()
                defer { mayBeThere = true }
                return try await place(line, mayBeThere: mayBeThere)
            } catch {
                guard error.kind == .unavailable, store.clock.now() < end else { throw error }
                if store.isInterrupted() { throw .journalAway(place, why: error.why) }
                if !isWaiting { store.complain(.journalWaits(place, for: error)) }
                isWaiting = true
            }
            try await store.clock.wait(for: Self.patience.pause)
        }
    }

    /// Makes the object of a line. After an attempt that was not answered, one of its name that holds this very line and
    /// was written under this very lock is the one that was made then.
    private func place(_ line: [UInt8], mayBeThere: Bool) async throws(Fault) {
        let name = "\(store.stem).\(run).\(JournalPieces.name(of: next))"
        let labels = store.labels(of: run, holder: fence.holder)
        do throws(Fault) { try await store.objects.create(name, labels: labels, data: line) } catch {
            guard mayBeThere, error.kind == .conflict, let found = try await store.objects.named(name) else {
                throw error
            }
            guard found.data == line, found.labels == labels, fence.holder != nil else { throw error }
        }
    }
}
