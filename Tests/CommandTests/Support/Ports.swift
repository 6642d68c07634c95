import Glibc
import Synchronization

/// Ports of this machine that no other test gets, neither of this process nor of another that runs these tests.
///
/// They are chosen below the range from which the kernel gives ports to clients, because such a client would keep an
/// instance from coming back on its port.
final class Ports: Sendable {
    let numbers: [Int]
    private let reservations: [Int32]

    private static let next = Atomic<Int>(Int.random(in: 0..<9000))

    init(_ count: Int) throws {
        var found: [(port: Int, reservation: Int32)] = []
        for _ in 0..<9000 where found.count < count {
            let port = 10_000 + Self.next.wrappingAdd(1, ordering: .relaxed).newValue % 9000
            guard let reservation = Self.reserve(port) else { continue }
            guard Self.isFree(port) else {
                close(reservation)
                continue
            }
            found.append((port, reservation))
        }
        (numbers, reservations) = (found.map(\.port), found.map(\.reservation))
        guard numbers.count == count else { throw Trouble("no \(count) ports are free") }
    }

    deinit { for reservation in reservations { close(reservation) } }

    /// A name that only one process of this machine can have, and that the kernel takes back when it ends.
    private static func reserve(_ port: Int) -> Int32? {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = Array("owui-upgrade-tests:\(port)".utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { path in
            // An abstract name begins with a zero byte, and is no file.
            for (index, byte) in name.enumerated() { path[index + 1] = byte }
        }
        let length = MemoryLayout<sa_family_t>.size + 1 + name.count
        return bound(descriptor, &address, length) ? descriptor : nil
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        guard bound(descriptor, &address, MemoryLayout<sockaddr_in>.size) else { return false }
        close(descriptor)
        return true
    }

    /// Closes the socket where it cannot be bound.
    private static func bound<Address>(_ descriptor: Int32, _ address: inout Address, _ length: Int) -> Bool {
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(length)) }
        }
        if result != 0 { close(descriptor) }
        return result == 0
    }
}

/// One question to a port of this machine.
enum Web {
    /// The answer with its head; nil where nobody answers within five seconds.
    static func get(_ path: String, from host: String = "127.0.0.1", port: Int) async throws -> String? {
        try await offThePool { ask(path, host, port) }
    }

    private static func ask(_ path: String, _ host: String, _ port: Int) -> String? {
        let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(connection) }
        var limit = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        inet_pton(AF_INET, host, &address.sin_addr)
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(connection, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { return nil }
        let request = Array("GET \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".utf8)
        guard send(connection, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            return nil
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(connection, &chunk, chunk.count, 0)
            guard count > 0 else { return count == 0 ? String(decoding: bytes, as: UTF8.self) : nil }
            bytes += chunk[..<count]
        }
    }
}
