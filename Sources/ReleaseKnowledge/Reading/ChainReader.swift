package import UpgradeCore

/// A file of `migrations/versions`, as it lies in an image or an installation.
package struct MigrationFile: Sendable {
    package let name: String
    package let text: String

    package init(name: String, text: String) {
        self.name = name
        self.text = text
    }

    /// Alembic looks at these files and at no others.
    var isMigration: Bool { name.hasSuffix(".py") && !name.hasPrefix("__init__") && !name.hasPrefix(".#") }
}

/// Reads the chain of migrations out of their files. Nothing is executed, and nothing is guessed.
package enum ChainReader {
    /// Throws `.invalid` for files that do not make one line from one first revision to one head.
    package static func read(_ files: [MigrationFile]) throws(Fault) -> Chain {
        var read: [String: (file: String, revision: Chain.Revision)] = [:]
        for file in files where file.isMigration {
            let revision = try revision(in: file)
            if let other = read[revision.id] {
                throw .duplicateRevision(revision.id, in: [other.file, file.name].sorted())
            }
            read[revision.id] = (file.name, revision)
        }
        guard !read.isEmpty else { throw .noMigrations }
        return try line(through: read.values.map(\.revision).sorted { $0.id < $1.id })
    }

    private static func revision(in file: MigrationFile) throws(Fault) -> Chain.Revision {
        let module: PythonModule
        do {
            module = try PythonModule(file.text, names: ["revision", "down_revision", "depends_on"])
        } catch {
            throw .unreadMigration(file.name, why: error.why)
        }
        guard case .text(let id)? = module["revision"], isID(id) else {
            throw .unreadMigration(file.name, why: "it names no `revision` that is an id")
        }
        switch module["depends_on"] {
        case nil, PythonModule.Value.none?: break
        default: throw .unreadMigration(file.name, why: "it depends on a revision beside its parent")
        }
        switch module["down_revision"] {
        case PythonModule.Value.none?: return Chain.Revision(id: id, parent: nil, title: module.title)
        case .text(let parent)? where isID(parent): return Chain.Revision(id: id, parent: parent, title: module.title)
        case .several(let parents)? where parents.count == 1 && isID(parents[0]):
            return Chain.Revision(id: id, parent: parents[0], title: module.title)
        case .several(let parents)? where parents.count > 1:
            throw .mergedRevision(id, in: file.name, parents: parents)
        case .several?, .text?, nil:
            throw .unreadMigration(file.name, why: "it names no `down_revision` that is an id or None")
        }
    }

    /// What Alembic can keep in the 32 characters of `alembic_version`.
    private static func isID(_ text: String) -> Bool {
        1...32 ~= text.utf8.count
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x5F, 0x61...0x7A: true
                default: false
                }
            }
    }

    private static func line(through revisions: [Chain.Revision]) throws(Fault) -> Chain {
        let ids = Set(revisions.map(\.id))
        for revision in revisions {
            if let parent = revision.parent, !ids.contains(parent) { throw .missingParent(parent, of: revision.id) }
        }
        let children = Dictionary(grouping: revisions, by: \.parent)
        let parents = Set(revisions.compactMap(\.parent))
        let heads = revisions.map(\.id).filter { !parents.contains($0) }
        guard heads.count <= 1 else { throw .severalHeads(heads) }
        let first = (children[nil] ?? []).map(\.id)
        guard first.count <= 1 else { throw .severalFirsts(first) }
        var line: [Chain.Revision] = []
        var next = children[nil]?.first
        while let revision = next {
            line.append(revision)
            next = children[revision.id]?.first
        }
        guard let head = heads.first, line.count == revisions.count else {
            throw .circle(ids.subtracting(line.map(\.id)).sorted())
        }
        return Chain(head: head, revisions: line)
    }
}
