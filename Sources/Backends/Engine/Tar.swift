import UpgradeCore

/// A file or folder of a tar archive.
package struct TarEntry: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        case file, folder
        /// A symbolic or hard link, and where it leads.
        case link(String)
        case other
    }

    /// Without a slash at its end.
    package let name: String
    package let kind: Kind
    package let size: Int
    /// Empty for what was not asked for.
    package fileprivate(set) var bytes: [UInt8] = []

    /// What it holds, as text.
    package var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// Reads a tar archive as its bytes come: ustar, with the long names of pax and of GNU tar.
/// https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13
struct TarReader {
    /// What the bytes that come next are.
    private enum Part {
        case header
        case file(TarEntry, kept: Bool)
        /// The name or the attributes of the entry that follows.
        case longName, longLink, attributes
        case padding
    }

    private let isWanted: (TarEntry) -> Bool
    private let limit: Int
    private var part = Part.header
    private var missing = 512
    private var padding = 0
    private var collected: [UInt8] = []
    private var kept = 0
    private var ahead = Ahead()
    private(set) var hasEnded = false

    /// What was said about the next entry before it came.
    private struct Ahead {
        var name: String?
        var link: String?
        var size: Int?
    }

    /// Keeps the bytes of the files that are wanted, up to a limit for all of them.
    init(limit: Int, keeping isWanted: @escaping (TarEntry) -> Bool) {
        self.limit = limit
        self.isWanted = isWanted
    }

    /// The entries that are complete with these bytes.
    mutating func read(_ bytes: [UInt8]) throws(Fault) -> [TarEntry] {
        var entries: [TarEntry] = []
        var rest = bytes[...]
        while !hasEnded, !rest.isEmpty || missing == 0 {
            let piece = rest.prefix(missing)
            rest = rest.dropFirst(piece.count)
            missing -= piece.count
            if isCollected { collected += piece }
            if missing == 0, let entry = try finishPart() { entries.append(entry) }
        }
        return entries
    }

    /// Whether the archive may end here: the engine leaves its end marks out where it is cut off.
    var isAtEntry: Bool {
        if case .header = part { collected.isEmpty } else { false }
    }

    private var isCollected: Bool {
        switch part {
        case .header, .longName, .longLink, .attributes: true
        case .file(_, let kept): kept
        case .padding: false
        }
    }

    private mutating func finishPart() throws(Fault) -> TarEntry? {
        let bytes = collected
        collected = []
        switch part {
        case .header:
            return try begin(bytes)
        case .file(var entry, let kept):
            if kept { entry.bytes = bytes }
            skipPadding()
            return entry
        case .longName:
            ahead.name = Self.text(bytes[...])
            skipPadding()
        case .longLink:
            ahead.link = Self.text(bytes[...])
            skipPadding()
        case .attributes:
            try readAttributes(bytes)
            skipPadding()
        case .padding:
            (part, missing) = (.header, 512)
        }
        return nil
    }

    private mutating func skipPadding() {
        (part, missing) = padding > 0 ? (.padding, padding) : (.header, 512)
    }

    private mutating func begin(_ header: [UInt8]) throws(Fault) -> TarEntry? {
        guard header.contains(where: { $0 != 0 }) else {
            hasEnded = true
            return nil
        }
        try Self.check(header)
        let flag = header[156]
        guard let written = Self.number(header[124..<136]) else { throw .damagedArchive("a size is no number") }
        guard ![0x78, 0x67, 0x4C, 0x4B].contains(flag) else {
            guard written <= 1 << 20 else { throw .damagedArchive("a name is longer than a megabyte") }
            part = flag == 0x4C ? .longName : flag == 0x4B ? .longLink : .attributes
            // Attributes for all that follows are not used by engines, and name nobody.
            expect(written)
            return nil
        }
        let entry = entry(of: header, flag, size: ahead.size ?? written)
        ahead = Ahead()
        guard entry.kind == .file else {
            expect(0)
            (part, missing) = (.header, 512)
            return entry
        }
        let isKept = isWanted(entry)
        if isKept {
            kept += entry.size
            guard kept <= limit else { throw .archiveTooLarge(entry.name, limit: limit) }
        }
        part = .file(entry, kept: isKept)
        expect(entry.size)
        return nil
    }

    private mutating func expect(_ size: Int) {
        missing = size
        padding = (512 - size % 512) % 512
    }

    private func entry(of header: [UInt8], _ flag: UInt8, size: Int) -> TarEntry {
        let short = Self.text(header[0..<100])
        let isUstar = Self.text(header[257..<262]) == "ustar"
        let prefix = isUstar && header[262] == 0 ? Self.text(header[345..<500]) : ""
        let name = ahead.name ?? (prefix.isEmpty ? short : "\(prefix)/\(short)")
        let kind: TarEntry.Kind
        switch flag {
        case 0, 0x30, 0x37: kind = name.hasSuffix("/") ? .folder : .file
        case 0x31, 0x32: kind = .link(ahead.link ?? Self.text(header[157..<257]))
        case 0x35: kind = .folder
        default: kind = .other
        }
        return TarEntry(name: Self.withoutSlash(name), kind: kind, size: kind == .file ? size : 0)
    }

    private static func withoutSlash(_ name: String) -> String {
        var name = name
        while name.count > 1, name.hasSuffix("/") { name.removeLast() }
        return name
    }

    /// The sum of the header's bytes, its own field taken as blanks.
    private static func check(_ header: [UInt8]) throws(Fault) {
        let sum = header.enumerated().reduce(0) { $0 + (148..<156 ~= $1.offset ? 32 : Int($1.element)) }
        guard number(header[148..<156]) == sum else { throw .damagedArchive("a header does not check") }
    }

    /// Octal digits, or, where the first bit is set, the bytes of a large number.
    private static func number(_ field: ArraySlice<UInt8>) -> Int? {
        if let first = field.first, first & 0x80 != 0 {
            guard first == 0x80, field.dropFirst().prefix(while: { $0 == 0 }).count >= field.count - 8 else {
                return nil
            }
            return field.suffix(7).reduce(0) { $0 << 8 | Int($1) }
        }
        let digits = field.filter { $0 != 0 && $0 != 0x20 }
        return digits.isEmpty ? 0 : Int(String(decoding: digits, as: UTF8.self), radix: 8)
    }

    private static func text(_ field: ArraySlice<UInt8>) -> String {
        String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// Lines `LENGTH KEY=VALUE`, the length being that of the whole line.
    private mutating func readAttributes(_ bytes: [UInt8]) throws(Fault) {
        var rest = bytes[...]
        while let space = rest.firstIndex(of: 0x20) {
            guard let length = Int(String(decoding: rest[..<space], as: UTF8.self)), length <= rest.count,
                length > space - rest.startIndex + 2
            else { throw .damagedArchive("an attribute has no length") }
            let line = rest[(space + 1)..<(rest.startIndex + length - 1)]
            rest = rest.dropFirst(length)
            guard let mark = line.firstIndex(of: 0x3D) else { throw .damagedArchive("an attribute has no value") }
            let value = String(decoding: line[(mark + 1)...], as: UTF8.self)
            switch String(decoding: line[..<mark], as: UTF8.self) {
            case "path": ahead.name = value
            case "linkpath": ahead.link = value
            case "size": ahead.size = Int(value)
            default: break
            }
        }
    }
}
