#if KILL_POINTS
    import Backends
    import Glibc
    import Synchronization
    import UpgradeCore

    /// Places at which a debug build ends itself, so that tests can kill it at every one of them. A release build has none.
    ///
    /// `OWUI_UPGRADE_TRACE` names a file to which every point that is passed is written, a line each, and
    /// `OWUI_UPGRADE_KILL_AT` such a line, or its number from 1, at which the process sends itself SIGKILL. A line is the
    /// point's name and how often it has been passed: what is noticed meanwhile does not change it, but does the number.
    /// At `OWUI_UPGRADE_STOP_AT` it sends itself SIGSTOP instead, and stands still until somebody lets it go on.
    enum KillPoints {
        private static let passed = Mutex<(all: Int, named: [String: Int])>((0, [:]))
        private static let killAt = getenv("OWUI_UPGRADE_KILL_AT").map { String(cString: $0) }
        private static let stopAt = getenv("OWUI_UPGRADE_STOP_AT").map { String(cString: $0) }
        private static let trace = getenv("OWUI_UPGRADE_TRACE").map {
            open($0, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        }

        static func pass(_ name: String) {
            let (number, times) = passed.withLock { passed in
                passed.all += 1
                passed.named[name, default: 0] += 1
                return (passed.all, passed.named[name, default: 0])
            }
            let point = "\(name) #\(times)"
            if let trace {
                let line = Array("\(point)\n".utf8)
                _ = write(trace, line, line.count)
            }
            if killAt == point || killAt == String(number) { kill(getpid(), SIGKILL) }
            // To this very thread: a signal to the process may reach another thread first, and this one would go on.
            if stopAt == point || stopAt == String(number) { raise(SIGSTOP) }
        }
    }

    extension LocalBackend.Point {
        /// What every run calls it alike.
        var label: String {
            switch self {
            case .stateWritten: "state written"
            case .identityWritten: "identity written"
            case .spawned: "spawned"
            case .told: "told"
            }
        }
    }

    extension ComposeBackend.Point {
        /// What every run calls it alike: no ids are in it.
        var label: String {
            switch self {
            case .stateWritten: "state written"
            case .told: "told"
            case .removed: "removed"
            case .guarded: "guarded"
            case .released: "released"
            case .versionWritten: "version written"
            case .called: "called"
            case .settled: "settled"
            }
        }
    }

    extension SwarmBackend.Point {
        /// What every run calls it alike: no ids are in it.
        var label: String {
            switch self {
            case .written: "written"
            }
        }
    }

    /// A backend with a kill point before and after each of its effects.
    struct KillableBackend: Backend {
        let backend: any Backend

        func observe() async throws(Fault) -> Deployment { try await backend.observe() }
        func findings(for plan: Plan) async throws(Fault) -> [Finding] { try await backend.findings(for: plan) }
        func read(image: String) async throws(Fault) -> ImageFacts { try await backend.read(image: image) }
        func read(images: [String]) async throws(Fault) -> [ImageFacts] { try await backend.read(images: images) }

        func apply(_ change: Change) async throws(Fault) {
            KillPoints.pass("before apply")
            try await backend.apply(change)
            KillPoints.pass("after apply")
        }

        func setAutomation(paused: Bool, _ known: [Automation]) async throws(Fault) -> [Automation] {
            KillPoints.pass("before setAutomation")
            defer { KillPoints.pass("after setAutomation") }
            return try await backend.setAutomation(paused: paused, known)
        }

        func saveEvidence(of run: String) async throws(Fault) -> [String] {
            KillPoints.pass("before saveEvidence")
            defer { KillPoints.pass("after saveEvidence") }
            return try await backend.saveEvidence(of: run)
        }
    }

    /// A database with a kill point before and after each of its effects.
    struct KillableDatabase: Database {
        let database: any Database

        func look() async throws(Fault) -> DatabaseState { try await database.look() }
        func check(
            pending: [String], from source: String, to target: String
        ) async throws(Fault) -> [Finding] {
            try await database.check(pending: pending, from: source, to: target)
        }

        func checkRestore(_ backup: BackupRecord, _ plan: Plan.Backup) async throws(Fault) {
            try await database.checkRestore(backup, plan)
        }

        func backUp(_ backup: Plan.Backup, of run: String) async throws(Fault) -> BackupRecord {
            KillPoints.pass("before backUp")
            defer { KillPoints.pass("after backUp") }
            return try await database.backUp(backup, of: run)
        }

        func restore(_ backup: BackupRecord, _ plan: Plan.Backup) async throws(Fault) {
            KillPoints.pass("before restore")
            defer { KillPoints.pass("after restore") }
            try await database.restore(backup, plan)
        }
    }
#endif
