import Glibc
import UpgradeCore

/// The calls to the file system that the local backend makes. All of its unsafe pointers to files are here.
enum LocalFile {
    /// The bytes of a file; nil where there is none at that place.
    static func bytes(_ path: String, limit: Int = 16 << 20) throws(Fault) -> [UInt8]? {
        do throws(Errno) { return try read(path, limit: limit) } catch {
            if error == .missing { return nil }
            throw .unreadable(path, why: error.text)
        }
    }

    /// The text of a file; nil where there is none at that place.
    static func text(_ path: String, limit: Int = 16 << 20) throws(Fault) -> String? {
        try bytes(path, limit: limit).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The bytes of a file that may go at any time, such as one in /proc; nil where it cannot be read.
    static func volatile(_ path: String) -> [UInt8]? {
        do throws(Errno) { return try read(path, limit: 4 << 20) } catch { return nil }
    }

    private static func read(_ path: String, limit: Int) throws(Errno) -> [UInt8] {
        let descriptor = try open(path, O_RDONLY)
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = 4096
        while bytes.count < limit {
            let part = try read(descriptor, count: min(chunk, limit - bytes.count))
            if part.isEmpty { break }
            bytes += part
            chunk = 65536
        }
        return bytes
    }

    /// What a file holds from an offset on, at most `limit` bytes, and its size; nil where there is none.
    static func part(of path: String, from offset: Int, limit: Int) -> (size: Int, bytes: [UInt8])? {
        do throws(Errno) {
            let descriptor = try open(path, O_RDONLY)
            defer { close(descriptor) }
            let size = Int(lseek(descriptor, 0, SEEK_END))
            let start = offset < 0 ? max(0, size + offset) : offset
            guard start < size, lseek(descriptor, start, SEEK_SET) == start else { return (size, []) }
            return (size, try read(descriptor, count: min(limit, size - start)))
        } catch {
            return nil
        }
    }

    private static func open(_ path: String, _ flags: Int32) throws(Errno) -> Int32 {
        let descriptor = Glibc.open(path, flags | O_CLOEXEC)
        guard descriptor >= 0 else { throw Errno() }
        return descriptor
    }

    private static func read(_ descriptor: Int32, count: Int) throws(Errno) -> [UInt8] {
        var code: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            while initialized < count {
                let got = Glibc.read(descriptor, buffer.baseAddress?.advanced(by: initialized), count - initialized)
                if got < 0, errno == EINTR { continue }
                if got < 0 { code = errno }
                if got <= 0 { break }
                initialized += got
            }
        }
        guard code == 0 else { throw Errno(code: code) }
        return bytes
    }

    /// The names in a folder, sorted; nil where there is no such folder.
    static func names(in folder: String) -> [String]? {
        guard let directory = opendir(folder) else { return nil }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Replaces a file so that after a crash of the machine either the old text is there or the new. Mode 0600.
    static func replace(_ path: String, with bytes: [UInt8]) throws(Fault) {
        let next = path + ".next"
        do throws(Errno) {
            let descriptor = Glibc.open(next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard descriptor >= 0 else { throw Errno() }
            defer { close(descriptor) }
            try write(bytes, to: descriptor)
            guard fsync(descriptor) == 0, rename(next, path) == 0 else { throw Errno() }
            try syncFolder(of: path)
        } catch {
            unlink(next)
            throw .unwritable(path, why: error.text, full: error.isFull)
        }
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) throws(Errno) {
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Errno() }
            done += count
        }
    }

    private static func syncFolder(of path: String) throws(Errno) {
        let descriptor = try open(folder(of: path), O_RDONLY | O_DIRECTORY)
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Errno() }
    }

    /// The folder that a path lies in.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    static func remove(_ path: String) throws(Fault) {
        if unlink(path) != 0, errno != ENOENT { throw .unwritable(path, why: Errno().text, full: false) }
    }

    /// Makes a folder of mode 0700, and those above it.
    static func makeFolder(_ path: String) throws(Fault) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        let error = Errno()
        guard error == .missing, path != "/", !path.isEmpty else {
            throw .unwritable(path, why: error.text, full: error.isFull)
        }
        try makeFolder(folder(of: path))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            let error = Errno()
            throw .unwritable(path, why: error.text, full: error.isFull)
        }
    }

    /// The path without links; nil where nothing is there.
    static func resolved(_ path: String) -> String? {
        guard let pointer = realpath(path, nil) else { return nil }
        defer { free(pointer) }
        return String(cString: pointer)
    }

    /// Where a link leads; nil where it is none or cannot be read.
    static func link(_ path: String) -> String? {
        let bytes = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, initialized in
            let pointer = buffer.baseAddress.map { UnsafeMutableRawPointer($0).assumingMemoryBound(to: CChar.self) }
            initialized = pointer.map { max(0, readlink(path, $0, 4096)) } ?? 0
        }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    static func isExecutable(_ path: String) -> Bool { access(path, X_OK) == 0 && !isFolder(path) }
    static func isWritable(_ path: String) -> Bool { access(path, W_OK) == 0 }
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Free and total bytes where a path lies; nil where that cannot be told.
    static func space(at path: String) -> (free: UInt64, total: UInt64)? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        let block = UInt64(status.f_frsize)
        return (UInt64(status.f_bavail) * block, UInt64(status.f_blocks) * block)
    }

    /// Milliseconds since this machine started, its sleep included.
    static var millisecondsSinceBoot: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}

/// What the kernel said to the last call.
struct Errno: Error, Equatable {
    let code: Int32

    init(code: Int32 = errno) {
        self.code = code
    }

    static let missing = Errno(code: ENOENT)
    var text: String { String(cString: strerror(code)) }
    var isFull: Bool { code == ENOSPC || code == EDQUOT }
}

/// The lock under which a group's state is changed. It ends with its holder, and not before a process that the holder
/// was just starting has become the instance.
struct GroupLock: ~Copyable {
    private let descriptor: Int32

    /// nil where another process holds it. Throws where the file cannot be made.
    init?(_ path: String) throws(Fault) {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let error = Errno()
            throw .unwritable(path, why: error.text, full: error.isFull)
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            return nil
        }
        self.descriptor = descriptor
    }

    /// Unlocked before it is closed: a process that is just being started holds the descriptor until its exec, and would
    /// keep the lock as long.
    deinit {
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
