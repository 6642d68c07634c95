package import UpgradeCore

/// The command of a group with its placeholders. It is split into words as a shell would, but run without one.
package struct CommandTemplate: Equatable, Sendable {
    /// What can be filled in.
    package enum Placeholder: String, CaseIterable, Sendable {
        case version, port, host, group, instance
    }

    /// The words, placeholders and all; there is at least one.
    package let words: [String]

    /// Throws `.invalid` for no words, an open quote or an unknown placeholder.
    package init(_ text: String) throws(Fault) {
        guard let words = CommandTemplate.split(text) else { throw .openQuote(text) }
        guard !words.isEmpty else { throw .noCommand() }
        for word in words {
            if let name = CommandTemplate.unknownPlaceholder(in: word) { throw .unknownPlaceholder(name) }
        }
        self.words = words
    }

    /// Whether any word has this placeholder.
    package func has(_ placeholder: Placeholder) -> Bool {
        words.contains { $0.contains("{\(placeholder.rawValue)}") }
    }

    /// The words with every placeholder replaced; a value never becomes more than one word.
    package func filled(_ values: [Placeholder: String]) -> [String] {
        words.map { word in
            values.reduce(word) { $0.replacing("{\($1.key.rawValue)}", with: $1.value) }
        }
    }

    /// The number after `--workers`, where the command fixes one.
    var fixedWorkers: String? {
        for (index, word) in words.enumerated() {
            if word == "--workers" { return index + 1 < words.count ? words[index + 1] : "" }
            if word.hasPrefix("--workers=") { return String(word.dropFirst("--workers=".count)) }
        }
        return nil
    }

    private static func unknownPlaceholder(in word: String) -> String? {
        var rest = word[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            let name = String(rest[rest.index(after: open)..<close])
            if Placeholder(rawValue: name) == nil { return name }
            rest = rest[rest.index(after: close)...]
        }
        return nil
    }

    /// nil for a quote that is not closed.
    private static func split(_ text: String) -> [String]? {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var escaped = false
        for character in text {
            if escaped {
                word = (word ?? "") + String(character)
                escaped = false
            } else if character == "\\", quote != "'" {
                escaped = true
            } else if let open = quote {
                if character == open { quote = nil } else { word?.append(character) }
            } else if character == "'" || character == "\"" {
                quote = character
                word = word ?? ""
            } else if character.isWhitespace {
                if let done = word { words.append(done) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        guard quote == nil, !escaped else { return nil }
        return words + [word].compactMap(\.self)
    }
}
