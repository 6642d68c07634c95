/// One Open WebUI installation as its platform shows it at one moment.
package struct Deployment: Codable, Equatable, Sendable {
    package var workloads: [Workload]
    /// What would scale or revert a workload by itself: autoscalers, GitOps controllers.
    package var automation: [Automation]

    package init(workloads: [Workload], automation: [Automation] = []) {
        self.workloads = workloads
        self.automation = automation
    }

    /// The workload that is upgraded; the others are its companions.
    package var main: Workload? { workloads.first { $0.role == .main } }

    /// Every instance that has not ended, of every workload.
    package var living: [Instance] { workloads.flatMap(\.living) }
    /// Those of them of which a process may be there.
    package var started: [Instance] { workloads.flatMap(\.started) }
}

/// The thing that a platform scales.
package struct Workload: Codable, Equatable, Sendable {
    package enum Role: String, Codable, Sendable {
        case main
        /// Another workload that runs Open WebUI on the same database.
        case companion
    }

    package var name: String
    package var role: Role
    /// What the platform is asked to run.
    package var settings: Settings
    /// What the platform really runs.
    package var instances: [Instance]
    /// Whether the platform ends an instance that is not well in time, though it may still migrate, and can be told to
    /// wait. nil means no.
    package var endsUnwell: Bool?

    package init(
        name: String, role: Role, settings: Settings, instances: [Instance], endsUnwell: Bool? = nil
    ) {
        self.name = name
        self.role = role
        self.settings = settings
        self.instances = instances
        self.endsUnwell = endsUnwell
    }

    /// Its settings for the one instance that may migrate.
    func forMigrating(image: String) -> Settings {
        settings.forMigrating(image: image, grace: endsUnwell == true ? .forMigration : nil)
    }

    /// Its settings without the patience that a run that was given up has left: no run ends with that.
    var lastingSettings: Settings {
        var settings = settings
        settings.grace = nil
        return settings
    }

    package var living: [Instance] { instances.filter { !$0.hasEnded } }
    /// Those of them of which a process may be there.
    package var started: [Instance] { living.filter { $0.state != .withdrawn } }
}

/// The settings of a workload that an upgrade may change and must be able to put back.
package struct Settings: Codable, Hashable, Sendable {
    /// For how long a platform is told to let an instance be unwell that has never been well.
    package enum Grace: String, Codable, Sendable {
        /// For longer than any migration takes.
        case forMigration
    }

    package var image: String
    package var replicas: Int
    /// `UVICORN_WORKERS` as written; nil where it is not set.
    package var workers: String?
    /// `ENABLE_DB_MIGRATIONS` as written; nil where it is not set.
    package var migrations: String?
    /// nil where that is left as it is written.
    package var grace: Grace?

    package init(
        image: String, replicas: Int, workers: String? = nil, migrations: String? = nil, grace: Grace? = nil
    ) {
        self.image = image
        self.replicas = replicas
        self.workers = workers
        self.migrations = migrations
        self.grace = grace
    }

    /// Whether instances with these settings migrate; Open WebUI takes only `true`, in any case, for yes.
    package var migrates: Bool { migrations.map { $0.lowercased() == "true" } ?? true }

    /// The same settings for the one instance that may migrate: one worker, migrations on, and time for them where the
    /// platform has to be told to give it.
    ///
    /// A setting that is not set stays so where its default is already right.
    package func forMigrating(image: String, grace: Grace? = nil) -> Settings {
        Settings(
            image: image, replicas: 1, workers: workers == nil ? nil : "1", migrations: migrates ? migrations : "true",
            grace: grace)
    }

    /// The same settings with another image and another number of replicas.
    package func with(image: String? = nil, replicas: Int? = nil) -> Settings {
        var copy = self
        copy.image = image ?? self.image
        copy.replicas = replicas ?? self.replicas
        return copy
    }
}

/// One running container, pod or process group of the application.
package struct Instance: Codable, Equatable, Sendable {
    package enum State: Codable, Equatable, Sendable {
        /// Told to run; its port may still be closed.
        case running
        /// Told to end, and still there.
        case stopping
        /// Told to go, and no process of it is known: nothing of it was started, or all has ended. Its platform still holds
        /// it, and may start one for it beside the one that it is asked for.
        case withdrawn
        /// Every process of it is gone.
        case ended(exit: String)
    }

    /// What the application answers when it is asked.
    package enum Answer: Codable, Equatable, Sendable {
        /// Its port is closed.
        case none
        /// The port is open, but the answer is not that of a healthy instance.
        case unwell(reason: String)
        /// `/health`, and `/ready` where the version has it, say yes; `version` is what `/api/version` says.
        case serving(version: String)
    }

    package var id: String
    package var image: String
    /// The number of the write that made it, where this tool's runs made it.
    package var generation: Generation?
    package var state: State
    package var answer: Answer
    /// How often the platform has started it again by itself.
    package var restarts: Int
    /// The newest log line about migrations.
    package var migrationLog: String?
    /// How it ended before its platform started it again, as the platform says it.
    package var lastEnd: String?

    package init(
        id: String, image: String, generation: Generation? = nil, state: State = .running, answer: Answer = .none,
        restarts: Int = 0, migrationLog: String? = nil, lastEnd: String? = nil
    ) {
        self.id = id
        self.image = image
        self.generation = generation
        self.state = state
        self.answer = answer
        self.restarts = restarts
        self.migrationLog = migrationLog
        self.lastEnd = lastEnd
    }

    package var hasEnded: Bool {
        if case .ended = state { true } else { false }
    }

    /// How it ended, or how often its platform has started it again and after what.
    package var end: String {
        if case .ended(let exit) = state { return exit }
        return "restarted \(restarts) times" + (lastEnd.map { ", the last time after: \($0)" } ?? "")
    }

    /// Whether it serves as that version.
    package func serves(_ version: String) -> Bool { state == .running && answer == .serving(version: version) }
}

/// Which write of which run an instance came from. It is journaled before the instance exists, and carried by it.
package struct Generation: Codable, Hashable, Sendable, CustomStringConvertible {
    package let run: String
    package let number: Int

    package init(run: String, number: Int) {
        self.run = run
        self.number = number
    }

    package var description: String { "\(run).\(number)" }

    /// Reads what `description` writes.
    package init?(_ text: String) {
        guard let dot = text.lastIndex(of: "."), let number = Int(text[text.index(after: dot)...]) else { return nil }
        self.init(run: String(text[..<dot]), number: number)
    }
}

/// Something that would scale or revert a workload by itself.
package struct Automation: Codable, Hashable, Sendable {
    package var name: String
    package var isActive: Bool
    /// What the platform needs to put it back as it was; opaque to the core.
    package var record: String

    package init(name: String, isActive: Bool, record: String = "") {
        self.name = name
        self.isActive = isActive
        self.record = record
    }
}
