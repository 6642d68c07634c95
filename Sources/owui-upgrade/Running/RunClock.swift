import Backends
import Glibc
import Synchronization
import UpgradeCore

/// Time as the kernel counts it since boot, and the signals that ask this process to end.
///
/// The first SIGINT, SIGTERM or SIGHUP asks; a second SIGINT ends the process at once, which is as safe as a kill.
final class RunClock: Clock {
    /// Whoever hears that something has changed rings it, and a wait is over.
    let bell = Bell()
    /// The first signal; one for the process, as signals are.
    private static let received = Atomic<Int32>(0)

    /// Takes over the process's signals.
    ///
    /// By handlers, and not by blocking them for a thread that waits: the main thread of a program with an asynchronous
    /// `main` ends up in libdispatch, which waits for signals there with none of them blocked.
    init() {
        RunClock.received.store(0, ordering: .relaxed)
        // What the handler reads is made before it can run.
        Terminal.clearInHandler()
        for number in [SIGINT, SIGTERM, SIGHUP] where !RunClock.isIgnored(number) {
            Glibc.signal(number) { number in
                let isFirst = RunClock.received.compareExchange(expected: 0, desired: number, ordering: .relaxed)
                    .exchanged
                guard !isFirst, number == SIGINT else { return }
                Terminal.clearInHandler()
                _exit(128 + SIGINT)
            }
        }
        // A file that reaches its limit is then an error of the write, which says so, and not the end of the process.
        Glibc.signal(SIGXFSZ, SIG_IGN)
    }

    /// Whether whoever started this process wants it to go on after the signal, as `nohup` does.
    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    var now: Moment {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Moment(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    var interruption: String? {
        switch RunClock.received.load(ordering: .relaxed) {
        case 0: nil
        case SIGINT: "SIGINT"
        case SIGTERM: "SIGTERM"
        default: "SIGHUP"
        }
    }

    /// What makes work end that does not ask for signals itself.
    var heed: Heed { Heed { self.interruption != nil } }

    /// Waits in short pieces, so that a signal is seen within a tenth of a second.
    func wait(until moment: Moment) async {
        let left = moment.milliseconds - now.milliseconds
        guard left > 0, interruption == nil else { return }
        await bell.wait(.milliseconds(min(left, 100)))
    }
}

/// The wall clock, for people only.
enum WallClock {
    /// Now, as RFC 3339 in UTC with seconds.
    static var text: String { format("%Y-%m-%dT%H:%M:%SZ") }

    /// Now in the form that sorts and that names may hold.
    static var compact: String { format("%Y%m%d-%H%M%S") }

    /// A moment of a simulated run, as if the world had begun with it.
    static func text(simulated moment: Moment) -> String {
        format("%Y-%m-%dT%H:%M:%SZ", at: time_t(moment.milliseconds / 1000))
    }

    private static func format(_ pattern: String, at moment: time_t = time(nil)) -> String {
        var seconds = moment
        var parts = tm()
        gmtime_r(&seconds, &parts)
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
            guard let base = buffer.baseAddress, strftime(base, 64, pattern, &parts) > 0 else { return "" }
            return String(cString: base)
        }
    }
}
