import Glibc
import UpgradeCore

/// What the file system says of an open file.
struct FileStatus: Sendable {
    let size: Int
    let isRegular: Bool
    /// False once its last name was removed: nobody will ever read what is written to it.
    let hasName: Bool
}

extension Disk {
    func status(_ file: borrowing OpenFile) throws(Fault) -> FileStatus {
        let descriptor = file.descriptor
        var status = stat()
        _ = try make(.open(file.path), asked: true) { Int(fstat(descriptor, &status)) }
        return FileStatus(
            size: Int(status.st_size), isRegular: status.st_mode & S_IFMT == S_IFREG, hasName: status.st_nlink > 0)
    }

    /// Waits for the file's lock, which the kernel frees when the process ends.
    func lock(_ file: borrowing OpenFile) throws(Fault) {
        let descriptor = file.descriptor
        _ = try make(.open(file.path), asked: true) { Int(flock(descriptor, LOCK_EX)) }
    }

    /// False when another process has the file's lock at this moment.
    func tryLock(_ file: borrowing OpenFile) throws(Fault) -> Bool {
        let descriptor = file.descriptor
        let taken = try make(.open(file.path), asked: true) {
            flock(descriptor, LOCK_EX | LOCK_NB) == 0 ? 1 : errno == EWOULDBLOCK ? 0 : -1
        }
        return taken == 1
    }

    func unlock(_ file: borrowing OpenFile) {
        _ = flock(file.descriptor, LOCK_UN)
    }

    /// The whole of a file, or nothing if there is none.
    func contents(of path: String) throws(Fault) -> [UInt8]? {
        do {
            return try read(open(path))
        } catch  where error.kind == .missing {
            return nil
        }
    }

    /// The names in a folder without the two that every folder has, in no order.
    func names(in path: String) throws(Fault) -> [String] {
        var names: [String] = []
        var stream: OpaquePointer?
        _ = try make(.list(path)) {
            stream = opendir(path)
            return stream == nil ? -1 : 0
        }
        guard let stream else { return [] }
        defer { closedir(stream) }
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw .disk(.list(path), errno) }
                return names.filter { $0 != "." && $0 != ".." }
            }
            names.append(
                withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
        }
    }
}
