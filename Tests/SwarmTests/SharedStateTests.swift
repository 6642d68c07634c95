import Backends
import FoundationEssentials
import Glibc
import Testing
import UpgradeCore

@testable import JournalFile

/// Journal and lock of a run, where every manager has them.
@Suite(.tags(.postgres, .engine))
struct `What a run keeps in the swarm` {
    @Test(arguments: StoreContract.allCases) func `keeps the contract of every store`(_ clause: StoreContract)
        async throws
    {
        let engine = Engine(try EngineAddress(host: try TestEngine.address()))
        try await SwarmSite.join()
        let deployment = String(UInt64.random(in: .min ... .max), radix: 36) + "contract"
        let ground = StoreGround { here, clock, processes in
            PlatformStore(
                SwarmObjects(engine), deployment: deployment, clock: clock, here: here, processes: processes, lease: 30)
        }
        Tally.count(asked: "swarm")
        try await clause.check(on: ground)
        try await ground.store().tidy(keeping: [])
        for object in try await SwarmObjects(engine).all(labelled: PlatformLabel.deployment, deployment) {
            try await SwarmObjects(engine).remove(object)
        }
    }

    @Test func `is read as it was written, up to the largest`() async throws {
        let engine = Engine(try EngineAddress(host: try TestEngine.address()))
        try await SwarmSite.join()
        let (objects, name) = (SwarmObjects(engine), "owui-upgrade-largest-\(UInt64.random(in: .min ... .max))")
        let data = (0..<SwarmObjects.largest).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try await objects.create(name, labels: ["a": #"{"b":"c"}"#], data: data)
        let found = try #require(try await objects.named(name))
        #expect(found.data == data)
        #expect(found.labels == ["a": #"{"b":"c"}"#])
        try await objects.relabel(found, ["a": "d"])
        #expect(await fault { try await objects.relabel(found, ["a": "e"]) }?.kind == .conflict)
        #expect(try await objects.named(name)?.labels == ["a": "d"])
        try await objects.remove(found)
        #expect(await fault { try await objects.relabel(found, ["a": "f"]) }?.kind == .conflict)
        #expect(try await objects.named(name) == nil)
    }
}

@Suite(.tags(.postgres, .engine), .serialized)
struct `A run on a swarm` {
    @Test func `that is given up leaves no setting of its own behind`() async throws {
        try await SwarmSite.play(SwarmSite.Shape(replicas: 2)) { site in
            try await site.up()
            let before = try await site.spec()
            let killed = try await site.run(
                "--to", "0.12.4", "--yes", environment: ["OWUI_UPGRADE_KILL_AT": "after judged oneLeft #1"])
            #expect(killed.exit == Finished.killed, "\(killed.story)")
            #expect(try await site.spec()["UpdateConfig"] != before["UpdateConfig"])
            let run = try #require(try await site.run("history").out.split(separator: " ").first)
            let given = try await site.run("unlock", String(run), "--give-up")
            #expect(given.exit == 0 && !given.story.contains("was not put back"), "\(given.story)")
            #expect(try await site.spec()["UpdateConfig"] == before["UpdateConfig"])
            #expect(try await site.spec()["Labels"] == before["Labels"])
            #expect(try await site.serving() == ["0.6.43"])
        }
    }

    @Test func `that was killed on one machine is seen, gone on with and taken back on another`() async throws {
        try await SwarmSite.play(SwarmSite.Shape(replicas: 2)) { site in
            try await site.up()
            let before = try await site.spec()
            let killed = try await site.run(
                "--to", "0.12.4", "--yes", environment: ["OWUI_UPGRADE_KILL_AT": "after began backUp #1"])
            #expect(killed.exit == Finished.killed, "\(killed.story)")

            let other = try site.machine("other")
            let status = try await other.run("status")
            #expect(status.out.contains("lock: left over by a process that is dead"), "\(status.story)")
            #expect(try await other.run("log").out.contains("swap-image"))
            #expect(try await other.run("history").out.contains("is not finished, at swap-image"))

            let run = try await other.run("resume", "--yes")
            #expect(run.exit == 0, "\(run.story)")
            #expect(try await site.complaint() == nil, "\(run.story)")
            #expect(try await site.serving() == ["0.12.4", "0.12.4"])
            #expect(try await site.spec().asBefore(before) == before)
            let kept = try await site.objects()
            #expect(kept.count == 1 && kept.first?.name.contains(".all-") == true, "\(kept.map(\.name))")

            try await isRefused(site, other)
            let back = try await site.run("rollback", "--restore", "--yes")
            #expect(back.exit == 0, "\(back.story)")
            #expect(try await site.complaint() == nil, "\(back.story)")
            #expect(try await site.serving() == ["0.6.43", "0.6.43"])
            #expect(try await site.objects().count == 1)
        }
    }

    /// A restore is refused where the backup is not, before anything is stopped.
    private func isRefused(_ site: SwarmSite, _ maker: SwarmSite.Machine) async throws {
        let backups = try #require(Files.names(in: "\(maker.home)/state/owui-upgrade").first)
        let folder = "\(maker.home)/state/owui-upgrade/\(backups)"
        let (machine, spec) = (try site.machine("third"), try await site.spec())
        try #require(rename(folder, folder + ".away") == 0)
        let refused = try await machine.run(named: "elsewhere", "rollback", "--restore", "--yes")
        try #require(rename(folder + ".away", folder) == 0)
        #expect(refused.exit == 2, "\(refused.story)")
        #expect(refused.error.contains("is a file of another machine"), "\(refused.story)")
        #expect(refused.error.contains("and this is elsewhere"), "\(refused.story)")
        #expect(refused.error.contains("\(folder)/backups/"), "\(refused.story)")
        #expect(try await site.spec() == spec)
    }

    @Test func `that stood still while another machine went on changes nothing any more`() async throws {
        try await SwarmSite.play(SwarmSite.Shape(replicas: 2)) { site in
            try await site.up()
            let run = try site.start(
                ["--to", "0.12.4", "--yes"], environment: ["OWUI_UPGRADE_STOP_AT": "before apply #2"])
            #expect(try await run.standsStill())

            let other = try site.machine("other")
            let status = try await other.run("status")
            #expect(status.out.contains("holds it for run"), "\(status.story)")
            #expect(try await other.run("log").out.contains("scale-down"))
            let refused = try await other.run("--to", "0.12.4", "--yes")
            #expect(refused.exit == 5, "\(refused.story)")
            let configs = try await site.everyConfig().joined(separator: " ")
            #expect(configs.contains("owui-upgrade.lock"))
            for secret in ["a key that nobody may see", "postgresql://", "STAND_IN_WITNESS"] {
                #expect(!configs.contains(secret), "\(secret) is in a config")
            }

            let id = try #require(try await site.objects().compactMap { $0.labels[PlatformLabel.run] }.first)
            #expect(try await other.run("unlock", id).exit == 0)
            let done = try await other.run("--to", "0.12.4", "--yes")
            #expect(done.exit == 0, "\(done.story)")
            let spec = try await site.spec()
            run.signal(SIGCONT)
            let late = try await run.end()
            #expect(late.exit == 5, "\(late.story)")
            #expect(try await site.spec() == spec)
            #expect(try await site.complaint() == nil, "\(late.story)")
            #expect(try await site.serving() == ["0.12.4", "0.12.4"])
            #expect(try await site.objects().map(\.name).count { $0.contains(".all-") } == 1)
        }
    }

    @Test func `that two machines begin at once is one of them's`() async throws {
        try await SwarmSite.play(SwarmSite.Shape(replicas: 2)) { site in
            try await site.up()
            let other = try site.machine("other")
            async let first = site.run("--to", "0.12.4", "--yes")
            async let second = other.run("--to", "0.12.4", "--yes")
            let ends = try await [first, second]
            #expect(ends.map(\.exit).sorted() == [0, 5], "\(ends.map(\.story))")
            #expect(try await site.complaint() == nil)
            #expect(try await site.serving() == ["0.12.4", "0.12.4"])
            #expect(try await site.objects().count == 1)
        }
    }
}
