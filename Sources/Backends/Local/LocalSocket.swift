import Glibc

/// Whether a port of this machine can be had, and who has it.
enum LocalSocket {
    /// Whether a server could listen there now.
    static func isFree(host: String, port: Int) -> Bool {
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &found) == 0, let address = found else { return false }
        defer { freeaddrinfo(found) }
        let descriptor = socket(
            address.pointee.ai_family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        return bind(descriptor, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0
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
