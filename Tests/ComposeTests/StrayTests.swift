import Glibc
import Testing

/// A place in a run at which somebody types `docker compose up` again and again, as a job of cron does each minute.
private struct Moment: Sendable, CustomTestStringConvertible {
    let name: String
    /// `UVICORN_WORKERS`: what is set makes the migrating instance differ from the files.
    var workers: String?
    var goesBack = false

    var testDescription: String {
        "\(name)\(workers.map { ", \($0) workers" } ?? "")\(goesBack ? ", on the way back" : "")"
    }

    /// Where each of them would do something else. The long run has them at every change, and in between.
    static let all =
        Seeded.wantsAll ? most + most.map { Moment(name: $0.name, workers: "2") } + last + back : few + back.prefix(2)

    private static let few =
        ["after judged oneLeft #1", "before backUp #1", "version written #1", "after apply #3"].map { Moment(name: $0) }
        + [Moment(name: "after apply #3", workers: "2")] + last.prefix(1)
    /// Only where the migrating instance is replaced at the end.
    private static let last = ["before apply #5", "after apply #5"].map { Moment(name: $0, workers: "2") }
    private static let most = [
        "after setAutomation #1", "before apply #1", "before began apply #2", "told #3", "after judged oneLeft #1",
        "after judged noneLeft #1", "before backUp #1", "version written #1", "settled #1", "after apply #3",
        "after judged migrated #1", "after judged healthy #1", "before apply #4", "after apply #4",
        "before setAutomation #2",
    ].map { Moment(name: $0) }
    private static let back = [
        Moment(name: "after apply #4", workers: "2", goesBack: true), Moment(name: "after apply #4", goesBack: true),
        Moment(name: "before apply #4", goesBack: true), Moment(name: "after apply #5", goesBack: true),
        Moment(name: "before setAutomation #2", goesBack: true),
        Moment(name: "before apply #5", workers: "2", goesBack: true),
    ]
}

@Suite(.tags(.postgres, .engine))
struct `A docker compose up that comes again and again` {
    @Test(arguments: Moment.all)
    fileprivate func `starts nothing in the middle of a run`(_ moment: Moment) async throws {
        let trouble = moment.goesBack ? "STAND_IN_FAIL_MIGRATION" : "STAND_IN_SLOW_MIGRATION"
        let shape = ComposeSite.Shape(
            workers: moment.workers, environment: [trouble: "0.12.4:\(moment.goesBack ? 1 : 6)"])
        try await Workshop.inTurn {
            try await ComposeSite.play(shape) { site in
                try await site.up()
                let run = try site.start(
                    ["--to", "v0.12.4", "--yes"], environment: ["OWUI_UPGRADE_STOP_AT": moment.name])
                #expect(try await run.standsStill(), "\(moment)")
                let before = try await site.instances().map(\.id)
                for _ in 0..<3 {
                    let stray = try await site.compose("up", "--detach")
                    let after = try await site.instances().map(\.id)
                    #expect(Set(after).subtracting(before).isEmpty, "\(moment): \(stray.story)")
                }
                run.signal(SIGCONT)
                let end = try await run.end()
                #expect(end.exit == (moment.goesBack ? 3 : 0), "\(moment): \(end.story)")
                try await site.expectEnd(moment.goesBack ? "0.6.43" : "0.12.4")
            }
        }
    }

    @Test func `starts nothing of what one for more has made, nor after the guards were cleared away`() async throws {
        let shape = ComposeSite.Shape(environment: ["STAND_IN_SLOW_MIGRATION": "0.12.4:40"])
        try await Workshop.inTurn {
            try await ComposeSite.play(shape) { site in
                try await site.up()
                let run = try site.start(
                    ["--to", "v0.12.4", "--yes"], environment: ["OWUI_UPGRADE_STOP_AT": "after apply #3"])
                #expect(try await run.standsStill())
                let guards = try await site.guards()
                let before = try await site.instances().map(\.id)
                let more = try await site.compose("up", "--detach", "--scale", "open-webui=6")
                #expect(more.exit != 0 && before.count == 1, "\(more.story)")
                #expect(try await site.containers().count > 1, "\(more.story)")
                run.signal(SIGCONT)
                #expect(try await site.comes { try await site.count() == 1 })
                #expect(try await site.comes { try await site.guards() == guards })
                try await TestEngine.docker(
                    ["container", "prune", "--force", "--filter", "label=owui-upgrade.guard=\(site.name)"])
                #expect(try await site.comes { try await site.guards() == guards })
                for _ in 0..<2 {
                    let stray = try await site.compose("up", "--detach")
                    #expect(stray.exit != 0, "\(stray.story)")
                }
                #expect(try await site.instances().map(\.id) == before)
                let end = try await run.end()
                #expect(end.exit == 0, "\(end.story)")
                try await site.expectEnd("0.12.4")
            }
        }
    }
}

extension ComposeSite {
    /// The names that are guarded.
    fileprivate func guards() async throws -> Set<String> {
        let label = "label=owui-upgrade.guard=\(name)"
        return Set(try await TestEngine.list(["ps", "--all", "--filter", label, "--format", "{{.Names}}"]))
    }

    /// How many containers there are: they come and go, and could not be looked at one by one.
    fileprivate func count() async throws -> Int {
        let label = "label=com.docker.compose.project=\(name)"
        return try await TestEngine.list(["ps", "--all", "--quiet", "--filter", label]).count
    }

    /// Looks until something is so; false where it does not come to be so.
    fileprivate func comes(_ isSo: () async throws -> Bool) async throws -> Bool {
        for _ in 0..<200 where try await isSo() { return true }
        return false
    }
}
