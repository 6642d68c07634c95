import Testing
import UpgradeCore

@testable import Backends

@Suite struct `An archive` {
    /// What `tar` makes of a folder with names of every length.
    private func made(_ options: String, _ body: ([UInt8], String) throws -> Void) async throws {
        let folder = "/tmp/owui-tar-\(UInt64.random(in: 0...UInt64.max))"
        let long = String(repeating: "n", count: 180)
        _ = try await Tool.shell(
            """
            mkdir -p \(folder)/in/sub \(folder)/in/\(long) && cd \(folder)/in
            printf one >a.py; printf '' >empty; head -c 1500 /dev/zero | tr '\\0' x >sub/b.bin
            printf deep >\(long)/\(long).py; ln -s a.py link; ln -s \(long)/\(long).py far
            cd .. && tar \(options) --sort=name -cf out.tar in
            """, named: "tar", environment: [:], permit: .always)
        let bytes = try LocalFile.bytes("\(folder)/out.tar") ?? []
        _ = try await Tool.shell("rm -rf \(folder)", named: "rm", environment: [:], permit: .always)
        try body(bytes, long)
    }

    private func entries(_ bytes: [UInt8], by size: Int) throws -> [TarEntry] {
        var reader = TarReader(limit: 1 << 20) { $0.name.hasSuffix(".py") }
        var entries: [TarEntry] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            entries += try reader.read(Array(bytes[start..<min(start + size, bytes.count)]))
        }
        #expect(reader.hasEnded)
        return entries
    }

    @Test(arguments: ["--format=gnu", "--format=pax", "--format=posix --pax-option=exthdr.name=x"])
    func `is read wherever its bytes are cut`(options: String) async throws {
        try await made(options) { bytes, long in
            for size in [1, 7, 512, 513, 10_240, bytes.count] {
                let entries = try entries(bytes, by: size)
                #expect(
                    entries.map(\.name) == [
                        "in", "in/a.py", "in/empty", "in/far", "in/link", "in/\(long)", "in/\(long)/\(long).py",
                        "in/sub",
                        "in/sub/b.bin",
                    ])
                #expect(entries.filter { !$0.bytes.isEmpty }.map(\.text) == ["one", "deep"])
                #expect(entries.first { $0.name == "in/link" }?.kind == .link("a.py"))
                #expect(entries.first { $0.name == "in/far" }?.kind == .link("\(long)/\(long).py"))
                #expect(entries.first { $0.name == "in/sub" }?.kind == .folder)
                #expect(entries.first { $0.name == "in/sub/b.bin" }?.size == 1500)
            }
        }
    }

    @Test func `whose header was changed is damaged`() async throws {
        try await made("--format=gnu") { bytes, _ in
            for place in [0, 130, 156, 400] {
                var bytes = bytes
                bytes[place] ^= 1
                #expect(throws: Fault.damagedArchive("a header does not check")) { try entries(bytes, by: 512) }
            }
        }
    }

    @Test func `that is cut off in a file is known to be`() async throws {
        try await made("--format=gnu") { bytes, _ in
            var reader = TarReader(limit: 1 << 20) { _ in true }
            _ = try reader.read(Array(bytes[..<1025]))
            #expect(!reader.hasEnded)
            #expect(!reader.isAtEntry)
            var whole = TarReader(limit: 1 << 20) { _ in true }
            _ = try whole.read(Array(bytes[..<1536]))
            #expect(whole.isAtEntry)
        }
    }

    @Test func `that keeps more than it may is refused`() async throws {
        try await made("--format=gnu") { bytes, _ in
            var reader = TarReader(limit: 1000) { _ in true }
            let fault = #expect(throws: Fault.self) { try reader.read(bytes) }
            #expect(fault?.why == "it has more than 1000 bytes")
        }
    }

    @Test func `of a container that never ran has its files`() async throws {
        try await EngineSite.with { site in
            try await site.shell("mkdir -p root/data/deep && echo text >root/data/a && echo more >root/data/deep/b")
            let id = try await site.container("exit")
            let entries = try await site.engine.archive(container: id, path: "/data")
            #expect(entries?.map(\.name) == ["data", "data/a", "data/deep", "data/deep/b"])
            #expect(entries?.map(\.text) == ["", "text\n", "", "more\n"])
            #expect(try await site.engine.archive(container: id, path: "/data/a")?.map(\.text) == ["text\n"])
            #expect(try await site.engine.archive(container: id, path: "/none") == nil)
            #expect(try await site.engine.exists("/data/deep", in: id))
            #expect(try await !site.engine.exists("/data/none", in: id))
            let until = try await site.engine.archive(container: id, path: "/data", until: { $0.name == "data/deep" })
            #expect(until?.map(\.name) == ["data", "data/a"])
            let fault = await #expect(throws: Fault.self) {
                try await site.engine.archive(container: id, path: "/data", limit: 4)
            }
            #expect(fault?.kind == .invalid)
        }
    }
}
