/// What a process sees before it asks for a change that another process, or an answer that was lost, may have asked for
/// already.
extension Upgrade {
    /// The reply to this change that follows from what is there, without asking for it; nil where it is to be asked for.
    ///
    /// The migrating instance is never asked for twice: between two askings it may end, and its database session work on.
    package func foreseen(_ change: Change, in deployment: Deployment, on database: DatabaseState) -> Reply? {
        let isStart = position == .at(.start)
        if let fault = schemaChanged(database.revision) { return .failed(fault: fault) }
        for workload in deployment.workloads {
            guard let desired = change[workload.name], desired.settings.replicas > 0 || isStart else { continue }
            for instance in workload.instances {
                let isRight = isStart ? desired.accepts(instance) : instance.image == desired.settings.image
                if !isRight, !instance.hasEnded, instance.state != .withdrawn {
                    return .failed(fault: .stranger(instance))
                }
                if isRight, instance.hasEnded, isStart { return .failed(fault: .endedMeanwhile(instance)) }
            }
        }
        let isThere = isStart && !deployment.living.isEmpty && lastChange == change
        return isThere && settings(change, in: deployment) ? .done : nil
    }

    /// What is started must find the schema that was judged, however long ago that was.
    private func schemaChanged(_ revision: String?) -> Fault? {
        guard let source, let target, case .at(let stage) = position else { return nil }
        let expected: [String] =
            switch stage {
            case .scaleDown, .startSource: [source.head]
            case .start: targetStarted ? [source.head, target.head] : [source.head]
            case .scaleUp, .replaceMigrator: [target.head]
            default: []
            }
        guard let first = expected.first, !expected.contains(where: { $0 == revision }) else { return nil }
        return .revisionChanged(revision, expected: first)
    }

    private func settings(_ change: Change, in deployment: Deployment) -> Bool {
        change.workloads.allSatisfy { desired in
            deployment.workloads.first { $0.name == desired.workload }?.settings == desired.settings
        }
    }
}

extension Fault {
    static func endedMeanwhile(_ instance: Instance) -> Fault {
        Fault(
            .conflict, "\(instance.id) was started and has ended by itself meanwhile.", why: instance.told,
            remedy: "the run waits for its database sessions to end and starts another")
    }
}
