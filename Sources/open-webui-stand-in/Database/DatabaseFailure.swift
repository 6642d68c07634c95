/// What PostgreSQL or the way to it said, and how Python's driver would have named it.
struct DatabaseFailure: Error, CustomStringConvertible {
    let state: String
    let message: String

    init(state: String, message: String) {
        self.state = state
        self.message = message
    }

    /// psycopg2's class for the SQLSTATE.
    var name: String {
        switch state {
        case "25P02": "InFailedSqlTransaction"
        case "23505": "UniqueViolation"
        case "23502": "NotNullViolation"
        case "40P01": "DeadlockDetected"
        case "42701": "DuplicateColumn"
        case "42703": "UndefinedColumn"
        case "42P01": "UndefinedTable"
        case "42P07": "DuplicateTable"
        case "55P03": "LockNotAvailable"
        case "57014": "QueryCanceled"
        case "57P01": "AdminShutdown"
        default: "OperationalError"
        }
    }

    /// As the last line of a Python traceback.
    var description: String { "psycopg2.errors.\(name): \(message)" }
}
