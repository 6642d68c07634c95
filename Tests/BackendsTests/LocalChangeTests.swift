import Glibc
import Synchronization
import Testing
import UpgradeCore

@testable import Backends

@Suite struct `A change of a local group` {
    private static let death = Fault(.bug, "died here", remedy: "none")

    @Test func `starts what is missing and is no second start when it is asked for again`() async throws {
        try await LocalSite.with { site in
            let backend = try site.backend()
            try await backend.apply(.chat("1.0.0", 3))
            let first = try site.store.known()
            try await backend.apply(.chat("1.0.0", 3))
            try await site.backend().apply(.chat("1.0.0", 3))
            #expect(try site.store.known() == first)
            #expect(site.carried == (1...3).map { "owui-chat-r1.1-\($0)" })
            #expect(first.map(\.port) == Array(site.group.ports.ports.prefix(3)))
        }
    }

    @Test func `stops what is too many and replaces what is not right`() async throws {
        try await LocalSite.with { site in
            try site.install("2.0.0")
            let backend = try site.backend()
            try await backend.apply(.chat("1.0.0", 3))
            try await backend.apply(.chat("1.0.0", 1, 2))
            let one = try await look(at: backend) { $0.living.count == 1 }
            #expect(one?.living.map(\.id) == ["owui-chat-r1.1-1"])
            try await backend.apply(.chat("2.0.0", 2, 3, accepts: [3]))
            let two = try await look(at: backend) { $0.living.count == 2 }
            #expect(two?.living.map(\.id) == ["owui-chat-r1.3-1", "owui-chat-r1.3-2"])
            #expect(two?.living.map(\.image) == ["2.0.0", "2.0.0"])
        }
    }

    @Test(
        arguments: [
            LocalBackend.Point.stateWritten, .identityWritten("owui-chat-r1.1-1"), .spawned("owui-chat-r1.1-1"),
            .identityWritten("owui-chat-r1.1-2"), .spawned("owui-chat-r1.1-2"),
        ])
    func `that died anywhere is made whole by asking again, and starts nothing twice`(
        point: LocalBackend.Point
    ) async throws {
        try await LocalSite.with { site in
            let dying = try site.backend { passed throws(Fault) in if passed == point { throw Self.death } }
            await #expect(throws: Self.death) { try await dying.apply(.chat("1.0.0", 2)) }
            let started = Set(site.carried)
            let backend = try site.backend()
            #expect(Set(try await backend.observe().living.map(\.id)) == started)
            try await site.backend().apply(.chat("1.0.0", 2))
            let now = try await backend.observe().living.map(\.id)
            #expect(now == ["owui-chat-r1.1-1", "owui-chat-r1.1-2"])
            #expect(site.carried == now)
            let leaders = now.flatMap(site.processes(of:)).filter { $0.pid == $0.session }
            #expect(leaders.count == 2)
            #expect(try Set(site.store.known().map(\.pid)) == Set(leaders.map { Optional($0.pid) }))
        }
    }

    @Test func `that died while it told instances to end tells them again`() async throws {
        try await LocalSite.with { site in
            let dying = try site.backend { passed throws(Fault) in
                if case .told = passed { throw Self.death }
            }
            try await dying.apply(.chat("1.0.0", 3))
            await #expect(throws: Self.death) { try await dying.apply(.chat("1.0.0", 0, 2, accepts: [])) }
            let backend = try site.backend()
            try await backend.apply(.chat("1.0.0", 0, 2, accepts: []))
            #expect(try await look(at: backend) { $0.living.isEmpty } != nil)
        }
    }

    @Test func `writes an instance down before it exists`() async throws {
        try await LocalSite.with { site in
            let folder = site.folder
            let early = Mutex<[String]>([])
            let backend = try site.backend { point throws(Fault) in
                guard case .identityWritten(let id) = point else { return }
                let known = try LocalStore(folder: folder).known().filter { $0.pid == nil }.map(\.id)
                early.withLock { $0 += known.filter { $0 == id } }
            }
            try await backend.apply(.chat("1.0.0", 2))
            #expect(early.withLock(\.self) == ["owui-chat-r1.1-1", "owui-chat-r1.1-2"])
        }
    }

    @Test func `finds an instance whose starter died, and its children, by what they carry`() async throws {
        try await LocalSite.with { site in
            // The leader is gone when the next process looks; a child in a session of its own remains.
            try site.install("1.0.0", script: "#!/bin/sh\nsetsid sleep 1000 &\ntouch ready\nexit 0\n")
            let dying = try site.backend { passed throws(Fault) in
                if case .spawned = passed { throw Self.death }
            }
            await #expect(throws: Self.death) { try await dying.apply(.chat("1.0.0", 1)) }
            try #require(comes { LocalFile.exists("\(site.folder)/ready") })
            let backend = try site.backend()
            #expect(try await backend.observe().living.map(\.id) == ["owui-chat-r1.1-1"])
            try await backend.apply(.chat("1.0.0", 0, 2, accepts: []))
            #expect(try await look(at: backend) { $0.living.isEmpty } != nil)
            #expect(site.carried.isEmpty)
        }
    }

    @Test func `of a state that someone else has changed is a conflict`() async throws {
        try await LocalSite.with { site in
            let one = try site.backend()
            let other = try site.backend()
            try await one.apply(.chat("1.0.0", 1))
            _ = try await other.observe()
            try await one.apply(.chat("1.0.0", 2))
            let fault = await #expect(throws: Fault.self) { try await other.apply(.chat("1.0.0", 0)) }
            #expect(fault?.kind == .conflict)
            _ = try await other.observe()
            try await other.apply(.chat("1.0.0", 0))
        }
    }

