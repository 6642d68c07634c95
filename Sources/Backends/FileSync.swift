import Glibc
import UpgradeCore

/// Files that must survive a loss of power.
enum FileSync {
    /// Has a file's or a folder's content on the disk before it returns.
    @discardableResult
    static func sync(_ path: String) throws(Fault) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .fileNotWritten(path, errno: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .fileNotWritten(path, errno: errno) }
        return true
    }

    /// Writes a small file anew, for this user alone.
    static func write(_ text: String, to path: String) throws(Fault) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .fileNotWritten(path, errno: errno) }
        defer { close(descriptor) }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .fileNotWritten(path, errno: errno) }
            bytes = bytes.dropFirst(count)
        }
    }
}
