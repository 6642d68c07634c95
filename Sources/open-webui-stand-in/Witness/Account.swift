/// Everything that the witness saw, and what it makes of it.
struct Account: Equatable, Sendable {
    var lives: [Life]
    var meetings: [Meeting] = []
    var marks: [Mark] = []

    /// One promise that was broken, as a sentence.
    enum Violation: Equatable, CustomStringConvertible {
        case versionsMet(Life, Life)
        case migratorsMet(Life, Life)
        case olderStarted(Life)

        var description: String {
            switch self {
            case .versionsMet(let one, let other):
                "V1: \(one.named) started while \(other.named) was alive: two versions met."
            case .migratorsMet(let one, let other):
                "V2: \(one.named) started while \(other.named) was alive, before the revision was "
                    + "\(one.head) (it was \(one.revision ?? "none")): two migrators met."
            case .olderStarted(let life):
                "V3: \(life.named) started on revision \(life.revision ?? "none"), which is not its own \(life.head)."
            }
        }
    }

    /// What broke a promise; empty when the upgrade was done as it should be.
    var violations: [Violation] {
        let known = Dictionary(lives.map { ($0.id, $0) }) { first, _ in first }
        let met = meetings.compactMap { meeting in
            known[meeting.life].flatMap { life in known[meeting.other].map { (life, $0) } }
        }
        return met.compactMap(violation) + lives.filter(isTooOld).map(Violation.olderStarted)
    }

    private func violation(_ life: Life, _ other: Life) -> Violation? {
        if life.version != other.version { return .versionsMet(life, other) }
        return life.imports && other.imports && startedBeforeItsHead(life, meeting: other)
            ? .migratorsMet(life, other) : nil
    }

    /// Whether the schema had still to be migrated when a life began. What it saw later may already be the head, so a
    /// commit that the one whom it met was only making after its start counts too. Commits of others do not: a database
    /// that was restored is migrated once more, long after.
    private func startedBeforeItsHead(_ life: Life, meeting other: Life) -> Bool {
        guard life.knowsRevision != nil else { return lastSeen(before: life).map { $0 != life.head } ?? false }
        return life.revision != life.head
            || marks.contains {
                $0.life == other.id && $0.kind == "committing" && $0.to == life.head && $0.at > life.started
            }
    }

    /// The revision that was last seen or made before a life that ended without having looked; nil when nobody knows.
    private func lastSeen(before life: Life) -> String? {
        let seen = lives.filter { $0.started < life.started && $0.knowsRevision != nil }
            .map { (at: $0.started, revision: $0.revision ?? "none") }
        let made = marks.filter { $0.kind == "migrated" && $0.at < life.started }
            .map { (at: $0.at, revision: $0.to ?? "none") }
        return (seen + made).max { $0.at < $1.at }?.revision
    }

    /// An older release on a schema that a newer one has made: it does not know the revision, or a newer release has
    /// lived on this database before and the revision is not again its own.
    private func isTooOld(_ life: Life) -> Bool {
        guard let knows = life.knowsRevision else { return false }
        let first = firstOnDatabase(of: life)
        let newerLived = lives.contains { $0.id >= first && $0.id < life.id && $0.version > life.version }
        return !knows || (newerLived && life.revision != life.head)
    }

    /// The id of the last life until this one that found a database without a schema: what lived before it lived on one
    /// that was dropped.
    private func firstOnDatabase(of life: Life) -> Int {
        lives.filter { $0.id <= life.id && $0.knowsRevision != nil && $0.revision == nil }.map(\.id).max() ?? 0
    }

    /// The sentences at the end of a report.
    var sentences: [String] {
        let versions = Set(lives.map(\.version)).sorted()
        let counted = versions.map { version in "\(lives.count { $0.version == version }) of \(version)" }
        var all = [
            "\(lives.count) processes have lived: \(counted.isEmpty ? "none" : counted.joined(separator: ", "))."
        ]
        all += marks.filter { $0.kind == "migrated" }.map { mark in
            let life = lives.first { $0.id == mark.life }?.named ?? "a process"
            return "\(life) migrated from \(mark.from ?? "an empty database") to \(mark.to ?? "nothing")."
        }
        let broken = violations
        guard broken.isEmpty else { return all + broken.map(\.description) + ["\(broken.count) violations."] }
        return all + ["No two versions and no two migrators met; no old version started on a newer schema."]
    }
}

extension Life {
    /// As sentences call it.
    var named: String {
        "process \(id) (\(version), \(role.rawValue)\(instance.isEmpty ? "" : " of \(instance)"), pid \(pid))"
    }
}
