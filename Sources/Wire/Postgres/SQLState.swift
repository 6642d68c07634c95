package import UpgradeCore

/// The five characters by which PostgreSQL says what kind of error it is; code branches on them, never on the text.
///
/// https://www.postgresql.org/docs/current/errcodes-appendix.html
package struct SQLState: Hashable, Sendable {
    package let code: String

    package init(_ code: String) {
        self.code = code
    }

    /// A server that is ending or restarting has ended this session.
    package static let adminShutdown = SQLState("57P01")
    /// The server is starting up or shutting down.
    package static let cannotConnectNow = SQLState("57P03")
    /// Cancelled, by a person or by `statement_timeout`.
    package static let queryCanceled = SQLState("57014")
    package static let deadlockDetected = SQLState("40P01")
    package static let insufficientPrivilege = SQLState("42501")
    package static let invalidCatalogName = SQLState("3D000")
    package static let invalidPassword = SQLState("28P01")
    package static let invalidSchemaName = SQLState("3F000")
    package static let lockNotAvailable = SQLState("55P03")
    package static let tooManyConnections = SQLState("53300")
    package static let undefinedColumn = SQLState("42703")
    package static let undefinedTable = SQLState("42P01")
    package static let uniqueViolation = SQLState("23505")

    /// What the code means for whoever has to go on from it: the longest prefix that the table knows.
    package var kind: Fault.Kind {
        for length in stride(from: 5, through: 2, by: -1) {
            if let kind = Self.kinds[String(code.prefix(length))] { return kind }
        }
        return .failed
    }

    private static let kinds: [String: Fault.Kind] = [
        "08": .unavailable,
        "25006": .denied,
        "28": .denied,
        "3D000": .missing,
        "3F000": .missing,
        "40": .conflict,
        "42501": .denied,
        "42703": .missing,
        "42883": .missing,
        "42P01": .missing,
        "53": .exhausted,
        "53300": .unavailable,
        "55P03": .unavailable,
        "57": .unavailable,
        "58P01": .missing,
        "XX": .failed,
    ]
}
