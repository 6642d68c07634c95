import ArgumentParser
import Backends
import JournalFile
import UpgradeCore

struct LocalCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "local", abstract: "Start, stop and show a group of instances on this machine.",
        subcommands: [Up.self, Down.self, Show.self])

    struct Up: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "up", abstract: "Start the group, and return when every instance serves.",
            discussion: """
                The first instance starts alone, because it makes the schema of an empty database. A schema that the \
                version would have to migrate is refused: that is an upgrade.
                """)

        @Option(help: "The version to start; without it, the one that the group had.")
        var version: String?

        @Option(help: "How many instances; without it, as many as the group had.")
        var replicas: Int?

        @OptionGroup var deployment: DeploymentOptions

        func validate() throws {
            if let replicas, replicas < 1 { throw ValidationError("--replicas must be at least 1") }
        }

        func run() async throws {
            try await deployment.opened { opened in
                guard let database = opened.site.database as? any Database & StartingPlace else {
                    throw Fault.noWayThere()
                }
                try await opened.site.locked("local-up") { (group, owner) throws(Fault) in
                    try await group.up(
                        version: version, replicas: replicas, owner: owner, database: database, clock: opened.clock)
                }
                try await Show.print(opened.site, as: deployment.output)
                return .asAsked
            }
        }
    }

    struct Down: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "down", abstract: "Stop every instance of the group, and return when all have ended.")

        @OptionGroup var deployment: DeploymentOptions

        func run() async throws {
            try await deployment.opened { opened in
                try await opened.site.locked("local-down") { (group, owner) throws(Fault) in
                    try await group.down(owner: owner, clock: opened.clock)
                }
                return .asAsked
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "ps", abstract: "Show the group's instances.")

        @OptionGroup var deployment: DeploymentOptions

        func run() async throws {
            try await deployment.opened { opened in
                try await Show.print(opened.site, as: deployment.output)
                return .asAsked
            }
        }

        static func print(_ site: Site, as output: OutputForm) async throws(Fault) {
            let deployment = try await site.backend.observe()
            if output == .json { return JSONText.line(deployment) }
            for workload in deployment.workloads {
                for instance in workload.living {
                    Stream.out("\(workload.name.padded(to: 16))  \(instance.id.padded(to: 36))  \(instance.told)\n")
                }
                if workload.living.isEmpty {
                    Stream.out("\(workload.name.padded(to: 16))  no instance of \(workload.settings.image) runs\n")
                }
            }
        }
    }
}

extension Site {
    /// Changes a local group outside of an upgrade, under the lock that upgrades take; `owner` is the unfinished run
    /// that the group belongs to.
    func locked(
        _ purpose: String, _ work: (LocalBackend, String?) async throws(Fault) -> Void
    ) async throws(Fault) {
        let newest = try await runs.newest()
        let lock = try await store.lock(
            LockClaim(run: purpose, user: User.name, since: WallClock.text), patience: .oneLease)
        let keeper = Task { try await Conduct.keep(lock) }
        defer { keeper.cancel() }
        let owner = newest.flatMap { $0.upgrade.isUnfinished ? $0.id : nil }
        do throws(Fault) {
            guard let group = try held(by: lock).backend as? LocalBackend else { throw .noWayThere() }
            try await work(group, owner)
        } catch {
            try await lock.release()
            throw error
        }
        try await lock.release()
    }
}

extension Fault {
    static func noWayThere() -> Fault {
        Fault(.refused, "This deployment is no local group.", remedy: "use its platform's own commands")
    }
}
