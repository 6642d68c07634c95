/// The text of an `image:` with the variables that Compose fills in, such as `open-webui:${TAG:-v0.6.43}`.
///
/// https://docs.docker.com/reference/compose-file/interpolation/
struct ImageTemplate: Equatable, Sendable {
    struct Piece: Equatable, Sendable {
        /// nil for literal text.
        var variable: String?
        /// The literal text, or what stands in for a variable without a value; nil where nothing does.
        var text: String?
        /// Where `text` stands, in bytes from the start of the template.
        var place: Range<Int>
        /// Whether an empty value counts as none.
        var passesOverEmpty = false
    }

    let pieces: [Piece]

    /// nil where a variable is used in a way that is not followed here, such as `${A:+b}` or one inside another.
    init?(_ template: String) {
        let bytes = Array(template.utf8)
        var pieces: [Piece] = []
        var index = 0
        while index < bytes.count {
            let start = index
            if bytes[index] == UInt8(ascii: "$") {
                guard let (piece, end) = Self.variable(bytes, after: index + 1) else { return nil }
                pieces.append(piece)
                index = end
            } else {
                index = bytes[index...].firstIndex(of: UInt8(ascii: "$")) ?? bytes.count
                pieces.append(Piece(text: Self.text(bytes[start..<index]), place: start..<index))
            }
        }
        self.pieces = pieces
    }

    private static func variable(_ bytes: [UInt8], after dollar: Int) -> (Piece, end: Int)? {
        guard dollar < bytes.count else { return nil }
        let isBraced = bytes[dollar] == UInt8(ascii: "{")
        let start = isBraced ? dollar + 1 : dollar
        let end = bytes[start...].firstIndex { !isName($0) } ?? bytes.count
        guard end > start else { return nil }
        let name = text(bytes[start..<end])
        guard isBraced else { return (Piece(variable: name, place: end..<end), end) }
        guard let brace = bytes[end...].firstIndex(of: UInt8(ascii: "}")) else { return nil }
        let rest = text(bytes[end..<brace])
        if rest.isEmpty || rest.hasPrefix("?") || rest.hasPrefix(":?") {
            return (Piece(variable: name, place: end..<end), brace + 1)
        }
        guard !rest.contains("$"), rest.hasPrefix("-") || rest.hasPrefix(":-") else { return nil }
        let passes = rest.hasPrefix(":-")
        let place = end + (passes ? 2 : 1)..<brace
        return (
            Piece(variable: name, text: text(bytes[place]), place: place, passesOverEmpty: passes), brace + 1
        )
    }

    private static func isName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

    /// The piece that must become another text, alone, for the whole to become `image`; the last one that can.
    ///
    /// `values` are what the pieces amount to now.
    func change(to image: String, values: [String]) -> (piece: Int, text: String)? {
        for index in pieces.indices.reversed() {
            let before = values[..<index].joined()
            let after = values[(index + 1)...].joined()
            guard image.utf8.starts(with: before.utf8), image.hasSuffix(after),
                image.utf8.count > before.utf8.count + after.utf8.count
            else { continue }
            return (index, String(image.dropFirst(before.count).dropLast(after.count)))
        }
        return nil
    }
}
