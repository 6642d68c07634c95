import UpgradeCore

/// What stands in a journal's bytes once every line has been checked, before any of its JSON is understood.
struct JournalScan: Sendable {
    /// Where the JSON of each whole line stands; the first is the header.
    private(set) var bodies: [Range<Int>] = []
    /// Bytes up to the end of the last whole line.
    private(set) var goodBytes = 0
    /// Bytes after it, which are a torn tail.
    private(set) var tornBytes = 0
    /// The record check that the next line builds on.
    private(set) var check = JournalLine.seed

    /// Checks every line of a file.
    init(_ bytes: [UInt8], file: String) throws(Fault) { try self.init(bytes, in: .file(file)) }

    /// Checks every line; damage is a fault of kind `invalid` that names the place and the line.
    init(_ bytes: [UInt8], in place: JournalPlace) throws(Fault) {
        while goodBytes < bytes.count, tornBytes == 0 {
            let rest = bytes[goodBytes...]
            switch take(rest) {
            case .line(let json, let check):
                bodies.append(json)
                self.check = check
                goodBytes = json.upperBound + 1
            case .torn:
                tornBytes = rest.count
            case .damaged(let why):
                throw .journalDamaged(place, line: bodies.count + 1, why: why)
            }
        }
        // An object is made whole or not at all: what is cut short there, somebody has cut.
        if tornBytes > 0, case .objects = place {
            throw .journalDamaged(place, line: bodies.count + 1, why: "it is not whole")
        }
        // A header is made whole before the file has its name, so that no crash can leave half of one.
        guard !bodies.isEmpty else { throw .journalDamaged(place, line: 1, why: "its header is not whole") }
    }

    private enum Step {
        case line(json: Range<Int>, check: UInt64)
        case torn
        case damaged(String)
    }

    private func take(_ rest: ArraySlice<UInt8>) -> Step {
        let beginning = JournalLine.beginning(sequence: bodies.count).prefix(rest.count)
        guard rest.starts(with: beginning) else {
            return .damaged("it does not begin with sequence number \(bodies.count)")
        }
        guard rest.count >= JournalLine.prefixLength else { return .torn }
        guard let length = JournalLine.length(inPrefix: rest.prefix(JournalLine.prefixLength)) else {
            return .damaged("its prefix does not match its own checksum")
        }
        let start = rest.startIndex + JournalLine.prefixLength
        guard rest.endIndex - start > length else { return .torn }
        let json = start..<start + length
        let check = JournalLine.check(sequence: bodies.count, after: self.check, json: rest[json])
        let prefix = JournalLine.prefix(sequence: bodies.count, length: length, check: check)
        guard rest.starts(with: prefix), rest[json.upperBound] == JournalLine.newline else {
            return .damaged("its text does not match its checksum")
        }
        return .line(json: json, check: check)
    }
}
