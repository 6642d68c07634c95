package import UpgradeCore

/// The deployment of one simulated run, and the plan that it is asked for.
package struct Setup: Equatable, Sendable {
    /// How the target's migrations stand to the database.
    package enum Relation: String, CaseIterable, Sendable {
        /// The target adds a migration.
        case migrates
        /// Both versions end at the same head.
        case sameHead
        /// The target does not know the database's revision.
        case older
        /// The target runs already.
        case already
    }

    /// Something that a look before the run must refuse.
    package enum Obstacle: String, CaseIterable, Sendable {
        case stray, twoRows, noRows, unwell, nothingRuns, mixed, unreadHead, otherVersion, otherCompanion, finding
        case prediction, noBackup
    }

    package var plan: Plan
    package var sourceImage: String
    /// The name of the target's image; its tag may be moved while a run lasts.
    package var targetName: String
    /// The image that the companion runs, where it is another variant of the same release.
    package var companionImage: String?
    package var sourceVersion = "0.6.43"
    package var targetVersion = "0.12.4"
    package var relation = Relation.migrates
    package var obstacle: Obstacle?
    package var replicas = 3
    package var workers: String?
    package var migrations: String?
    /// How many instances the companion has; nil where there is none.
    package var companions: Int?
    package var hasAutoscaler = false
    /// Whether the platform starts an instance again that ended by itself.
    package var platformRestarts = false
    /// Whether the platform ends an instance that is unwell for as long as a migration takes: one that starts instances
    /// again does.
    var endsUnwell: Bool { platformRestarts }
    /// Whether the platform may make an instance too many, and take it back before it is started.
    var takesBack: Bool { platformRestarts }

    package init(plan: Plan, image: String = "0.6.43") {
        self.plan = plan
        sourceImage = image
        targetName = Setup.name(of: plan, for: image)
        if let version = Release(plan.target)?.version { targetVersion = version.description }
    }

    private static func name(of plan: Plan, for image: String) -> String {
        Release(plan.target).map { ImageName(image).at($0).description } ?? plan.target
    }

    /// What runs as the target in place of this image of the source: what its name meant when it was read.
    func targetImage(for image: String) -> String { pinned(Setup.name(of: plan, for: image)) }

    /// The exact name of an image; one of this machine is exact by itself.
    func pinned(_ name: String) -> String {
        name.contains("/") ? "\(name)@sha256:\(String(repeating: "5", count: 64))" : name
    }

    var targetImage: String { pinned(targetName) }

    func isSource(_ image: String) -> Bool { image == sourceImage || image == companionImage }

    func isTarget(_ image: String) -> Bool {
        image == targetImage || companionImage.map { image == targetImage(for: $0) } ?? false
    }

    /// The deadlines of simulated runs, in seconds: short, because simulated instances are quick.
    package static var deadlines: Deadlines { Deadlines(stop: 40, migration: 45, healthy: 45, database: 25) }

    /// Every variant of plan and deployment that the procedure treats differently.
    package static var variants: [Setup] {
        var all: [Setup] = []
        for strategy in Plan.Strategy.allCases {
            for replicas in 1...4 {
                for workers in [nil, "1", "4"] {
                    for migrations in [nil, "true", "false"] {
                        for companions in [nil, 2] {
                            for relation in [Relation.migrates, .sameHead] {
                                var setup = Setup(
                                    plan: Plan(
                                        target: "0.12.4", strategy: strategy, backup: .none(acknowledged: true),
                                        deadlines: deadlines))
                                setup.replicas = replicas
                                setup.workers = workers
                                setup.migrations = migrations
                                setup.companions = companions
                                setup.relation = relation
                                all.append(setup)
                            }
                        }
                    }
                }
            }
        }
        return all
    }

    static func random(_ dice: inout SplitMix64) -> Setup {
        let backups: [Plan.Backup] = [
            .none(acknowledged: true), .pgDump(folder: "backups"), .pgDump(folder: "backups"),
            .command(make: "make", restore: "restore"),
        ]
        var plan = Plan(
            target: "0.12.4", strategy: dice.pick(Plan.Strategy.allCases), backup: dice.pick(backups),
            deadlines: deadlines)
        if dice.chance(15) { plan.replicas = 1 + dice.below(4) }
        var setup = Setup(plan: plan, image: dice.chance(80) ? "0.6.43" : "ghcr.io/open-webui/open-webui:v0.6.43-cuda")
        setup.replicas = 1 + dice.below(4)
        setup.workers = dice.pick([nil, "1", "4"])
        setup.migrations = dice.pick([nil, "true", "false"])
        setup.companions = dice.chance(30) ? 1 + dice.below(2) : nil
        if setup.sourceImage.contains("/"), dice.chance(50) { setup.diversify() }
        setup.hasAutoscaler = dice.chance(30)
        setup.platformRestarts = dice.chance(30)
        let shape = dice.below(100)
        if shape < 12 {
            setup.relation = .sameHead
        } else if shape < 14 {
            setup.relation = .older
        } else if shape < 16 {
            setup.relation = .already
        } else if shape < 22 {
            setup.obstacle = dice.pick(Obstacle.allCases)
            if setup.obstacle == .otherCompanion {
                setup.companions = 1
                setup.diversify()
            }
            if setup.obstacle == .noBackup { setup.plan.backup = .none(acknowledged: false) }
        }
        return setup
    }

    /// The companion runs another variant than the main workload.
    private mutating func diversify() {
        companionImage = sourceImage.contains("/") ? "ghcr.io/open-webui/open-webui:v0.6.43-slim" : "0.6.43-slim"
    }

    // What the images and the database hold

    var sourceChain: [String] {
        switch relation {
        case .migrates, .sameHead: ["a", "b"]
        case .older: ["a", "b", "c"]
        case .already: targetChain
        }
    }

    var targetChain: [String] {
        switch relation {
        case .migrates, .already: obstacle == .unreadHead ? [] : ["a", "b", "c", "d"]
        case .sameHead, .older: ["a", "b"]
        }
    }

    var sourceHead: String { sourceChain[sourceChain.count - 1] }
    var targetHead: String { targetChain.last ?? "" }

    /// How a run of it ends that nothing disturbs.
    var undisturbedEnd: EndState {
        if obstacle != nil || relation == .older { return .refused }
        if relation == .migrates, plan.backup == .none(acknowledged: false) { return .refused }
        let isAsAsked = relation == .already && (plan.replicas ?? replicas) == replicas
        return isAsAsked ? .alreadyUpgraded : .upgraded
    }

    /// The settings of the main workload and of its companion before the run.
    var baseline: [Settings] {
        let image = relation == .already ? targetImage : sourceImage
        let main = Settings(image: image, replicas: replicas, workers: workers, migrations: migrations)
        guard let companions else { return [main] }
        let other = companionImage.map { relation == .already ? targetImage(for: $0) : $0 }
        return [main, Settings(image: other ?? image, replicas: companions, workers: nil, migrations: "false")]
    }
}
