import CProcess
import Glibc

/// The addresses of this machine's interfaces, in the network that this process is in.
struct Interfaces: Sendable {
    /// One address of IPv4, in the machine's own order.
    struct Entry: Equatable, Sendable {
        let name: String
        let address: UInt32
        let mask: UInt32
    }

    let all: [Entry]

    /// Those that there are now.
    static func present() -> Interfaces {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return Interfaces(all: []) }
        defer { freeifaddrs(first) }
        var (all, next): ([Entry], UnsafeMutablePointer<ifaddrs>?) = ([], first)
        while let here = next?.pointee {
            next = here.ifa_next
            guard let address = number(here.ifa_addr) else { continue }
            all.append(
                Entry(name: String(cString: here.ifa_name), address: address, mask: number(here.ifa_netmask) ?? .max))
        }
        return Interfaces(all: all)
    }

    /// Whether one of them has this address.
    func have(_ address: String) -> Bool {
        Self.number(address).map { number in all.contains { $0.address == number } } ?? false
    }

    /// Whether another machine means something else by this name or address: what it means here is this machine itself, or
    /// a container of it.
    func isOwn(_ host: String) -> Bool {
        if host.isLoopback { return true }
        return Self.addresses(of: host).contains { number in
            number >> 24 == 127 || number == 0
                || all.contains { $0.isBridge && $0.address & $0.mask == number & $0.mask }
        }
    }

    /// From where a process in this machine's own network connects, as a database server tells it: an address of the
    /// machine, or none at a local socket.
    var clients: [String] {
        all.map { entry in (0..<4).map { "\(entry.address >> (24 - 8 * $0) & 255)" }.joined(separator: ".") }
            + ["127.0.0.1", "::1", ""]
    }

    private static func number(_ address: UnsafeMutablePointer<sockaddr>?) -> UInt32? {
        guard let address, address.pointee.sa_family == sa_family_t(AF_INET) else { return nil }
        return address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
            UInt32(bigEndian: $0.pointee.sin_addr.s_addr)
        }
    }

    private static func number(_ text: String) -> UInt32? {
        var address = in_addr()
        return inet_pton(AF_INET, text, &address) == 1 ? UInt32(bigEndian: address.s_addr) : nil
    }

    /// What a name means here; none for one that nobody here knows.
    private static func addresses(of host: String) -> [UInt32] {
        var hints = addrinfo()
        (hints.ai_family, hints.ai_socktype) = (AF_INET, Int32(SOCK_STREAM.rawValue))
        var first: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &first) == 0 else { return [] }
        defer { freeaddrinfo(first) }
        var (numbers, next): ([UInt32], UnsafeMutablePointer<addrinfo>?) = ([], first)
        while let here = next?.pointee {
            next = here.ai_next
            if let number = number(here.ai_addr) { numbers.append(number) }
        }
        return numbers
    }
}

extension Interfaces.Entry {
    /// Whether containers or virtual machines of this machine may be behind it, as what makes such bridges names them.
    fileprivate var isBridge: Bool {
        ["docker", "br", "virbr", "podman", "cni", "lxc"].contains { name.hasPrefix($0) }
    }
}

/// This machine, as people and engines know it.
package enum Machine {
    package static var name: String { word(of: "/proc/sys/kernel/hostname") }

    /// The release of its Linux, as `uname -r` says it.
    static var kernel: String { word(of: "/proc/sys/kernel/osrelease") }

    /// Bytes; nil where it does not say.
    static var memory: Int? {
        let lines = text(of: "/proc/meminfo").split(separator: "\n")
        let words = lines.first { $0.hasPrefix("MemTotal:") }?.split(separator: " ")
        return words?.dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
    }

    private static func word(of path: String) -> String { text(of: path).filter { !$0.isNewline } }

    private static func text(of path: String) -> String {
        LocalFile.volatile(path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
