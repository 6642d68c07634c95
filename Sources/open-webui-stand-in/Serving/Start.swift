import Glibc

/// One process of Open WebUI from its first instruction to its last.
struct Start {
    let installation: Installation
    let options: ServeOptions
    let worker: WorkerOrders?
    let witness: WitnessSession?

    private var version: Version { installation.version }

    init(_ arguments: [String], program: String) throws(Failure) {
        installation = try Installation.find(startedAs: program)
        setenv("OPEN_WEBUI_STAND_IN_VERSION", "\(installation.version)", 1)
        signal(SIGPIPE, SIG_IGN)
        if Trouble.ignoreTerm.isOrdered { signal(SIGTERM, SIG_IGN) }
        worker = WorkerOrders.received
        if let worker { System.endWithParent(worker.parent) }
        options = try ServeOptions(arguments, version: installation.version, environment: System.setting)
        witness = try WitnessSession.open(
            for: installation, role: Self.role(worker, options), arguments: [program, "serve"] + arguments)
    }

    private static func role(_ worker: WorkerOrders?, _ options: ServeOptions) -> Life.Role {
        if worker != nil { return .worker }
        guard options.workers > 1 else { return .alone }
        return options.manner == .pip ? .importingParent : .parent
    }

    /// Runs to the end; the process never comes back from it.
    func run() -> Never {
        do throws(StartFailure) {
            if let code = Trouble.exitAtOnce.take() { throw StartFailure(exit: Int32(code) ?? 1, lines: "") }
            if let megabytes = Trouble.eatMemory.take().flatMap(Int.init) { System.eat(megabytes: megabytes) }
            if worker == nil && options.workers > 1 { try superviseWorkers() }
            try serve()
        } catch {
            if !error.lines.isEmpty { Log.traceback(error.lines) }
            witness?.mark("ended")
            exit(error.exit)
        }
    }

    private func superviseWorkers() throws(StartFailure) -> Never {
        // The session stays open: a parent that imported the program keeps its engine's connection.
        let program = options.manner == .pip ? try imported() : nil
        let listener = try Listener(host: options.host, port: options.port)
        Log.uvicorn("Uvicorn running on http://\(options.host):\(listener.port) (Press CTRL+C to quit)")
        Log.uvicorn("Started parent process [\(getpid())]")
        let supervisor = try asStart { () throws(Failure) in
            try Supervisor(listener: listener, count: options.workers, installation: installation)
        }
        supervisor.run()
        withExtendedLifetime(program) { witness?.mark("ended") }
        exit(0)
    }

    private func serve() throws(StartFailure) -> Never {
        let program = try imported()
        let application = Application(version: version, session: program.session, key: try secretKey())
        Log.uvicorn("Started server process [\(getpid())]")
        Log.uvicorn("Waiting for application startup.")
        if !program.startsAnyway { try lifespan(program.session) }
        if let seconds = Trouble.slowStart.take().flatMap(Double.init) { System.sleep(seconds: seconds) }
        let signals = try asStart { () throws(Failure) in try Signals.catchAll() }
        let listener = try listener()
        listener.open()
        witness?.mark("opened")
        Log.uvicorn("Application startup complete.")
        if worker == nil {
            Log.uvicorn("Uvicorn running on http://\(options.host):\(listener.port) (Press CTRL+C to quit)")
        }
        stop(by: Server(listener: listener, signals: signals, application: application).run(), listener)
    }

    private func listener() throws(StartFailure) -> Listener {
        if let worker { return Listener(inherited: worker.listener) }
        return try Listener(host: options.host, port: options.port)
    }

    private func stop(by number: Int32, _ listener: Listener) -> Never {
        close(listener.descriptor)
        witness?.mark("stopping")
        Log.uvicorn("Shutting down")
        if let seconds = Trouble.slowStop.take().flatMap(Double.init) { System.sleep(seconds: seconds) }
        Log.uvicorn("Finished server process [\(getpid())]")
        witness?.mark("ended")
        Signals.endBy(number)
    }

    /// What importing the program leaves behind.
    private struct Program {
        let session: Session
        /// A failed migration was swallowed by order, and the schema is not looked at.
        let startsAnyway: Bool
    }

    /// `import open_webui.main`: the database is reached and migrated here, before any port is opened.
    private func imported() throws(StartFailure) -> Program {
        _ = try secretKey()
        let settings = try DatabaseSettings(for: version)
        let session = try connect(settings)
        try asStart { () throws(Failure) in try witness?.look(at: session) }
        if let schema = settings.schema { try Schema(name: schema).enter(session) }
        if version <= "0.9.5" {
            try imported { () throws(DatabaseFailure) in try Peewee(session: session).run() }
        }
        var startsAnyway = false
        if Self.migrates(version) {
            startsAnyway = try Migrator(session: session, installation: installation, witness: witness).run()
        }
        if !startsAnyway {
            for query in Queries(version: version).whileImported {
                try imported { () throws(DatabaseFailure) in try session.run(query) }
            }
        }
        if let folder = System.setting("DATA_DIR") { mkdir(folder, 0o755) }
        return Program(session: session, startsAnyway: startsAnyway)
    }

    /// ENABLE_DB_MIGRATIONS exists from 0.7.0; only "true" in any case is true.
    static func migrates(_ version: Version) -> Bool {
        version < "0.7.0" || (System.environment("ENABLE_DB_MIGRATIONS") ?? "true").lowercased() == "true"
    }

    private func connect(_ settings: DatabaseSettings) throws(StartFailure) -> Session {
        do throws(DatabaseFailure) {
            return try Session(settings.keywords)
        } catch {
            guard version > "0.9.5" else {
                Log.error(
                    "open_webui.internal.db", "Failed to initialize the database connection: \(error.message)")
                throw StartFailure(
                    exit: 1, lines: "UnboundLocalError: cannot access local variable 'db' where it is not associated")
            }
            Log.error("open_webui.env", "Error running migrations: (psycopg2.OperationalError) \(error.message)")
            throw StartFailure(exit: 1, lines: "psycopg2.OperationalError: \(error.message)")
        }
    }

    private func lifespan(_ session: Session) throws(StartFailure) {
        for query in Queries(version: version).inLifespan {
            do throws(DatabaseFailure) { try session.run(query) } catch {
                Log.traceback(error.description)
                throw StartFailure(exit: 3, lines: "ERROR:    Application startup failed. Exiting.")
            }
        }
    }

    private func secretKey() throws(StartFailure) -> String {
        if let key = System.setting("WEBUI_SECRET_KEY") { return key }
        guard version >= "0.9.6", System.setting("WEBUI_AUTH")?.lowercased() != "false" else { return "t0p-s3cr3t" }
        throw StartFailure(
            exit: 1,
            lines: """
                ValueError: WEBUI_SECRET_KEY is not set. It is a hard requirement to set it when authentication is on.
                """)
    }

    private func imported(_ work: () throws(DatabaseFailure) -> Void) throws(StartFailure) {
        do { try work() } catch { throw StartFailure(exit: 1, lines: error.description) }
    }

    private func asStart<Value>(_ work: () throws(Failure) -> Value) throws(StartFailure) -> Value {
        do { return try work() } catch { throw StartFailure(exit: 70, lines: "\(error)") }
    }
}
