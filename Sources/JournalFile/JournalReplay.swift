package import UpgradeCore

extension JournalReplay {
    /// Understands what a scan has found. The scan has checked every byte, so what is not understood here is foreign or newer.
    init(_ bytes: [UInt8], _ scan: JournalScan, file: String, run: String, kind: String) throws(Fault) {
        header = try JournalHeader(bytes[scan.bodies[0]], file: file, run: run, kind: kind)
        var records: [JournalRecord<Payload>] = []
        for sequence in scan.bodies.indices.dropFirst() {
            records.append(try JournalRecord(bytes, scan, sequence, file: file, tool: header.tool))
        }
        self.records = records
        tornTail = TornTail(scan, file: file)
    }
}

extension JournalHeader {
    init(_ json: ArraySlice<UInt8>, file: String, run: String, kind: String) throws(Fault) {
        do {
            let newer = try OneLineJSON.decode(Newer.self, from: json)
            guard newer.format <= Self.currentFormat else {
                throw Fault.journalNewer(file, format: newer.format, tool: newer.tool)
            }
            self = try OneLineJSON.decode(Self.self, from: json)
        } catch let fault as Fault {
            throw fault
        } catch {
            throw .headerUnknown(file, why: "its header cannot be understood: \(error)")
        }
        guard self.kind == kind else {
            throw .headerUnknown(file, why: "it is a journal of kind \"\(self.kind)\", not \"\(kind)\"")
        }
        guard self.run == run else { throw .headerUnknown(file, why: "it is the journal of run \(self.run)") }
    }
}

extension JournalRecord {
    init(_ bytes: [UInt8], _ scan: JournalScan, _ sequence: Int, file: String, tool: String) throws(Fault) {
        do {
            let envelope = try OneLineJSON.decode(Envelope<Payload>.self, from: bytes[scan.bodies[sequence]])
            self.init(sequence: sequence, at: envelope.at, event: envelope.event)
        } catch {
            throw .recordUnknown(file, line: sequence + 1, tool: tool, error: error)
        }
    }
}

extension TornTail {
    init?(_ scan: JournalScan, file: String) {
        guard scan.tornBytes > 0 else { return nil }
        self.init(file: file, line: scan.bodies.count + 1, bytes: scan.tornBytes)
    }
}

/// A run as a list of runs shows it: every line is checked, only the first and the last record are understood.
package struct JournalSummary<Payload: Codable & Sendable>: Sendable {
    package let header: JournalHeader
    /// How many records there are besides the header.
    package let count: Int
    package let first: JournalRecord<Payload>?
    package let last: JournalRecord<Payload>?
    package let tornTail: TornTail?
}

/// A run and what its journal says, or why that cannot be said; a damaged journal must not hide the others.
package struct ListedRun<Payload: Codable & Sendable>: Sendable {
    package let run: String
    package let summary: Result<JournalSummary<Payload>, Fault>

    fileprivate var place: Int {
        if case .success(let summary) = summary { summary.header.number ?? 0 } else { .max }
    }
}

extension JournalFile {
    /// The runs of a deployment in the order in which they began; none where nothing was ever upgraded.
    ///
    /// One whose journal cannot be read comes last: nobody can say that it is not the newest.
    package static func list(in folder: StateFolder, kind: String = "run") throws(Fault) -> [ListedRun<Payload>] {
        let runs = try folder.runNames().map { run in
            ListedRun(run: run, summary: Result { () throws(Fault) in try summary(in: folder, run: run, kind: kind) })
        }
        return runs.sorted { ($0.place, $0.run) < ($1.place, $1.run) }
    }

    private static func summary(
        in folder: StateFolder, run: String, kind: String
    ) throws(Fault) -> JournalSummary<Payload> {
        let path = try folder.journal(of: run)
        guard let bytes = try folder.disk.contents(of: path) else { throw .noSuchRun(run, in: folder.path) }
        let scan = try JournalScan(bytes, file: path)
        let header = try JournalHeader(bytes[scan.bodies[0]], file: path, run: run, kind: kind)
        func record(_ sequence: Int) throws(Fault) -> JournalRecord<Payload>? {
            guard sequence > 0, sequence < scan.bodies.count else { return nil }
            return try JournalRecord(bytes, scan, sequence, file: path, tool: header.tool)
        }
        return JournalSummary(
            header: header, count: scan.bodies.count - 1, first: try record(1), last: try record(scan.bodies.count - 1),
            tornTail: TornTail(scan, file: path))
    }
}
