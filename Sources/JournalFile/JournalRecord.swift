import FoundationEssentials
import UpgradeCore

/// The first line of every journal: what kind of journal it is and who began it.
///
/// This line's layout stays the same in every format to come, so that an old release can always say that it is too old.
package struct JournalHeader: Codable, Equatable, Sendable {
    /// The newest format that this release reads and the one that it writes.
    package static let currentFormat = 1

    package let format: Int
    /// What the records are about; a reader refuses a journal of another kind.
    package let kind: String
    package let run: String
    /// The version of this program that began the journal.
    package let tool: String
    /// When it was begun, RFC 3339 in UTC, for people; two machines' clocks are never compared.
    package let at: String
    /// Which run of its deployment it is, counted from 1: what says which of two runs is the newer. Nil where nobody
    /// counts, and in journals that were begun before runs were counted; those come first.
    package let number: Int?

    package init(kind: String = "run", run: String, tool: String, at: String, number: Int? = nil) {
        format = Self.currentFormat
        self.kind = kind
        self.run = run
        self.tool = tool
        self.at = at
        self.number = number
    }

    /// The part of a header that formats to come keep.
    struct Newer: Decodable {
        let format: Int
        let tool: String?
    }
}

/// One thing that was written down.
package struct JournalRecord<Payload: Codable & Sendable>: Sendable {
    /// Counts from 1; the header is 0.
    package let sequence: Int
    /// The wall clock of the machine that wrote it, RFC 3339 in UTC, for people; never compared.
    package let at: String
    package let event: Payload
}

extension JournalRecord: Equatable where Payload: Equatable {}

/// The end of a journal that a crash left half written. It was never acknowledged, so nothing is lost with it.
package struct TornTail: Equatable, Sendable {
    package let file: String
    /// The line that is not whole, counted from 1.
    package let line: Int
    package let bytes: Int

    /// The notice in a person's words.
    package var notice: String {
        "Line \(line) of \(file) was being written when the tool ended; its \(bytes) bytes are dropped, nothing was done for it."
    }
}

/// A whole journal, read and checked.
package struct JournalReplay<Payload: Codable & Sendable>: Sendable {
    package let header: JournalHeader
    package let records: [JournalRecord<Payload>]
    /// There is one if the last write was cut short; tell the person.
    package let tornTail: TornTail?
}

/// The JSON of a record.
struct Envelope<Payload: Codable>: Codable {
    let at: String
    let event: Payload
}

/// The one form of JSON in journals and locks: sorted keys, no escaped slashes, one line.
enum OneLineJSON {
    static func encode(_ value: some Encodable) throws(Fault) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do { return Array(try encoder.encode(value)) } catch { throw .notEncodable(error) }
    }

    static func decode<Value: Decodable>(_ type: Value.Type, from bytes: some Collection<UInt8>) throws -> Value {
        try JSONDecoder().decode(type, from: Data(bytes))
    }
}
