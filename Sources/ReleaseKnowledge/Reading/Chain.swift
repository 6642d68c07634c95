/// The migrations inside an image, from the first to the head: one line without a branch.
package struct Chain: Codable, Equatable, Sendable {
    /// One migration, as its file says.
    package struct Revision: Codable, Equatable, Sendable {
        package let id: String
        package let parent: String?
        /// The words that Alembic logs when it runs.
        package let title: String

        package init(id: String, parent: String?, title: String) {
            self.id = id
            self.parent = parent
            self.title = title
        }
    }

    /// In the order in which they run; there is at least one.
    package let revisions: [Revision]
    /// The revision of a database that has been through all of them.
    package let head: String

    /// The chain of these revisions, first to last, with the titles that the table knows; nil where there are none.
    package init?(ids: [String]) {
        guard let head = ids.last else { return nil }
        let parents = [nil] + ids.dropLast().map(Optional.some)
        self.init(
            head: head,
            revisions: zip(ids, parents).map { id, parent in
                Revision(id: id, parent: parent, title: KnownRevision.identified(id)?.slug ?? "")
            })
    }

    init(head: String, revisions: [Revision]) {
        self.head = head
        self.revisions = revisions
    }

    package func contains(_ revision: String) -> Bool { revisions.contains { $0.id == revision } }

    /// What would run on a database at this revision, all of it on one that has none.
    ///
    /// nil when the chain does not hold the revision: this image cannot start on that database.
    package func pending(after revision: String?) -> [Revision]? {
        guard let revision else { return revisions }
        return revisions.firstIndex { $0.id == revision }.map { Array(revisions[($0 + 1)...]) }
    }
}