    @Test func `of two callers at once is made by one of them`() async throws {
        try await LocalSite.with { site in
            let backends = try (0..<2).map { _ in try site.backend() }
            try await backends[0].apply(.chat("1.0.0", 0))
            for backend in backends { _ = try await backend.observe() }
            let kinds = await withTaskGroup(of: Fault.Kind?.self) { group in
                for (number, backend) in backends.enumerated() {
                    group.addTask {
                        do throws(Fault) { try await backend.apply(.chat("1.0.0", 1, number + 1)) } catch {
                            return error.kind
                        }
                        return nil
                    }
                }
                return await group.reduce(into: [Fault.Kind?]()) { $0.append($1) }
            }
            // The same settings, asked for twice: whoever comes second finds the write of the first.
            #expect(kinds.count { $0 == nil } == 1)
            #expect(kinds.contains(.conflict) || kinds.contains(.unavailable))
            #expect(site.carried.count == 1)
        }
    }

    @Test func `needs the lock of the group`() async throws {
        try await LocalSite.with { site in
            let backend = try site.backend()
            try await backend.apply(.chat("1.0.0", 0))
            let lock = try site.store.lock()
            let fault = await #expect(throws: Fault.self) { try await backend.apply(.chat("1.0.0", 1)) }
            _ = consume lock
            #expect(fault?.kind == .unavailable)
            #expect(site.carried.isEmpty)
        }
    }
}

@Suite struct `A change that cannot be made` {
    @Test func `names the port in use and the process that uses it`() async throws {
        let ports = LocalSite.freePorts(1)
        try await LocalSite.with(ports: ports) { site in
            let listener = try #require(Listener(port: ports[0]))
            let backend = try site.backend()
            let fault = await #expect(throws: Fault.self) { try await backend.apply(.chat("1.0.0", 1)) }
            #expect(fault?.kind == .failed)
            #expect(fault?.why.contains("\(ports[0]) is in use by process \(getpid())") == true)
            #expect(try site.store.known().isEmpty)
            withExtendedLifetime(listener) {}
        }
    }

    @Test func `takes another port of the list where one is in use`() async throws {
        let ports = LocalSite.freePorts(2)
        try await LocalSite.with(ports: ports) { site in
            let listener = try #require(Listener(port: ports[0]))
            try await site.backend().apply(.chat("1.0.0", 1))
            #expect(try site.store.known().map(\.port) == [ports[1]])
            withExtendedLifetime(listener) {}
        }
    }

    @Test func `may be asked for again when its port is only held by an instance that ends`() async throws {
        try await LocalSite.with(ports: LocalSite.freePorts(1)) { site in
            try site.install("1.0.0", script: "#!/bin/sh\ntrap '' TERM\ntouch ready\nwhile :; do sleep 1000; done\n")
            try site.install("2.0.0")
            let backend = try site.backend()
            try await backend.apply(.chat("1.0.0", 1))
            try #require(comes { LocalFile.exists("\(site.folder)/ready") })
            let fault = await #expect(throws: Fault.self) { try await backend.apply(.chat("2.0.0", 1, 2)) }
            #expect(fault?.kind == .unavailable)
            for process in site.processes(of: "owui-chat-r1.1-1") { ProcessGroup.signal(process.pid, SIGKILL) }
            #expect(try await look(at: backend) { $0.living.isEmpty } != nil)
            try await backend.apply(.chat("2.0.0", 1, 2))
            #expect(site.carried == ["owui-chat-r1.2-1"])
        }
    }

    @Test func `names the program that does not exist`() async throws {
        try await LocalSite.with { site in
            let backend = try site.backend()
            let fault = await #expect(throws: Fault.self) { try await backend.apply(.chat("9.9.9", 1)) }
            #expect(fault?.kind == .missing)
            #expect(fault?.why.contains("\(site.folder)/opt/9.9.9/bin/open-webui") == true)
        }
    }

    @Test func `says why a program could not be started, and leaves nothing behind`() async throws {
        try await LocalSite.with { site in
            try site.install("1.0.0", script: "#!/no/such/interpreter\n")
            let backend = try site.backend()
            let fault = await #expect(throws: Fault.self) { try await backend.apply(.chat("1.0.0", 1)) }
            #expect(fault?.kind == .failed)
            #expect(fault?.why.contains("No such file or directory") == true)
            #expect(try site.store.known().isEmpty)
        }
    }

    @Test func `of a part that the group does not have is refused`() async throws {
        try await LocalSite.with { site in
            let backend = try site.backend()
            let change = Change(workloads: [
                .init(
                    workload: "tools", settings: Settings(image: "1.0.0", replicas: 1),
                    naming: Generation(run: "r1", number: 1))
            ])
            let fault = await #expect(throws: Fault.self) { try await backend.apply(change) }
            #expect(fault?.kind == .missing)
        }
    }

    @Test func `does not go on from a state that is damaged`() async throws {
        try await LocalSite.with { site in
            try await site.backend().apply(.chat("1.0.0", 0))
            try site.write("\(site.folder)/.owui-upgrade/state.json", "{\"writes\": 1,")
            let fault = await #expect(throws: Fault.self) { try await site.backend().observe() }
            #expect(fault?.kind == .invalid)
        }
    }
}

/// Holds a port as a stranger would.
final class Listener {
    private let descriptor: Int32

    init?(port: Int) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard bound == 0, listen(descriptor, 1) == 0 else { return nil }
    }

    deinit { close(descriptor) }
}
