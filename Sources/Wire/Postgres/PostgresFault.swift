package import UpgradeCore

/// A fault of a database session, with PostgreSQL's own code where the server gave one.
package struct PostgresFault: Error, Equatable, Sendable {
    package let fault: Fault
    /// Nil when the error did not come from the server: refused, timed out, cancelled, connection lost.
    package let sqlstate: SQLState?

    package init(_ fault: Fault, sqlstate: SQLState? = nil) {
        self.fault = fault
        self.sqlstate = sqlstate
    }

    package var kind: Fault.Kind { fault.kind }
}
