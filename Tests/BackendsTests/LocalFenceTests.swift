import Glibc
import Testing
import UpgradeCore

@testable import Backends

/// A process that has lost the deployment's lock changes nothing more, wherever in its work it learns of it.
@Suite struct `A local group behind a fence` {
    /// Starting asks for the group's state, then for each instance before it is written down and before it is started.
    @Test(arguments: zip(0..<6, [0, 0, 0, 1, 1, 2]))
    func `is started no further than the fence allows`(questions: Int, started: Int) async throws {
        try await LocalSite.with { site in
            let backend = try site.backend(fence: ClosableFence(after: questions))
            if started < 2 {
                await #expect(throws: ClosableFence.fault) { try await backend.apply(.chat("1.0.0", 2)) }
            } else {
                try await backend.apply(.chat("1.0.0", 2))
            }
            #expect(site.carried.count == started)
            #expect(try (site.store.state() == nil) == (questions == 0))
            // Whoever has the deployment now makes it whole.
            let heir = try site.backend()
            _ = questions > 0 ? try await heir.observe() : nil
            try await heir.apply(.chat("1.0.0", 2))
            #expect(site.carried == ["owui-chat-r1.1-1", "owui-chat-r1.1-2"])
        }
    }

    @Test(arguments: 0..<3) func `is stopped no further than the fence allows`(questions: Int) async throws {
        try await LocalSite.with { site in
            try site.install(
                "1.0.0", script: "#!/bin/sh\ntrap 'touch \"told-$$\"' TERM\nwhile :; do sleep 0.01; done\n")
            try await site.backend().apply(.chat("1.0.0", 2))
            let fence = ClosableFence(after: questions)
            let backend = try site.backend(fence: fence)
            await #expect(throws: ClosableFence.fault) { try await backend.apply(.chat("1.0.0", 0, 2, accepts: [])) }
            #expect(try site.store.known().filter { $0.stoppingSince != nil }.count == max(0, questions - 1))
        }
    }

    @Test func `is looked at, and what outlasts its grace is killed by its owner alone`() async throws {
        try await LocalSite.with { site in
            site.group.stopGrace = 0
            try site.install("1.0.0", script: "#!/bin/sh\ntrap '' TERM\ntouch ready\nwhile :; do sleep 1000; done\n")
            let folder = site.folder
            let owner = try site.backend()
            try await owner.apply(.chat("1.0.0", 1))
            #expect(comes { LocalFile.exists("\(folder)/ready") })
            try await owner.apply(.chat("1.0.0", 0, 2, accepts: []))
            let other = try site.backend(fence: ClosableFence(after: 0))
            #expect(try await look(at: other, times: 20) { $0.living.isEmpty } == nil)
            #expect(try await look(at: owner) { $0.living.isEmpty } != nil)
        }
    }

    @Test func `gives no evidence to a run that is not its own any more`() async throws {
        try await LocalSite.with { site in
            try await site.backend().apply(.chat("1.0.0", 1))
            let backend = try site.backend(fence: ClosableFence(after: 0))
            await #expect(throws: ClosableFence.fault) { try await backend.saveEvidence(of: "r1") }
            #expect(try !LocalFile.exists("\(site.store.path)/evidence"))
        }
    }
}
