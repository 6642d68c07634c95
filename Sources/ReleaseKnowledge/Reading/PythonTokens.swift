/// Why a text could not be read as the Python, or JSON, that it should be.
struct Unreadable: Error {
    let why: String

    init(_ why: String) { self.why = why }
}

/// A word of Python as far as literals are concerned.
struct PythonToken: Equatable {
    enum Kind: Equatable {
        case name(String)
        /// A string; not plain when its value is not simply what stands between the quotes.
        case text(String, plain: Bool)
        case mark(UInt8)
    }

    let kind: Kind
    /// How many brackets are open around it; a bracket counts as outside of what it opens.
    let depth: Int

    func isMark(_ character: Unicode.Scalar) -> Bool { kind == .mark(UInt8(ascii: character)) }
    func isName(_ word: String) -> Bool { kind == .name(word) }
}

/// One statement, over as many lines as its brackets and backslashes take.
struct PythonLine: Equatable {
    let isIndented: Bool
    let tokens: [PythonToken]
}

/// Splits Python into statements without understanding more of it than strings, comments and brackets.
///
/// It works on bytes: to Swift's characters `\r\n` is one, and an accent may join a quote.
struct PythonTokenizer {
    private let bytes: [UInt8]
    private var at = 0
    private var depth = 0

    private init(_ text: String) {
        bytes = Array(text.utf8)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
    }

    static func lines(of text: String) throws(Unreadable) -> [PythonLine] {
        var tokenizer = PythonTokenizer(text)
        var lines: [PythonLine] = []
        while tokenizer.at < tokenizer.bytes.count {
            let isIndented = tokenizer.skipIndentation()
            lines += try tokenizer.statements().map { PythonLine(isIndented: isIndented, tokens: $0) }
        }
        guard tokenizer.depth == 0 else { throw Unreadable("a bracket is left open at the end") }
        return lines
    }

    private mutating func skipIndentation() -> Bool {
        let start = at
        while at < bytes.count, isSpace(bytes[at]) { at += 1 }
        return at > start
    }

    /// The statements up to the end of the line; several where semicolons divide them.
    private mutating func statements() throws(Unreadable) -> [[PythonToken]] {
        var statements: [[PythonToken]] = [[]]
        while at < bytes.count {
            let byte = bytes[at]
            if isNewline(byte), depth == 0 {
                at += 1
                break
            }
            if byte == UInt8(ascii: ";"), depth == 0 {
                at += 1
                statements.append([])
            } else if let token = try next() {
                statements[statements.count - 1].append(token)
            }
        }
        return statements.filter { !$0.isEmpty }
    }

    /// The token here; nil where there was only space or a comment, which is passed over.
    private mutating func next() throws(Unreadable) -> PythonToken? {
        let byte = bytes[at]
        if isSpace(byte) || isNewline(byte) {
            at += 1
        } else if byte == UInt8(ascii: "#") {
            while at < bytes.count, !isNewline(bytes[at]) { at += 1 }
        } else if byte == UInt8(ascii: "\\") {
            try passContinuation()
        } else if isQuote(byte) {
            return try string(prefix: "")
        } else if isWord(byte) {
            return try word()
        } else {
            return try mark(byte)
        }
        return nil
    }

    private mutating func passContinuation() throws(Unreadable) {
        at += 1
        guard at < bytes.count, isNewline(bytes[at]) else { throw Unreadable("a stray backslash") }
        if bytes[at] == UInt8(ascii: "\r"), at + 1 < bytes.count, bytes[at + 1] == UInt8(ascii: "\n") { at += 1 }
        at += 1
    }

    private mutating func mark(_ byte: UInt8) throws(Unreadable) -> PythonToken {
        at += 1
        if "([{".utf8.contains(byte) {
            depth += 1
            return PythonToken(kind: .mark(byte), depth: depth - 1)
        }
        if ")]}".utf8.contains(byte) {
            guard depth > 0 else { throw Unreadable("a bracket is closed that was not opened") }
            depth -= 1
        }
        return PythonToken(kind: .mark(byte), depth: depth)
    }

    private mutating func word() throws(Unreadable) -> PythonToken {
        let start = at
        while at < bytes.count, isWord(bytes[at]) { at += 1 }
        let word = String(decoding: bytes[start..<at], as: UTF8.self)
        let isPrefix = word.utf8.count <= 2 && word.lowercased().utf8.allSatisfy { "rbuft".utf8.contains($0) }
        if isPrefix, at < bytes.count, isQuote(bytes[at]) { return try string(prefix: word.lowercased()) }
        return PythonToken(kind: .name(word), depth: depth)
    }

    private mutating func string(prefix: String) throws(Unreadable) -> PythonToken {
        let quote = bytes[at]
        let isTriple = at + 2 < bytes.count && bytes[at + 1] == quote && bytes[at + 2] == quote
        let end = [UInt8](repeating: quote, count: isTriple ? 3 : 1)
        at += end.count
        let start = at
        var isPlain = prefix.isEmpty || prefix == "u" || prefix == "r"
        while at < bytes.count {
            if bytes[at...].starts(with: end) {
                let text = String(decoding: bytes[start..<at], as: UTF8.self)
                at += end.count
                return PythonToken(kind: .text(text, plain: isPlain), depth: depth)
            }
            if isNewline(bytes[at]), !isTriple { break }
            if bytes[at] == UInt8(ascii: "\\") {
                isPlain = false
                at += 1
            }
            at += 1
        }
        throw Unreadable("a string is left open")
    }

    private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0C }
    private func isNewline(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }
    private func isQuote(_ byte: UInt8) -> Bool { byte == 0x22 || byte == 0x27 }

    private func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x5F, 0x61...0x7A, 0x80...0xFF: true
        default: false
        }
    }
}
