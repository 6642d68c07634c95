package import UpgradeCore

extension JournalReplay {
    /// Understands what a scan has found. The scan has checked every byte, so what is not understood here is foreign or newer.
    init(_ bytes: [UInt8], _ scan: JournalScan, in place: JournalPlace, run: String, kind: String) throws(Fault) {
        header = try JournalHeader(bytes[scan.bodies[0]], in: place, run: run, kind: kind)
        var records: [JournalRecord<Payload>] = []
        for sequence in scan.bodies.indices.dropFirst() {
            records.append(try JournalRecord(bytes, scan, sequence, in: place, tool: header.tool))
        }
        self.records = records
        tornTail = TornTail(scan, in: place)
    }
}

extension JournalHeader {
    init(_ json: ArraySlice<UInt8>, in place: JournalPlace, run: String, kind: String) throws(Fault) {
        do {
            let newer = try OneLineJSON.decode(Newer.self, from: json)
            guard newer.format <= Self.currentFormat else {
                throw Fault.journalNewer(place, format: newer.format, tool: newer.tool)
            }
            self = try OneLineJSON.decode(Self.self, from: json)
        } catch let fault as Fault {
            throw fault
        } catch {
            throw .headerUnknown(place, why: "its header cannot be understood: \(error)")
        }
        guard self.kind == kind else {
            throw .headerUnknown(place, why: "it is a journal of kind \"\(self.kind)\", not \"\(kind)\"")
        }
        guard self.run == run else { throw .headerUnknown(place, why: "it is the journal of run \(self.run)") }
    }
}

extension JournalRecord {
    init(_ bytes: [UInt8], _ scan: JournalScan, _ sequence: Int, in place: JournalPlace, tool: String) throws(Fault) {
        do {
            let envelope = try OneLineJSON.decode(Envelope<Payload>.self, from: bytes[scan.bodies[sequence]])
            self.init(sequence: sequence, at: envelope.at, event: envelope.event)
        } catch {
            throw .recordUnknown(place, line: sequence + 1, tool: tool, error: error)
        }
    }
}

extension TornTail {
    init?(_ scan: JournalScan, in place: JournalPlace) {
        guard scan.tornBytes > 0, case .file(let file) = place else { return nil }
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

    /// Its place among the runs of its deployment.
    var number: Int {
        if case .success(let summary) = summary { summary.header.number ?? 0 } else { .max }
    }
}

extension JournalSummary {
    init(_ bytes: [UInt8], in place: JournalPlace, run: String, kind: String) throws(Fault) {
        let scan = try JournalScan(bytes, in: place)
        let header = try JournalHeader(bytes[scan.bodies[0]], in: place, run: run, kind: kind)
        func record(_ sequence: Int) throws(Fault) -> JournalRecord<Payload>? {
            guard sequence > 0, sequence < scan.bodies.count else { return nil }
            return try JournalRecord(bytes, scan, sequence, in: place, tool: header.tool)
        }
        self.header = header
        count = scan.bodies.count - 1
        first = try record(1)
        last = try record(scan.bodies.count - 1)
        tornTail = TornTail(scan, in: place)
    }
}
