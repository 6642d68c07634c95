import Glibc

/// The few things that the stand-in wants from the operating system, without Foundation: it has to start fast.
enum System {
    static var error: String { String(cString: strerror(errno)) }

    static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// A variable that says something: unset and empty are alike.
    static func setting(_ name: String) -> String? {
        environment(name).flatMap { $0.isEmpty ? nil : $0 }
    }

    static func write(_ text: String, to descriptor: Int32) {
        var text = text
        text.withUTF8 { bytes in
            var sent = 0
            while sent < bytes.count {
                let count = Glibc.write(descriptor, bytes.baseAddress?.advanced(by: sent), bytes.count - sent)
                guard count > 0 else { return }
                sent += count
            }
        }
    }

    /// Takes so much memory, all of it in use, and keeps it.
    static func eat(megabytes: Int) {
        // What is only written to, an optimiser leaves out.
        _ = mmap(
            nil, megabytes << 20, PROT_READ | PROT_WRITE, Int32(MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE), -1, 0)
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// The whole of a small file; nil when it cannot be opened.
    static func read(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk[..<count]
        }
    }

    static func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    static func link(_ path: String) -> String? {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = bytes.withUnsafeMutableBytes { buffer in
            buffer.baseAddress.map { readlink(path, $0.assumingMemoryBound(to: CChar.self), buffer.count) } ?? -1
        }
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }

    /// Waits without using the processor; a signal that is handled does not shorten it.
    static func sleep(seconds: Double) {
        var left = timespec(tv_sec: Int(seconds), tv_nsec: Int((seconds - seconds.rounded(.down)) * 1e9))
        var interrupted = timespec()
        while nanosleep(&left, &interrupted) != 0 && errno == EINTR { left = interrupted }
    }

    /// Ends this process when its parent ends, however that comes about.
    ///
    /// `prctl` is variadic in C, which Swift cannot call, so it is taken by name at its fixed form.
    static func endWithParent(_ parent: pid_t) {
        typealias Prctl = @convention(c) (Int32, UInt, UInt, UInt, UInt) -> Int32
        let parentDeathSignal: Int32 = 1
        if let found = dlsym(nil, "prctl") {
            _ = unsafeBitCast(found, to: Prctl.self)(parentDeathSignal, UInt(SIGKILL), 0, 0, 0)
        }
        if getppid() != parent { _exit(1) }
    }
}
