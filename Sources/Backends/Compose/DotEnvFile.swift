/// A file of `KEY=VALUE` lines as Compose reads it, with the place of each value.
///
/// https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/#env-file-syntax
struct DotEnvFile: Equatable, Sendable {
    struct Entry: Equatable, Sendable {
        enum Quote: UInt8, Sendable {
            case none = 0
            case single = 39
            case double = 34
        }

        let key: String
        let line: Int
        let quote: Quote
        /// The bytes of the value, without its quotes, comment and blanks around it.
        let place: Range<Int>
        let written: String

        /// The value, where nothing in it is to be filled in or unescaped.
        var value: String? {
            let special: Set<Character> = quote == .single ? ["\\"] : quote == .double ? ["$", "\\"] : ["$"]
            return written.contains { special.contains($0) } ? nil : written
        }
    }

    let entries: [Entry]

    /// Reads the file; what is no `KEY=VALUE` is passed over, and left to Compose to refuse.
    init(_ bytes: [UInt8]) {
        var reader = Reader(bytes)
        entries = reader.entries()
    }

    /// The entry that counts: the last one.
    subscript(key: String) -> Entry? { entries.last { $0.key == key } }

    private struct Reader {
        let bytes: [UInt8]
        var index = 0
        var line = 1

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
            if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { index = 3 }
        }

        mutating func entries() -> [Entry] {
            var found: [Entry] = []
            while index < bytes.count {
                if bytes[index] == .newline { line += 1 }
                if bytes[index] == .newline || Self.isBlank(bytes[index]) {
                    index += 1
                } else if bytes[index] == UInt8(ascii: "#") {
                    skipLine()
                } else if let entry = entry() {
                    found.append(entry)
                } else {
                    skipLine()
                }
            }
            return found
        }

        private mutating func entry() -> Entry? {
            skip("export")
            guard let end = bytes[index...].firstIndex(where: { $0 == .equals || $0 == .colon || $0 == .newline }),
                bytes[end] != .newline
            else { return nil }
            let key = String(
                decoding: bytes[index..<end].reversed().drop(while: Self.isBlank).reversed(), as: UTF8.self)
            index = end + 1
            while index < bytes.count, Self.isBlank(bytes[index]) { index += 1 }
            let start = line
            let (quote, place) = value()
            return Entry(
                key: key, line: start, quote: quote, place: place,
                written: String(decoding: bytes[place], as: UTF8.self))
        }

        private mutating func skip(_ word: String) {
            let after = index + word.utf8.count
            guard bytes[index...].starts(with: word.utf8), after < bytes.count, Self.isBlank(bytes[after]) else {
                return
            }
            index = after
            while index < bytes.count, Self.isBlank(bytes[index]) { index += 1 }
        }

        private mutating func value() -> (Entry.Quote, Range<Int>) {
            if index < bytes.count, let quote = Entry.Quote(rawValue: bytes[index]), quote != .none,
                let end = closing(quote.rawValue)
            {
                let place = index + 1..<end
                line += bytes[place].count { $0 == .newline }
                index = end + 1
                skipLine()
                return (quote, place)
            }
            let end = bytes[index...].firstIndex(of: .newline) ?? bytes.count
            var place = index..<end
            if let comment = (index..<end).first(where: { bytes[$0...].starts(with: " #".utf8) }) {
                place = index..<comment
            }
            while let last = place.last, Self.isBlank(bytes[last]) { place = place.lowerBound..<last }
            index = end
            return (.none, place)
        }

        private func closing(_ quote: UInt8) -> Int? {
            var next = index + 1
            while next < bytes.count, bytes[next] != quote { next += bytes[next] == UInt8(ascii: "\\") ? 2 : 1 }
            return next < bytes.count ? next : nil
        }

        /// Leaves the line break to be counted by whoever reads on.
        private mutating func skipLine() {
            index = bytes[min(index, bytes.count)...].firstIndex(of: .newline) ?? bytes.count
        }

        private static func isBlank(_ byte: UInt8) -> Bool { [9, 11, 12, 13, 32].contains(byte) }
    }
}

extension UInt8 {
    fileprivate static let newline = UInt8(ascii: "\n")
    fileprivate static let equals = UInt8(ascii: "=")
    fileprivate static let colon = UInt8(ascii: ":")
}
