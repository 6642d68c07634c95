import Glibc
import UpgradeCore

/// A descriptor that is closed with its owner.
struct OpenFile: ~Copyable, Sendable {
    let descriptor: Int32
    /// Under this name faults speak of it.
    var path: String

    deinit { _ = close(descriptor) }
}

/// The system calls of this module, each made once more after an interruption and turned into a fault when it fails.
struct Disk: Sendable {
    let gate: (any DiskGate)?

    /// True when the folder was made now; false when something of that name stood there.
    func makeFolder(_ path: String) throws(Fault) -> Bool {
        do {
            _ = try make(.makeFolder(path)) { Int(mkdir(path, 0o700)) }
            return true
        } catch  where error.kind == .conflict {
            return false
        }
    }

    /// A new file of mode 0600 that did not exist before.
    func create(_ path: String) throws(Fault) -> OpenFile {
        try opened(.create(path), O_RDWR | O_CREAT | O_EXCL | O_APPEND)
    }

    /// A file of mode 0600, made if there is none and emptied if there is one.
    func replaceable(_ path: String) throws(Fault) -> OpenFile {
        try opened(.create(path), O_RDWR | O_CREAT | O_TRUNC)
    }

    /// A file of mode 0600 that serves to lock, made if there is none.
    func lockable(_ path: String) throws(Fault) -> OpenFile {
        try opened(.open(path), O_RDWR | O_CREAT)
    }

    func open(_ path: String, forAppending: Bool = false) throws(Fault) -> OpenFile {
        // A pipe of that name must not make the open wait; `read` then refuses what is no regular file.
        try opened(.open(path), (forAppending ? O_RDWR | O_APPEND : O_RDONLY) | O_NONBLOCK)
    }

    func read(_ file: borrowing OpenFile) throws(Fault) -> [UInt8] {
        let descriptor = file.descriptor
        let path = file.path
        guard try status(file).isRegular else { throw .notARegularFile(path) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let offset = bytes.count
            let count = try make(.read(path)) {
                chunk.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, offset) }
            }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
        }
    }

    /// One write, and further ones only for what the one before did not take.
    func write(_ bytes: [UInt8], to file: borrowing OpenFile) throws(Fault) {
        let descriptor = file.descriptor
        var rest = bytes[...]
        while !rest.isEmpty {
            let call = DiskCall.write(file.path, bytes: rest.count)
            var limit = rest.count
            switch gate?.answer(call) {
            case .fail(let code): throw .disk(call, code)
            case .short(let bytes): limit = min(limit, bytes)
            case .goOn, nil: break
            }
            let part = rest.prefix(limit)
            let count = try make(call, asked: true) {
                part.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            }
            guard count > 0 else { throw .disk(call, EIO) }
            rest = rest.dropFirst(count)
        }
    }

    func truncate(_ file: borrowing OpenFile, to size: Int) throws(Fault) {
        let descriptor = file.descriptor
        _ = try make(.truncate(file.path, to: size)) { Int(ftruncate(descriptor, size)) }
    }

    func sync(_ file: borrowing OpenFile) throws(Fault) {
        let descriptor = file.descriptor
        _ = try make(.syncFile(file.path)) { Int(fsync(descriptor)) }
    }

    func syncFolder(_ path: String) throws(Fault) {
        let folder = try opened(.open(path), O_RDONLY | O_DIRECTORY)
        let descriptor = folder.descriptor
        _ = try make(.syncFolder(path)) {
            let result = fsync(descriptor)
            // Some network file systems cannot sync a folder and say so in this way; they make names durable at once.
            return result == -1 && errno == EINVAL ? 0 : Int(result)
        }
    }

    func link(_ path: String, to name: String) throws(Fault) {
        _ = try make(.link(path, to: name)) { Int(Glibc.link(path, name)) }
    }

    func rename(_ path: String, to name: String) throws(Fault) {
        _ = try make(.rename(path, to: name)) { Int(Glibc.rename(path, name)) }
    }

    func remove(_ path: String) throws(Fault) {
        _ = try make(.remove(path)) { Int(unlink(path)) }
    }

    private func opened(_ call: DiskCall, _ flags: Int32) throws(Fault) -> OpenFile {
        let path = call.path
        let descriptor = try make(call) { Int(Glibc.open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0o600)) }
        return OpenFile(descriptor: Int32(descriptor), path: path)
    }

    /// `asked` is true when the gate has been asked about this very call, or need not be: it only looks or locks.
    func make(_ call: DiskCall, asked: Bool = false, _ body: () -> Int) throws(Fault) -> Int {
        if !asked, case .fail(let code) = gate?.answer(call) { throw .disk(call, code) }
        while true {
            let result = body()
            guard result == -1 else { return result }
            guard errno == EINTR else { throw .disk(call, errno) }
        }
    }
}
