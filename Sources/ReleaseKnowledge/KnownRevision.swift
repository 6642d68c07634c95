/// A migration as the table knows it: what it does to the rows and to code that is older than it.
package struct KnownRevision: Codable, Equatable, Sendable {
    /// What a migration does.
    package struct Effects: Codable, OptionSet, Sendable {
        package let rawValue: Int

        package init(rawValue: Int) { self.rawValue = rawValue }

        /// New tables, columns or indexes that older code does not see.
        package static let additive = Effects(rawValue: 1)
        /// Older code fails on what it leaves behind, or silently sees nothing.
        package static let breaking = Effects(rawValue: 2)
        /// Rows are copied, changed or deleted.
        package static let dataMoving = Effects(rawValue: 4)
        /// A rule over rows is added or changed; rows that break it make the migration fail.
        package static let constraint = Effects(rawValue: 8)
        /// Nobody has read it yet: nothing is claimed about it.
        package static let unread = Effects(rawValue: 16)
    }

    /// What the migration's own way back does. Upstream supports none of them.
    package enum Downgrade: String, Codable, Sendable {
        case implemented
        /// It works, and what came later is lost.
        case lossy
        /// It does nothing: the schema stays as it is.
        case nothing
        /// It stops with an error when there are rows that it would lose.
        case refuses
        case unread
    }

    /// What its duration grows with.
    package enum Cost: String, Codable, Sendable {
        case constant
        /// One update for every chat.
        case chats
        /// One row for every message of every chat.
        case messages
        /// One statement, or indexes, over the tables of chats.
        case chatTable
        case unread
    }

    /// How well the first release that brings it is known.
    package enum FirstBasis: String, Codable, Sendable {
        case exact
        /// From the revision's date and the releases' dates.
        case byDate
        /// It is in the oldest release that was read.
        case atTheLatest
    }

    package let id: String
    package let parent: String?
    /// The name of its file after the id, such as `add_chat_message_table`.
    package let slug: String
    /// The day it was written, or empty.
    package let created: String
    /// The first release that brings it.
    package let first: ReleaseNumber
    package let firstBasis: FirstBasis
    package let effects: Effects
    package let downgrade: Downgrade
    package let cost: Cost
    /// One line for a person.
    package let note: String

    /// Whether it can take minutes in a large deployment.
    package var isLong: Bool { cost == .chats || cost == .messages }

    /// The revision with this id; nil for one that is newer than the table, or nobody's.
    package static func identified(_ id: String) -> KnownRevision? { all.first { $0.id == id } }

    /// All revisions in the order of the chain, for listings.
    package static var known: [KnownRevision] { all }
}
