/// What libpq says of a connection that failed, taken apart.
///
/// libpq keeps the SQLSTATE of a failed connection to itself. At verbosity VERBOSE it writes it in a fixed place,
/// `SEVERITY:  CODE: text`, followed by a line LOCATION:
/// https://www.postgresql.org/docs/15/libpq-control.html#LIBPQ-PQSETERRORVERBOSITY
struct PostgresMessage: Equatable {
    let sqlstate: SQLState?
    /// On one line, without the code.
    let text: String

    init(_ raw: String) {
        var sqlstate: SQLState?
        var lines: [String] = []
        for line in raw.split(separator: "\n") where !line.hasPrefix("LOCATION:") {
            let (code, rest) = Self.split(String(line))
            sqlstate = code ?? sqlstate
            lines.append(rest)
        }
        self.sqlstate = sqlstate
        text = Self.oneLine(lines.joined(separator: " "))
    }

    private static func split(_ line: String) -> (SQLState?, String) {
        guard let match = line.firstMatch(of: #/:  ([0-9A-Z]{5}): /#) else { return (nil, line) }
        return (SQLState(String(match.1)), line.replacingCharacters(match.range, with: ": "))
    }

    /// libpq's messages end in newlines and hold tabs; a *why* does not.
    static func oneLine(_ text: String) -> String {
        text.split { $0.isWhitespace }.joined(separator: " ")
    }
}

extension String {
    fileprivate func replacingCharacters(_ range: Range<Index>, with other: String) -> String {
        self[..<range.lowerBound] + other + self[range.upperBound...]
    }
}
