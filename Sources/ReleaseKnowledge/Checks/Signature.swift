/// A trace in an instance's log that tells why it did not start or migrate.
package struct Signature: Equatable, Sendable {
    /// What a log says, for a person.
    package struct Explanation: Codable, Equatable, Sendable {
        /// The signature's name.
        package let id: String
        package let what: String
        /// The line itself, trimmed, without passwords and the names of mailboxes.
        package let why: String
        package let remedy: String
    }

    package let id: String
    /// Any of these matches; each is a list of words that stand in one line.
    let patterns: [[String]]
    package let what: String
    package let remedy: String

    init(_ id: String, _ patterns: [[String]], _ what: String, remedy: String) {
        self.id = id
        self.patterns = patterns
        self.what = what
        self.remedy = remedy
    }

    /// What the lines tell, the most telling first, each cause once with the last line that shows it.
    ///
    /// Lines are of an instance of any release; those that mean nothing here are passed over.
    package static func explain(logLines: [String]) -> [Explanation] {
        let lines = logLines.suffix(5_000)
        return known.compactMap { signature in
            lines.last(where: signature.matches).map { line in
                Explanation(
                    id: signature.id, what: signature.what, why: LogLine.masked(line), remedy: signature.remedy)
            }
        }
    }

    private func matches(_ line: String) -> Bool {
        patterns.contains { words in words.allSatisfy { line.contains($0) } }
    }
}

/// A line of a log on its way to a report.
enum LogLine {
    private static let secretKeys = ["password", "passwd", "secret", "token", "key"]

    /// The line, trimmed to 300 characters, with what stands before an @ and after a `password=` replaced by dots.
    static func masked(_ line: String) -> String {
        let words = line.split(whereSeparator: \.isWhitespace).map { masked(word: $0) }
        let text = words.joined(separator: " ")
        return text.count > 300 ? text.prefix(299) + "…" : text
    }

    private static func masked(word: Substring) -> String {
        if let equals = word.firstIndex(of: "="),
            secretKeys.contains(where: { word[..<equals].lowercased().hasSuffix($0) })
        {
            return word[...equals] + "…"
        }
        guard let at = word.lastIndex(of: "@") else { return String(word) }
        let scheme = word[..<at].indices.first { word[$0..<at].hasPrefix("://") }
        let start = scheme.map { word.index($0, offsetBy: 3) } ?? word.startIndex
        return word[..<start] + "…" + word[at...]
    }
}
