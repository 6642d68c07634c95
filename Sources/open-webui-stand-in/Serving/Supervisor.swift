import Glibc

/// uvicorn's parent: starts the workers, replaces those that die, and ends with 0 when it is told to.
struct Supervisor {
    let listener: Listener
    let count: Int
    private let signals: Int32
    private let program: String

    /// Milliseconds before a dead worker is replaced, so that one that cannot live does not spin.
    private static let pauseBeforeReplacing: Int32 = 200

    init(listener: Listener, count: Int, installation: Installation) throws(Failure) {
        self.listener = listener
        self.count = count
        guard let program = System.link("/proc/self/exe") else { throw .system("find this program's own file") }
        self.program = program
        signals = try Signals.catchAll()
        setenv(WorkerOrders.variable, WorkerOrders(listener: listener.descriptor, parent: getpid()).text, 1)
    }

    /// Returns when every worker has ended.
    func run() {
        var workers: Set<pid_t> = []
        var stopping = false
        while !stopping || !workers.isEmpty {
            while !stopping && workers.count < count, let worker = start() { workers.insert(worker) }
            var waiting = pollfd(fd: signals, events: Int16(POLLIN), revents: 0)
            poll(&waiting, 1, -1)
            let received = Signals.received(from: signals)
            if received.contains(where: { $0 == SIGTERM || $0 == SIGINT }) {
                stopping = true
                for worker in workers { kill(worker, SIGTERM) }
            }
            let before = workers.count
            reap(&workers)
            // A signal to stop that comes in this pause is read in the next round.
            if workers.count < before && !stopping {
                var stop = pollfd(fd: signals, events: Int16(POLLIN), revents: 0)
                poll(&stop, 1, Self.pauseBeforeReplacing)
            }
        }
    }

    private func reap(_ workers: inout Set<pid_t>) {
        while true {
            let ended = waitpid(-1, nil, WNOHANG)
            guard ended > 0 else { return }
            workers.remove(ended)
            Log.uvicorn("Child process [\(ended)] died")
        }
    }

    private func start() -> pid_t? {
        var arguments = CommandLine.arguments.map { strdup($0) }
        defer { for argument in arguments { free(argument) } }
        arguments.append(nil)
        var worker: pid_t = 0
        guard posix_spawn(&worker, program, nil, nil, arguments, environ) == 0 else { return nil }
        return worker
    }
}
