import Testing

@testable import Backends

@Suite struct `An address` {
    private let laptop = Interfaces(all: [
        Interfaces.Entry(name: "lo", address: 0x7F00_0001, mask: 0xFF00_0000),
        Interfaces.Entry(name: "eth0", address: 0xC0A8_0105, mask: 0xFFFF_FF00),
        Interfaces.Entry(name: "docker_gwbridge", address: 0xAC12_0001, mask: 0xFFFF_0000),
    ])

    @Test(arguments: [
        ("127.0.0.1", true), ("127.3.2.1", true), ("localhost", true), ("::1", true), ("0.0.0.0", true),
        ("172.18.0.1", true), ("172.18.0.7", true), ("172.19.0.7", false), ("192.168.1.5", false),
        ("192.168.1.9", false), ("10.0.0.4", false), ("a-name-that-nobody-knows.invalid", false),
    ])
    func `is this machine's own where another means something else by it`(host: String, isOwn: Bool) {
        #expect(laptop.isOwn(host) == isOwn)
    }

    @Test func `of an interface is found by its number`() {
        #expect(laptop.have("172.18.0.1"))
        #expect(!laptop.have("172.18.0.2") && !laptop.have("") && !laptop.have("::1"))
    }

    @Test func `is where a process of the machine's own network comes from, as is a local socket`() {
        #expect(laptop.clients == ["127.0.0.1", "192.168.1.5", "172.18.0.1", "127.0.0.1", "::1", ""])
    }

    @Test func `is what the system says`() {
        #expect(Interfaces.present().have("127.0.0.1"))
    }
}
