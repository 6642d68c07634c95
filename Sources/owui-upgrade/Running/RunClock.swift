import Glibc
import Synchronization
import UpgradeCore

/// Time as the kernel counts it since boot, and the signals that ask this process to end.
///
/// The first SIGINT, SIGTERM or SIGHUP asks; a second SIGINT ends the process at once, which is as safe as a kill.
final class RunClock: Clock {
    private let signal = Atomic<Int32>(0)

    /// Takes over the process's signals. Call it before any other thread is made: threads inherit what is blocked.
    init() {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, number) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        Glibc.signal(SIGPIPE, SIG_IGN)
        var thread = pthread_t()
        let clock = Unmanaged.passRetained(self)
        pthread_create(
            &thread, nil,
            { pointer in
                guard let pointer else { return nil }
                Unmanaged<RunClock>.fromOpaque(pointer).takeUnretainedValue().listen()
                return nil
            }, clock.toOpaque())
        pthread_detach(thread)
    }

    private func listen() {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, number) }
        while true {
            var number: Int32 = 0
            guard sigwait(&signals, &number) == 0 else { continue }
            let first = signal.compareExchange(expected: 0, desired: number, ordering: .relaxed).exchanged
            if !first, number == SIGINT { _exit(128 + SIGINT) }
        }
    }

    var now: Moment {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Moment(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    var interruption: String? {
        switch signal.load(ordering: .relaxed) {
        case 0: nil
        case SIGINT: "SIGINT"
        case SIGTERM: "SIGTERM"
        default: "SIGHUP"
        }
    }

    /// Sleeps in short pieces, so that a signal is seen within a tenth of a second.
    func wait(until moment: Moment) async {
        let left = moment.milliseconds - now.milliseconds
        guard left > 0, interruption == nil else { return }
        do { try await Task.sleep(for: .milliseconds(min(left, 100))) } catch { return }
    }
}

/// The wall clock, for people only.
enum WallClock {
    /// Now, as RFC 3339 in UTC with seconds.
    static var text: String { format("%Y-%m-%dT%H:%M:%SZ") }

    /// Now in the form that sorts and that names may hold.
    static var compact: String { format("%Y%m%d-%H%M%S") }

    private static func format(_ pattern: String) -> String {
        var seconds = time(nil)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
            guard let base = buffer.baseAddress, strftime(base, 64, pattern, &parts) > 0 else { return "" }
            return String(cString: base)
        }
    }
}
