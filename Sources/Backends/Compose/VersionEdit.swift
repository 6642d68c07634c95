import UpgradeCore

/// The values in a person's files that carry a version, as they are and as they are to be.
///
/// Nothing else of their lines is in it: a line may hold a secret too.
package struct VersionEdit: Codable, Equatable, Sendable {
    package struct Line: Codable, Hashable, Sendable {
        package let file: String
        package let number: Int
        /// Where in the line the value stands, in bytes.
        package let at: Int
        /// What stands before it, such as `image: ` or `OWUI_TAG=`, as people know it.
        package let key: String
        /// The whole value.
        package let before: String
        package let after: String
    }

    /// The image that a service has before and after.
    package struct Images: Codable, Equatable, Sendable {
        package let before: String
        package let after: String
    }

    /// Empty where the files say already what is wanted.
    package let lines: [Line]
    package let images: [String: Images]

    /// The same edit the other way round.
    package var reversed: VersionEdit {
        VersionEdit(
            lines: lines.map { $0.reversed },
            images: images.mapValues { Images(before: $0.after, after: $0.before) })
    }

    /// The files that it touches.
    package var files: [String] {
        var seen: Set<String> = []
        return lines.map(\.file).filter { seen.insert($0).inserted }
    }

    /// Several edits as one. Throws where they want the same line otherwise.
    static func joined(_ edits: [VersionEdit]) throws(Fault) -> VersionEdit {
        var lines: [Line] = []
        var images: [String: Images] = [:]
        for edit in edits {
            images.merge(edit.images) { $1 }
            for line in edit.lines where !lines.contains(line) {
                if let other = lines.first(where: { $0.file == line.file && $0.number == line.number }) {
                    throw .lineWantedTwice(other, line)
                }
                lines.append(line)
            }
        }
        return VersionEdit(lines: lines, images: images)
    }

    /// The bytes of one of its files after the edit; the same bytes where they have it already.
    ///
    /// A line that has moved is found again by its text, where only one line has it.
    func applied(to bytes: [UInt8], of file: String) throws(Fault) -> [UInt8] {
        var bytes = bytes
        for line in lines where line.file == file {
            let all = TextLine.all(bytes)
            let here = all.first { $0.number == line.number }
            if here?.has(line.after, line) == true { continue }
            let place =
                here?.has(line.before, line) == true ? here : Self.only(all.filter { $0.has(line.before, line) })
            guard let start = place?.place.lowerBound else {
                if Self.only(all.filter { $0.has(line.after, line) }) != nil { continue }
                throw .lineChanged(line)
            }
            bytes.replaceSubrange(start + line.at..<start + line.at + line.before.utf8.count, with: line.after.utf8)
        }
        return bytes
    }

    private static func only(_ lines: [TextLine]) -> TextLine? { lines.count == 1 ? lines.first : nil }
}

extension VersionEdit.Line {
    fileprivate var reversed: Self {
        Self(file: file, number: number, at: at, key: key, before: after, after: before)
    }
}

extension TextLine {
    /// Whether it has this value, and no longer one, at the place of an edit. Byte for byte: two texts that only look
    /// the same are two.
    fileprivate func has(_ value: String, _ line: VersionEdit.Line) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count >= line.at, bytes[line.at...].starts(with: value.utf8) else { return false }
        if let name = line.variable, !String(decoding: bytes[..<line.at], as: UTF8.self).contains(name) { return false }
        guard let next = bytes.dropFirst(line.at + value.utf8.count).first else { return true }
        return " \t,}]'\"".utf8.contains(next)
    }
}

extension VersionEdit.Line {
    /// The variable that the line sets; nil for the line of an image.
    var variable: Substring? { key.hasSuffix("=") ? key.dropLast() : nil }
}
