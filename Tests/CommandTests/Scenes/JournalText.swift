/// A journal's line as `ARCHITECTURE.md` describes it, made without the program's own code.
enum JournalText {
    static func line(sequence: Int, json: String) -> [UInt8] {
        let digits = { (number: Int) in padded("\(number)", 8) }
        let checked = Array((digits(sequence) + padded("0", 16) + json).utf8)
        let check = padded(String(crc(checked, UInt64(0xc96c_5795_d787_0f42)), radix: 16), 16)
        let covered = "\(digits(sequence)) \(digits(json.utf8.count)) \(check) "
        let second = crc(Array(covered.utf8), UInt32(0xedb8_8320))
        return Array("\(covered)\(padded(String(second, radix: 16), 8)) \(json)\n".utf8)
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: "0", count: max(0, width - text.count)) + text
    }

    /// A reflected cyclic redundancy check, bit by bit.
    private static func crc<Word: FixedWidthInteger & UnsignedInteger>(_ bytes: [UInt8], _ polynomial: Word) -> Word {
        ~bytes.reduce(~Word.zero) { word, byte in
            (0..<8).reduce(word ^ Word(byte)) { word, _ in word & 1 == 0 ? word >> 1 : (word >> 1) ^ polynomial }
        }
    }
}
