/// What a migration file assigns to the names that Alembic looks at, read and not executed.
struct PythonModule {
    enum Value: Equatable {
        case none
        case text(String)
        case several([String])
    }

    /// The first line of the module's docstring, which Alembic prints when it runs the migration.
    let title: String
    private let values: [String: Value]

    init(_ text: String, names: Set<String>) throws(Unreadable) {
        var values: [String: Value] = [:]
        var title = ""
        var block: PythonToken?
        for (position, line) in try PythonTokenizer.lines(of: text).enumerated() {
            if position == 0 { title = Self.title(line) }
            if !line.isIndented { block = line.tokens.first }
            if let block, ["def", "async", "class"].contains(where: { block.isName($0) }) { continue }
            guard let (name, value) = try Self.assignment(line, names: names) else { continue }
            guard values[name] == nil else { throw Unreadable("`\(name)` is assigned more than once") }
            values[name] = value
        }
        self.values = values
        self.title = title
    }

    /// The value of a name; nil where the module does not assign it.
    subscript(name: String) -> Value? { values[name] }

    private static func title(_ line: PythonLine) -> String {
        guard line.tokens.count == 1, case .text(let text, _) = line.tokens[0].kind else { return "" }
        let first = text.split { $0.isNewline }.first ?? ""
        return String(first.drop { $0 == " " })
    }

    /// The one plain assignment to one of the names; anything else that could change one is not guessed at.
    private static func assignment(
        _ line: PythonLine, names: Set<String>
    ) throws(Unreadable) -> (name: String, value: Value)? {
        guard let equals = line.tokens.firstIndex(where: { $0.depth == 0 && $0.isMark("=") }) else { return nil }
        let assigned = line.tokens[..<equals].compactMap { token -> String? in
            guard case .name(let name) = token.kind, names.contains(name) else { return nil }
            return name
        }
        guard let name = assigned.first else { return nil }
        guard assigned.count == 1, !line.isIndented, line.tokens[0].isName(name),
            equals == 1 || line.tokens[1].isMark(":")
        else { throw Unreadable("`\(name)` is not assigned in a plain way") }
        guard let value = value(of: line.tokens[(equals + 1)...]) else {
            throw Unreadable("the value of `\(name)` is not a plain string, a tuple of them, or None")
        }
        return (name, value)
    }

    private static func value(of tokens: ArraySlice<PythonToken>) -> Value? {
        guard let first = tokens.first, let last = tokens.last else { return nil }
        if tokens.count == 1 { return first.isName("None") ? Value.none : string(first).map { .text($0) } }
        let isTuple = first.isMark("(") && last.isMark(")")
        guard isTuple || (first.isMark("[") && last.isMark("]")) else { return nil }
        let inner = tokens.dropFirst().dropLast()
        let isList = !isTuple || inner.isEmpty || inner.contains { $0.isMark(",") }
        guard isList else { return value(of: inner) }
        var strings: [String] = []
        for (position, token) in inner.enumerated() {
            if position.isMultiple(of: 2) {
                guard let text = string(token) else { return nil }
                strings.append(text)
            } else if !token.isMark(",") {
                return nil
            }
        }
        return .several(strings)
    }

    private static func string(_ token: PythonToken) -> String? {
        guard case .text(let text, plain: true) = token.kind else { return nil }
        return text
    }
}
