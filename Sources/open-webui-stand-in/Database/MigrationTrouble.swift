import Glibc

/// Where in a migration the ordered trouble happens.
///
/// `STAND_IN_SLOW_MIGRATION=SECONDS[@REVISION]`, `STAND_IN_HANG_MIGRATION=1|REVISION` and
/// `STAND_IN_FAIL_MIGRATION=1|REVISION`; without a revision it is the pending one that moves most rows.
struct MigrationTrouble {
    private let usual: String
    private let pending: ArraySlice<Revision>

    /// The revision that copies every message, for which real migrations take their time.
    private static let longest = "8452d01d26d7"

    init(pending: ArraySlice<Revision>) {
        self.pending = pending
        let long = pending.first { $0.id == Self.longest } ?? pending.first { $0.movesRows } ?? pending.first
        usual = long?.id ?? ""
    }

    func before(_ revision: Revision, in session: Session) throws(Migrator.Stop) {
        if let order = Trouble.slowMigration.value {
            let parts = order.split(separator: "@")
            if place(parts.count > 1 ? String(parts[1]) : "") == revision.id, Trouble.slowMigration.take() != nil {
                // The session is active in the server all the while, as a statement on many rows is.
                do {
                    try session.run("SELECT pg_sleep(\(Double(parts.first ?? "") ?? 1))")
                } catch { throw .database(error) }
            }
        }
        if let order = Trouble.hangMigration.value, place(order) == revision.id, Trouble.hangMigration.take() != nil {
            while true { pause() }
        }
    }

    func after(_ revision: Revision) throws(Migrator.Stop) {
        for trouble in [Trouble.failMigration, .swallow] {
            if let order = trouble.value, place(order) == revision.id, trouble.take() != nil {
                throw .told(
                    "stand-in: revision \(revision.id) fails as ordered",
                    swallowed: trouble.name == Trouble.swallow.name)
            }
        }
    }

    private func place(_ order: String) -> String {
        pending.contains { $0.id == order } ? order : usual
    }
}
