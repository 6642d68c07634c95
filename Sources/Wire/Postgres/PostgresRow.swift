/// One row of a result, read by the names of its columns.
///
/// Every accessor gives nil for NULL and throws a `.bug` for a column that the query did not ask for, or one that
/// does not hold what is asked for.
package struct PostgresRow: Equatable, Sendable {
    /// Names to places, shared by the rows of one result; of two equal names the last one counts.
    let columns: [String: Int]
    /// The values in the order of the columns; nil is NULL.
    package let values: [String?]

    package func string(_ column: String) throws(PostgresFault) -> String? {
        guard let place = columns[column] else { throw PostgresFault(.noColumn(column)) }
        return values[place]
    }

    package func int(_ column: String) throws(PostgresFault) -> Int? {
        try value(column, as: "a whole number") { Int($0) }
    }

    package func double(_ column: String) throws(PostgresFault) -> Double? {
        try value(column, as: "a number") { Double($0) }
    }

    package func bool(_ column: String) throws(PostgresFault) -> Bool? {
        try value(column, as: "true or false") { ["t": true, "f": false][$0] }
    }

    private func value<Value>(
        _ column: String,
        as wanted: String,
        _ convert: (String) -> Value?
    ) throws(PostgresFault) -> Value? {
        guard let text = try string(column) else { return nil }
        guard let value = convert(text) else { throw PostgresFault(.wrongColumn(column, wanted: wanted)) }
        return value
    }
}
