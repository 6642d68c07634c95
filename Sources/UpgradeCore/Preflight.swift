/// What the first looks at a deployment say about an upgrade. Pure: it judges what was read.
package enum Preflight {
    /// What follows from everything that was read.
    package enum Answer: Equatable, Sendable {
        case refuse([Fault])
        case nothingToDo
        case proceed
    }

    /// The reasons not to start that the deployment and its database give.
    package static func refusals(_ inspection: Inspection) -> [Fault] {
        guard let main = inspection.deployment.main else { return [.noWorkload()] }
        var faults = inspection.findings.filter(\.refuses).map(\.fault)
        let living = inspection.deployment.started
        if main.started.isEmpty { faults.append(.nothingRuns(main.name)) }
        let tags = Set(living.map { ImageName($0.image).release?.version?.description ?? $0.image })
        if tags.count > 1 {
            faults.append(.mixedVersions(Array(Set(living.map(\.image))).sorted()))
        } else {
            let unwell = living.filter { if case .serving = $0.answer { $0.state != .running } else { true } }
            if !unwell.isEmpty { faults.append(.notServing(unwell.map { "\($0.id) \($0.told)" }.sorted())) }
        }
        let ids = Set(living.map(\.id))
        let strays = inspection.database.sessions.filter { $0.instance.map { !ids.contains($0) } ?? true }
        if !strays.isEmpty { faults.append(.strays(strays)) }
        faults += revisionFaults(inspection.database)
        return faults
    }

    private static func revisionFaults(_ database: DatabaseState) -> [Fault] {
        if database.revision != nil { return [] }
        return database.revisions.allSatisfy(\.rows.isEmpty) ? [.noRevision()] : [.manyRevisions(database.revisions)]
    }

    /// What the two images say, beside what was found before.
    package static func answer(
        _ inspection: Inspection, source: ImageFacts, target: ImageFacts, others: [ImageFacts] = [], plan: Plan
    ) -> Answer {
        guard !source.head.isEmpty else { return .refuse([.emptyChain(source)]) }
        guard !target.head.isEmpty else { return .refuse([.emptyChain(target)]) }
        guard let revision = inspection.database.revision else { return .refuse([.noRevision()]) }
        if let version = Release(plan.target)?.version, version.description != target.version {
            return .refuse([.notTheVersion(target, asked: version)])
        }
        let different = others.filter { $0.version != target.version || $0.head != target.head }
        guard different.isEmpty else { return .refuse(different.map { .otherThanTheTarget($0, target) }) }
        let aim = Aim(plan: plan, targets: [target] + others)
        if isAsAsked(inspection, version: target.version, head: target.head, aim) { return .nothingToDo }
        guard target.chain.contains(revision) else { return .refuse([.downgrade(revision, target)]) }
        guard revision == source.head else { return .refuse([.notAtSourceHead(revision, source)]) }
        if revision != target.head, plan.backup == .none(acknowledged: false) { return .refuse([.backupNotChosen()]) }
        return .proceed
    }

    private static func isAsAsked(_ inspection: Inspection, version: String, head: String, _ aim: Aim) -> Bool {
        // The first edition asked no companion.
        let workloads = inspection.deployment.workloads.filter { $0.role == .main || aim.plan.edition != nil }
        return inspection.database.revision == head && workloads.allSatisfy(aim.isReached)
            && inspection.deployment.started.allSatisfy { $0.serves(version) }
    }
}
