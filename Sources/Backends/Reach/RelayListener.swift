import CProcess
import Dispatch
import Glibc
import Synchronization
import UpgradeCore

/// A port of this machine alone, at which programs of this user find the begin of a relay.
///
/// It has an address of its own among those of this machine, so that the port can be the database's own: a password file
/// and a service file go by it.
final class RelayListener: Sendable {
    let address: String
    let port: Int
    private let source: Mutex<any DispatchSourceRead>

    /// `accept` is handed every connection, and closes it.
    init(port wished: Int, accept: @escaping @Sendable (Int32) -> Void) throws(Fault) {
        let bound = try Self.bound(wished)
        (address, port) = (bound.address, bound.port)
        let descriptor = bound.descriptor
        let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: DispatchQueue(label: "relay"))
        source.setEventHandler {
            while true {
                let connection = accept4(descriptor, nil, nil, Int32(SOCK_CLOEXEC.rawValue))
                guard connection >= 0 else { return }
                if Self.isOfThisUser(connection) { accept(connection) } else { Glibc.close(connection) }
            }
        }
        source.setCancelHandler { Glibc.close(descriptor) }
        source.resume()
        self.source = Mutex(source)
    }

    deinit { close() }

    func close() { source.withLock { $0.cancel() } }

    /// Some places are taken, and low ports are not for everybody.
    private static func bound(_ port: Int) throws(Fault) -> (descriptor: Int32, address: String, port: Int) {
        var generator = SystemRandomNumberGenerator()
        for attempt in 0..<8 {
            let address =
                "127.\((1...254).map(UInt8.init).randomElement(using: &generator) ?? 83)."
                + "\(UInt8.random(in: 0...255)).\(UInt8.random(in: 1...254))"
            if let found = listening(address, attempt < 6 ? port : 0) { return found }
        }
        throw .noRelayPort(errno: errno)
    }

    private static func listening(_ address: String, _ port: Int) -> (descriptor: Int32, address: String, port: Int)? {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_INET, kind, 0)
        guard descriptor >= 0 else { return nil }
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = UInt16(port).bigEndian
        inet_pton(AF_INET, address, &place.sin_addr)
        let isBound = with(&place) { bind(descriptor, $0, $1) == 0 } && listen(descriptor, 64) == 0
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        guard isBound, with(&place, { pointer, _ in getsockname(descriptor, pointer, &length) == 0 }) else {
            let code = errno
            Glibc.close(descriptor)
            errno = code
            return nil
        }
        return (descriptor, address, Int(UInt16(bigEndian: place.sin_port)))
    }

    private static func with<Value>(
        _ address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> Value
    ) -> Value {
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    /// Whether the other end belongs to who runs this process: other users of the machine have no way into networks of
    /// the application, and get none. https://docs.kernel.org/networking/proc_net_tcp.html
    private static func isOfThisUser(_ connection: Int32) -> Bool {
        var (own, other) = (sockaddr_in(), sockaddr_in())
        var (one, two) = (socklen_t(MemoryLayout<sockaddr_in>.size), socklen_t(MemoryLayout<sockaddr_in>.size))
        guard with(&own, { pointer, _ in getsockname(connection, pointer, &one) == 0 }),
            with(&other, { pointer, _ in getpeername(connection, pointer, &two) == 0 }),
            let table = LocalFile.volatile("/proc/self/net/tcp")
        else { return false }
        let ends = (written(other), written(own))
        for line in String(decoding: table, as: UTF8.self).split(separator: "\n").dropFirst() {
            let fields = line.split(separator: " ")
            guard fields.count > 7, fields[1] == ends.0, fields[2] == ends.1 else { continue }
            return fields[7] == String(geteuid())
        }
        return false
    }

    /// As the kernel's table has it: the address as one number of the machine's own order.
    private static func written(_ address: sockaddr_in) -> String {
        let hex = { (number: UInt32, width: Int) in
            let digits = String(number, radix: 16, uppercase: true)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return "\(hex(address.sin_addr.s_addr, 8)):\(hex(UInt32(UInt16(bigEndian: address.sin_port)), 4))"
    }
}
