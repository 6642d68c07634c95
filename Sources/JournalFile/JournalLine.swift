/// One record as it stands in the file, and the rule by which a reader takes it.
///
/// ```
/// 00000001 00000057 1f0a…16 digits…9c 5d2e81b0 {"at":"2026-03-01T10:42:07Z","event":{…}}⏎
/// sequence length   check of record   of prefix JSON
/// ```
///
/// The *record check* is a CRC-64 over the sequence number, the record check of the line before (sixteen zeros for the
/// first) and the JSON: a line that is changed, moved, repeated or taken from another journal does not check. The
/// *prefix check* is a CRC-32 over everything before it in the line, so that the length can be believed before a single
/// byte of the JSON is there.
///
/// **A tear is true shortness and nothing else.** The end of a file is a torn tail when fewer bytes are left than a
/// prefix has and they begin as the next line would, or when the prefix is whole, checks, has the next sequence number
/// and promises more bytes than are left. Everything else that is not exactly the line that belongs there is damage. A
/// flipped bit does not change how long a file is, so it can only make damage: a length that was flipped does not check.
enum JournalLine {
    /// Bytes before the JSON.
    static let prefixLength = 44
    /// The record check that the first line of a file builds on.
    static let seed: UInt64 = 0
    /// The largest number that the eight digits of a sequence number or a length can say.
    static let largest = 99_999_999

    private static let lengthField = 9..<17
    private static let prefixChecked = 35

    static func check(sequence: Int, after previous: UInt64, json: ArraySlice<UInt8>) -> UInt64 {
        var covered = digits(sequence) + hexadecimal(previous)
        covered.append(contentsOf: json)
        return Checksum.crc64(covered)
    }

    /// The whole line with its newline. The caller has seen to it that both numbers fit into their digits.
    static func encode(sequence: Int, check: UInt64, json: [UInt8]) -> [UInt8] {
        prefix(sequence: sequence, length: json.count, check: check) + json + [newline]
    }

    static func prefix(sequence: Int, length: Int, check: UInt64) -> [UInt8] {
        let covered = digits(sequence) + [space] + digits(length) + [space] + hexadecimal(check) + [space]
        return covered + hexadecimal(UInt32(Checksum.crc32(covered))) + [space]
    }

    /// The number of bytes that the JSON of a line has, or nothing if the prefix does not check.
    static func length(inPrefix bytes: ArraySlice<UInt8>) -> Int? {
        let prefix = Array(bytes)
        guard
            prefix.count == prefixLength,
            prefix[prefixChecked...].elementsEqual(
                hexadecimal(UInt32(Checksum.crc32(Array(prefix[..<prefixChecked])))) + [space])
        else { return nil }
        return Int(String(decoding: prefix[lengthField], as: UTF8.self))
    }

    /// A sequence number as it stands in a line.
    static func number(_ sequence: Int) -> String { String(decoding: digits(sequence), as: UTF8.self) }

    /// The bytes with which the line of that sequence number begins, whatever it says.
    static func beginning(sequence: Int) -> [UInt8] {
        digits(sequence) + [space]
    }

    private static let space = UInt8(ascii: " ")
    static let newline = UInt8(ascii: "\n")

    private static func digits(_ number: Int) -> [UInt8] {
        padded(String(number), to: 8)
    }

    private static func hexadecimal(_ word: some FixedWidthInteger) -> [UInt8] {
        padded(String(word, radix: 16), to: word.bitWidth / 4)
    }

    private static func padded(_ text: String, to width: Int) -> [UInt8] {
        Array(repeating: UInt8(ascii: "0"), count: max(0, width - text.utf8.count)) + Array(text.utf8)
    }
}
