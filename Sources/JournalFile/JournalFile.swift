import Synchronization
package import UpgradeCore

/// The journal of one run, open to be continued.
///
/// An append returns when the record is on the disk. It is one write and one fsync, made while the file itself is locked
/// and after the fence has been asked. A write that fails is taken back, so that the file ends with its last good record;
/// where even that fails, what is left is a torn tail, which readers drop. After a failed fsync, or a failed taking back,
/// this value refuses every further append: what the disk holds is then only known by reading the journal again.
package final class JournalFile<Payload: Codable & Sendable>: JournalWriter {
    package let path: String
    private let disk: Disk
    private let file: OpenFile
    private let fence: any Fence
    private let end: Mutex<End>

    private struct End {
        var nextSequence: Int
        var check: UInt64
        /// Bytes of whole lines.
        var goodBytes: Int
        /// Bytes of a torn tail after them, cut off before the next record is written.
        var tornBytes: Int
        /// Why nothing may be appended any more.
        var broken: Fault?
    }

    private init(_ file: consuming OpenFile, disk: Disk, fence: any Fence, end: consuming End) {
        path = file.path
        self.file = file
        self.disk = disk
        self.fence = fence
        self.end = Mutex(end)
    }

    /// Begins the journal of a new run; `conflict` if the run has one. The file gets its name when its header is durable.
    package static func create(
        in folder: StateFolder, header: JournalHeader, fence: any Fence
    ) throws(Fault) -> JournalFile {
        let path = try folder.journal(of: header.run)
        let json = try OneLineJSON.encode(header)
        let check = JournalLine.check(sequence: 0, after: JournalLine.seed, json: json[...])
        let line = JournalLine.encode(sequence: 0, check: check, json: json)
        try folder.make()
        try fence.check()
        let file = try place(line, at: path, in: folder, run: header.run)
        let end = End(nextSequence: 1, check: check, goodBytes: line.count, tornBytes: 0)
        return JournalFile(file, disk: folder.disk, fence: fence, end: end)
    }

    /// Opens a run's journal to go on with it, and returns all that was written. A torn tail is cut off by the next append.
    ///
    /// What is returned is durable: a record that was written but not yet synced when its writer was killed is synced here.
    package static func open(
        in folder: StateFolder, run: String, kind: String = "run", fence: any Fence
    ) throws(Fault) -> (journal: JournalFile, replay: JournalReplay<Payload>) {
        let path = try folder.journal(of: run)
        let file = try existing(run, in: folder, at: path, forAppending: true)
        let bytes = try folder.disk.read(file)
        let scan = try JournalScan(bytes, file: path)
        let replay = try JournalReplay<Payload>(bytes, scan, in: .file(path), run: run, kind: kind)
        try folder.disk.sync(file)
        try folder.disk.syncFolder(folder.runs)
        let end = End(
            nextSequence: scan.bodies.count, check: scan.check, goodBytes: scan.goodBytes, tornBytes: scan.tornBytes)
        return (JournalFile(file, disk: folder.disk, fence: fence, end: end), replay)
    }

    /// Writes one record and returns when it is durable. After a fault it is not in the journal.
    /// - Parameter time: RFC 3339 in UTC, for people.
    @discardableResult
    package func append(_ event: Payload, at time: String) throws(Fault) -> JournalRecord<Payload> {
        let json = try OneLineJSON.encode(Envelope(at: time, event: event))
        return try end.withLock { (end: inout End) throws(Fault) -> JournalRecord<Payload> in
            if let broken = end.broken { throw broken }
            guard json.count <= JournalLine.largest, end.nextSequence <= JournalLine.largest else {
                throw .recordTooLarge(.file(path))
            }
            guard try disk.tryLock(file) else {
                throw .journalChanged(.file(path), why: "another process is writing to it")
            }
            defer { disk.unlock(file) }
            try fence.check()
            try cutTornTail(&end)
            let record = JournalRecord(sequence: end.nextSequence, at: time, event: event)
            try write(json, &end)
            return record
        }
    }

    private func cutTornTail(_ end: inout End) throws(Fault) {
        let status = try disk.status(file)
        guard status.hasName else { throw .journalChanged(.file(path), why: "the file was removed or replaced") }
        guard status.size == end.goodBytes + end.tornBytes else {
            throw .journalChanged(
                .file(path), why: "it has \(status.size) bytes where this run knows of \(end.goodBytes + end.tornBytes)"
            )
        }
        guard end.tornBytes > 0 else { return }
        try disk.truncate(file, to: end.goodBytes)
        end.tornBytes = 0
    }

    private func write(_ json: [UInt8], _ end: inout End) throws(Fault) {
        let check = JournalLine.check(sequence: end.nextSequence, after: end.check, json: json[...])
        let line = JournalLine.encode(sequence: end.nextSequence, check: check, json: json)
        do {
            try disk.write(line, to: file)
        } catch {
            takeBack(&end, after: error)
            throw error
        }
        do {
            try disk.sync(file)
        } catch {
            takeBack(&end, after: error)
            // The kernel may have thrown away what it could not write; a later fsync that works proves nothing.
            end.broken = error
            throw error
        }
        end.nextSequence += 1
        end.check = check
        end.goodBytes += line.count
    }

    private func takeBack(_ end: inout End, after fault: Fault) {
        do { try disk.truncate(file, to: end.goodBytes) } catch { end.broken = fault }
    }

    /// Makes a file that has its name only when its line is durable, and that has none when a fault is thrown.
    private static func place(
        _ line: [UInt8], at path: String, in folder: StateFolder, run: String
    ) throws(Fault) -> OpenFile {
        let disk = folder.disk
        let name = String(UInt64.random(in: .min ... .max), radix: 16)
        let temporary = "\(folder.runs)/.\(name).new"
        var file = try disk.create(temporary)
        do {
            try disk.write(line, to: file)
            try disk.sync(file)
            try disk.link(temporary, to: path)
        } catch {
            discard(temporary, disk)
            throw error.kind == .conflict ? .runExists(run) : error
        }
        do {
            try disk.remove(temporary)
            try disk.syncFolder(folder.runs)
        } catch {
            discard(temporary, disk)
            discard(path, disk)
            throw error
        }
        file.path = path
        return file
    }

    private static func discard(_ path: String, _ disk: Disk) {
        // What is left over if this fails is a run without a record, or a file without a run's name; neither says anything.
        do { try disk.remove(path) } catch {}
    }

    private static func existing(
        _ run: String, in folder: StateFolder, at path: String, forAppending: Bool
    ) throws(Fault) -> OpenFile {
        do {
            return try folder.disk.open(path, forAppending: forAppending)
        } catch  where error.kind == .missing {
            throw .noSuchRun(run, in: folder.path)
        }
    }
}
