import Glibc
import Synchronization
import UpgradeCore

/// The two streams of the process.
enum Stream {
    /// Why writing to standard output failed; 0 while it did not.
    private static let failure = Atomic<Int32>(0)

    /// Writes a piece of the result. After a piece that could not be written comes no other: a result with a hole in it
    /// would be taken for a whole one.
    static func out(_ text: String) {
        guard failure.load(ordering: .relaxed) == 0 else { return }
        let error = write(text, to: STDOUT_FILENO)
        if error != 0 { failure.store(error, ordering: .relaxed) }
    }

    /// Tells a person. Where that fails, nobody is there who could be told so.
    static func error(_ text: String) { _ = write(text, to: STDERR_FILENO) }

    /// Why not all of the result was written; nil for a reader that had enough of it and is gone.
    static var loss: Fault? {
        let error = failure.load(ordering: .relaxed)
        return error == 0 || error == EPIPE ? nil : .unwritten(error)
    }

    /// The error of the write; 0 where all was written.
    private static func write(_ text: String, to descriptor: Int32) -> Int32 {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count < 0 else {
                bytes = bytes.dropFirst(count)
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN: awaitRoom(descriptor)
            case let error: return error
            }
        }
        return 0
    }

    /// Waits until a stream that must not be waited for by writing takes more.
    private static func awaitRoom(_ descriptor: Int32) {
        var stream = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&stream, 1, -1)
    }
}
