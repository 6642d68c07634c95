/// The desired states that the procedure asks for. They follow from what the run knows; asking twice is asking once.
struct Blueprint: Sendable {
    /// The workloads as they were before the run.
    let baseline: [Workload]
    let aim: Aim
    /// What instances carry that are started now.
    let generation: Generation
    /// What the instance carries that migrates.
    let migrator: Generation?
    /// What the others carry.
    let fleets: [Generation]
    let lastChange: Change?

    private func change(_ desired: (Workload) -> (Settings, Generation, [Generation]?)) -> Change {
        Change(
            workloads: baseline.map { workload in
                let (settings, naming, accepts) = desired(workload)
                return Change.Desired(workload: workload.name, settings: settings, naming: naming, accepts: accepts)
            })
    }

    /// One old instance, and no companion.
    var scaledDown: Change {
        change { ($0.settings.with(replicas: $0.role == .main ? min(1, $0.settings.replicas) : 0), generation, nil) }
    }

    /// No instance at all.
    var stopped: Change {
        change { workload in
            let last = lastChange?[workload.name]?.settings ?? workload.settings
            return (last.with(replicas: 0), generation, [])
        }
    }

    /// One instance of the target that may migrate.
    var migrating: Change {
        change { workload in
            guard workload.role == .main else { return (workload.settings.with(replicas: 0), generation, []) }
            let image = aim.image(for: workload.settings.image)
            return (workload.forMigrating(image: image), generation, [generation])
        }
    }

    /// Every instance of the target, with or without the one that has migrated.
    func scaledUp(keepsMigrator: Bool) -> Change {
        let naming = fleets.last ?? generation
        return change { workload in
            let kept = keepsMigrator && workload.role == .main ? [migrator].compactMap(\.self) : []
            return (aim.settings(of: workload), naming, kept + fleets.filter { !kept.contains($0) })
        }
    }

    /// Everything as it was. A source that goes by a moving tag and is started anew is named by what was read of it, lest
    /// the tag lead elsewhere by now.
    func asBefore(startingAnew source: ImageFacts?) -> Change {
        change { workload in
            let image = workload.settings.image
            guard let source, source.image == image, ImageName(image).release?.version == nil else {
                return (workload.lastingSettings, generation, nil)
            }
            return (workload.lastingSettings.with(image: source.pinned ?? image), generation, nil)
        }
    }

    /// Whether the migrating instance already has the settings that it is to end with.
    var migratorIsFinal: Bool {
        guard let main = baseline.first(where: { $0.role == .main }) else { return true }
        let settings = aim.settings(of: main)
        return main.forMigrating(image: settings.image) == settings.with(replicas: 1)
    }
}
