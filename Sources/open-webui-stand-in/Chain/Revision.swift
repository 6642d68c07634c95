/// One migration of Open WebUI's chain: what it is called, which release brought it, and what it does to the schema.
///
/// The chain is linear, so a revision's parent is the one before it (`Chain`).
struct Revision: Sendable {
    /// One thing that a revision does, in order.
    enum Step: Sendable {
        case sql(String)
        /// Rows that make an empty installation worth migrating; run only when the database was empty at the start.
        case seed(String)
        /// `Promoting UNIQUE(id) -> PRIMARY KEY(id)` on the tables that peewee once made without a key.
        case promoteKeys
        /// Refuses, in upstream's words, when two users share an address up to case.
        case refuseSharedAddresses
    }

    let id: String
    let slug: String
    let created: String
    let since: Version
    let steps: [Step]
    /// Whether rows are moved, so that a real one may take an hour: where a slow migration is slow.
    let movesRows: Bool

    init(_ id: String, _ slug: String, _ created: String, since: Version, moving: Bool = false, _ steps: Step...) {
        self.init(id, slug, created, since: since, moving: moving, steps: steps)
    }

    init(_ id: String, _ slug: String, _ created: String, since: Version, moving: Bool = false, steps: [Step]) {
        self.id = id
        self.slug = slug
        self.created = created
        self.since = since
        self.steps = steps
        movesRows = moving
    }

    /// The first line of the revision file's docstring, which Alembic prints as it runs the revision.
    var title: String {
        let words = String(slug.map { $0 == "_" ? " " : $0 })
        return id == "374d2f66af06" ? "A" + words.dropFirst() : words
    }
}

extension Revision.Step: ExpressibleByStringLiteral {
    init(stringLiteral value: String) { self = .sql(value) }
}
