import ReleaseKnowledge
package import UpgradeCore

/// A database that can say whether there is anything in it that a migration could spoil.
package protocol StartingPlace: Sendable {
    /// Whether the application has users here.
    func hasUsers() async throws(Fault) -> Bool
}

/// What a start of a version meets: the database and what of the group is there. Pure: it judges what was read.
struct LocalGround {
    let facts: ImageFacts
    let state: DatabaseState
    let hasUsers: Bool
    let workloads: [Workload]
    /// Versions whose schema the database has, the best first.
    let fits: [String]

    private var living: [Instance] { workloads.flatMap(\.living) }

    /// Whether an instance of the group itself runs and does not listen yet.
    private var isStarting: Bool {
        workloads.contains { $0.role == .main && $0.living.contains { $0.state == .running && $0.answer == .none } }
    }

    /// The application's sessions that belong to no living instance of the group.
    var strays: [Session] {
        let ids = Set(living.map(\.id))
        return state.sessions.filter { $0.instance.map { !ids.contains($0) } ?? true }
    }

    /// Whether it may be a matter of moments: the server has not yet noticed the end of the group's own instances.
    var mayClear: Bool {
        let ended = Set(workloads.flatMap(\.instances).filter(\.hasEnded).map(\.id))
        return !strays.isEmpty && strays.allSatisfy { $0.instance.map(ended.contains) ?? false }
    }

    /// Why the version must not start; nil where it may. Before the `first` instance is started, one that runs already
    /// may still be at its migration; afterwards the revision must be the version's own.
    func objection(first: Bool) -> Fault? {
        if !strays.isEmpty { return .othersOnDatabase(strays) }
        if state.revisions.count > 1 || state.revisions.contains(where: { $0.rows.count > 1 }) {
            return .severalRevisions(state.revisions)
        }
        if state.revision == facts.head { return nil }
        if !first { return .servesWithoutSchema(facts, state.revision) }
        if isStarting { return nil }
        guard let revision = state.revision else { return hasUsers ? .usersWithoutRevision(facts) : nil }
        return facts.chain.contains(revision)
            ? .wouldMigrate(facts, from: revision, fits: fits, isRunning: !living.isEmpty)
            : .unknownSchema(facts, revision, fits: fits, isRunning: !living.isEmpty)
    }
}

extension LocalBackend {
    /// How long the server may take to notice the end of an instance, in milliseconds.
    private static let farewell: Int64 = 10_000

    /// Refuses a start that the database, or somebody on it, speaks against.
    func meet(
        _ facts: ImageFacts, _ database: any Database & StartingPlace, isFirst: Bool, _ clock: any Clock
    ) async throws(Fault) {
        let since = clock.now
        while true {
            let workloads = try store.state() == nil ? [] : try await observe().workloads
            let state = try await database.look()
            let ground = LocalGround(
                facts: facts, state: state, hasUsers: state.revision == nil ? try await database.hasUsers() : true,
                workloads: workloads, fits: state.revision.map { fitting($0) } ?? [])
            guard let objection = ground.objection(first: isFirst) else { return }
            guard ground.mayClear, clock.now < since.advanced(milliseconds: Self.farewell) else { throw objection }
            try await pass(since, [], clock)
        }
    }

    /// The versions whose migrations end at a revision: the group's own and those installed, by their own files, before
    /// those that are only known.
    func fitting(_ revision: String) -> [String] {
        let known = KnownRelease.withHead(revision).reversed().map { "\($0.number)" }
        let had: String?
        do throws(Fault) { had = try store.state()?.workloads[group.name]?.image } catch { had = nil }
        let installed = ([had].compactMap(\.self) + known).filter { version in
            do throws(Fault) { return try read(image: version).head == revision } catch { return false }
        }
        return installed + known.filter { !installed.contains($0) }
    }
}
