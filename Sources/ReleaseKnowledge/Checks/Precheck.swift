package import UpgradeCore

/// A question to the database whose answer predicts that a pending migration will fail.
///
/// The SQL only reads, names no schema (the session's `search_path` must be the application's), and answers with one
/// row for each thing that is wrong: no row is a pass. Before running it, see whether its tables exist; a check whose
/// table is missing has nothing to find.
package struct Precheck: Equatable, Sendable {
    /// A name that stays, such as `duplicate-emails`.
    package let id: String
    /// The migration that would fail.
    package let revision: String
    /// The tables that it reads.
    package let tables: [String]
    package let sql: String
    /// What its rows mean, with how many there are (at most `limit`) and their first column.
    private let finding: @Sendable (_ rows: [[String?]]) -> Fault

    /// No check answers with more rows than this.
    package static let limit = 20

    init(
        _ id: String, _ revision: String, tables: [String], sql: String,
        finding: @escaping @Sendable (_ rows: [[String?]]) -> Fault
    ) {
        self.id = id
        self.revision = revision
        self.tables = tables
        self.sql = sql
        self.finding = finding
    }

    /// What is wrong, read off the rows of `sql`; nil when there are none.
    package func judge(_ rows: [[String?]]) -> Fault? { rows.isEmpty ? nil : finding(rows) }

    /// The checks for these pending revisions, in the order of the chain.
    package static func checks(for pending: [String]) -> [Precheck] {
        pending.flatMap { id in all.filter { $0.revision == id } }
    }

    package static func == (left: Self, right: Self) -> Bool {
        (left.id, left.revision, left.tables, left.sql) == (right.id, right.revision, right.tables, right.sql)
    }

    /// Every check that there is.
    package static var known: [Precheck] { all }

    private static let all =
        [channelMembers] + userJSON + promptCommands + primaryKeys + leftovers + [duplicateEmails]
}
