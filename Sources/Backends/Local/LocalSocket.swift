// Where a release build, which compiles a module as one, sees the kinds of sockets.
import CProcess
import Glibc

/// Whether a port of this machine can be had, and who has it.
enum LocalSocket {
    /// Whether a server could listen there now.
    static func isFree(host: String, port: Int) -> Bool {
        with(host, port) { descriptor, address, length in
            var yes: Int32 = 1
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
            return bind(descriptor, address, length) == 0
        }
    }

    /// Whether somebody listens there now. A listener that takes no more connections counts, as does an address of
    /// another machine that has not said no at once.
    static func isListening(host: String, port: Int) -> Bool {
        with(host, port) { descriptor, address, length in
            if connect(descriptor, address, length) == 0 { return true }
            guard errno == EINPROGRESS else { return errno == EAGAIN }
            // The kernel has the answer of this machine's own ports by now, but tells it only when asked.
            var answer = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard poll(&answer, 1, 50) > 0 else { return true }
            return answer.revents & Int16(POLLERR | POLLHUP) == 0
        }
    }

    /// What comes of a connection there.
    enum Reach: Equatable {
        case open
        /// Its machine, or its container, says that nobody listens.
        case refused
        /// Nobody says anything, or that there is no way.
        case nowhere
    }

    static func reach(host: String, port: Int) -> Reach {
        var reach = Reach.nowhere
        _ = with(host, port) { descriptor, address, length in
            var code = connect(descriptor, address, length) == 0 ? 0 : errno
            var answer = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            if code == EINPROGRESS, poll(&answer, 1, 50) > 0 {
                var size = socklen_t(MemoryLayout<Int32>.size)
                getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
            }
            reach = code == 0 || code == EAGAIN ? .open : code == ECONNREFUSED ? .refused : .nowhere
            return code == 0
        }
        return reach
    }

    private static func with(
        _ host: String, _ port: Int, _ body: (Int32, UnsafeMutablePointer<sockaddr>, socklen_t) -> Bool
    ) -> Bool {
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &found) == 0, let first = found?.pointee else { return false }
        defer { freeaddrinfo(found) }
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(first.ai_family, kind, 0)
        guard descriptor >= 0, let address = first.ai_addr else { return false }
        defer { close(descriptor) }
        return body(descriptor, address, first.ai_addrlen)
    }

    /// The process that listens on a port, described for a person; nil where /proc does not tell.
    static func listener(on port: Int) -> String? {
        let tables = ["/proc/net/tcp", "/proc/net/tcp6"].compactMap(LocalFile.volatile)
        let found = tables.flatMap { inodes(listeningOn: port, in: String(decoding: $0, as: UTF8.self)) }
        let links = Set(found.map { "socket:[\($0)]" })
        guard !links.isEmpty else { return nil }
        for process in ProcessTable.living() {
            let files = LocalFile.names(in: "/proc/\(process.pid)/fd") ?? []
            guard
                files.contains(where: { LocalFile.link("/proc/\(process.pid)/fd/\($0)").map(links.contains) ?? false })
            else { continue }
            return "process \(process.pid)" + (ProcessTable.name(of: process.pid).map { " (\($0))" } ?? "")
        }
        return nil
    }

    private static func inodes(listeningOn port: Int, in table: String) -> [Substring] {
        table.split(separator: "\n").dropFirst().compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count > 9, fields[3] == "0A", let colon = fields[1].lastIndex(of: ":"),
                Int(fields[1][fields[1].index(after: colon)...], radix: 16) == port
            else { return nil }
            return fields[9]
        }
    }
}
