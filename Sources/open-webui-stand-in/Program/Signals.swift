import Glibc

/// Signals as bytes in a pipe, so that one `poll` waits for requests and for them.
///
/// A C signal function cannot hold anything, so the pipe's writing end has a number that is agreed beforehand.
enum Signals {
    private static let writingEnd: Int32 = 219

    /// Takes over the signals of a serving process, as uvicorn does; until then SIGTERM simply ends it.
    /// Returns the descriptor from which signal numbers are read.
    static func catchAll() throws(Failure) -> Int32 {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0, dup2(ends[1], writingEnd) == writingEnd else { throw .system("make a pipe") }
        close(ends[1])
        for descriptor in [ends[0], writingEnd] {
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        }
        for number in [SIGTERM, SIGINT, SIGCHLD] where !(number == SIGTERM && Trouble.ignoreTerm.isOrdered) {
            signal(number) { number in
                var byte = UInt8(truncatingIfNeeded: number)
                _ = Glibc.write(219, &byte, 1)
            }
        }
        return ends[0]
    }

    static func received(from descriptor: Int32) -> [Int32] {
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        return count > 0 ? bytes[..<count].map(Int32.init) : []
    }

    /// Ends this process by the signal itself, as Python and uvicorn do after a clean stop. The first process of a
    /// container cannot be ended so: there uvicorn returns, and Python exits with 0.
    static func endBy(_ number: Int32) -> Never {
        signal(number, SIG_DFL)
        kill(getpid(), number)
        if getpid() == 1 { exit(0) }
        while true { pause() }
    }
}
