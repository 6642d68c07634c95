import Glibc
import Testing

@testable import open_webui_stand_in

/// What a person at a terminal sees and can do.
@Suite(.onStage, .timeLimit(.minutes(20))) struct `At a terminal an upgrade` {
    private static let run = ["--to", "0.12.4", "--yes"]

    @Test func `shows its steps and what it waits for, and leaves plain lines`() throws {
        let scene = try Scene(["STAND_IN_SLOW_MIGRATION": "0.12.4:2"])
        try scene.up("0.6.43", replicas: 1)
        let seat = try scene.sit(Self.run, columns: 200)
        try seat.wait(for: "waiting for the schema to reach the target's head: runs, its port is closed")
        #expect(seat.screen.lines.count { $0.contains(" s, waiting for ") } <= 1)
        try seat.wait(for: "newest line of its log: ")
        let ended = try seat.end()
        ended.expect(
            0, at: seat, showing: "scale-down", "swap-image         chat: stop every instance", "Running upgrade",
            "await-migrated     the database is at 0bd252b206fb",
            "One instance serves 0.12.4; the database is at 0bd252b206fb.")
        try scene.expect("0.12.4", times: 1)
    }

    @Test func `asks before the first change, and goes on at a yes`() throws {
        let scene = try Scene(ports: 2)
        try scene.up("0.6.43", replicas: 1)
        let seat = try scene.sit(["--to", "0.12.4"])
        try seat.wait(for: "Go ahead? [y/N] ")
        #expect(seat.said.contains("37 migrations in one transaction"), "it says what it will do")
        #expect(seat.said.contains("s by the size of the tables"), "and how long that takes")
        seat.type("y\n")
        try seat.end().expect(0, at: seat, showing: "Go ahead? [y/N] y", "One instance serves 0.12.4")
        try scene.expect("0.12.4", times: 1)
    }

    @Test(arguments: ["n\n", "\n", "yea\n", "\u{4}"]) func `changes nothing at any other answer`(answer: String) throws
    {
        let scene = try Scene(ports: 2)
        try scene.up("0.6.43", replicas: 1)
        let seat = try scene.sit(["--to", "0.12.4"])
        try seat.wait(for: "Go ahead? [y/N] ")
        seat.type(answer)
        try seat.end().expect(2, at: seat, showing: "Nothing was changed, as you said.")
        #expect(seat.screen.lines.contains("Nothing was changed, as you said."), "on a line of its own")
        try scene.expect("0.6.43", times: 1)
        try scene.tool(["history"]).expect(0, saying: "was not approved and changed nothing")
    }

    @Test func `that is interrupted at its question changes nothing, and can still be approved`() throws {
        let scene = try Scene(ports: 2)
        try scene.up("0.6.43", replicas: 1)
        let seat = try scene.sit(["--to", "0.12.4"])
        try seat.wait(for: "Go ahead? [y/N] ")
        seat.typeInterrupt()
        try seat.end().expect(6, at: seat, showing: "Stopped by SIGINT at a durable point.")
        try scene.expect("0.6.43", times: 1)
        // Where nobody can be asked it stays as it is.
        for words in [["resume"], ["--to", "0.12.4"]] {
            try scene.tool(words).expect(
                2, what: "was never approved, and nobody can be asked now.", why: "the input is not a terminal",
                remedy: "`owui-upgrade resume --yes --group \(scene.folder)`")
            try scene.tool(["history"]).expect(0, saying: "is not finished")
        }
        try scene.tool(["resume", "--yes"]).expect(0, saying: "One instance serves 0.12.4")
        try scene.expect("0.12.4", times: 1)
    }

    @Test func `is stopped by Ctrl-C at a durable point, and its instances are not`() throws {
        let scene = try Scene(["STAND_IN_SLOW_MIGRATION": "0.12.4:3"])
        try scene.up("0.6.43")
        let seat = try scene.sit(Self.run)
        try seat.wait(for: "newest line of its log: ")
        let living = scene.instances()
        seat.typeInterrupt()
        try seat.end().expect(6, at: seat, showing: "SIGINT: stopped at a durable point", "The same command goes on")
        #expect(!living.isEmpty)
        #expect(living.allSatisfy { kill($0, 0) == 0 }, "instances have a session of their own")
        try scene.upgrade().expect(0, saying: "2 instances serve 0.12.4")
        #expect(try scene.account().lives.count { $0.version == "0.12.4" } == 2, "none was started anew")
        try scene.expect("0.12.4", times: 2)
    }

    @Test func `ends at once at a second Ctrl-C, and the same command goes on`() throws {
        let scene = try Scene()
        try scene.up("0.6.43", replicas: 1)
        // A backup that does not let itself be ended keeps the first Ctrl-C waiting.
        let (begun, go) = ("\(scene.folder)/begun", "\(scene.folder)/go")
        let plan = try scene.plan(
            "backup:", "  command:",
            "    make: \"trap '' TERM; touch \(begun); while ! test -e \(go); do sleep 0.1; done; echo none\"")
        let seat = try scene.sit(Self.run + ["--plan", plan])
        try seat.wait("the backup") { Files.exists(begun) }
        seat.typeInterrupt()
        try seat.wait(for: "^C")
        try seat.wait("the signal to be taken") { seat.hasTakenSignals }
        seat.typeInterrupt()
        #expect(try seat.end().exit == 130, "it said:\n\(seat.said)")
        #expect(seat.screen.showsCursor)
        try Files.write("", to: go)
        try scene.upgrade(to: "0.12.4", "--plan", plan).expect(0, saying: "One instance serves 0.12.4")
        try scene.expect("0.12.4", times: 1)
    }

    @Test func `clears what it was drawing however the signals come`() throws {
        let scene = try Scene(["STAND_IN_SLOW_STOP": "0.6.43:4"])
        try scene.up("0.6.43", replicas: 1)
        let seat = try scene.sit(Self.run)
        try seat.wait(for: "waiting for every instance")
        // It finds both when it goes on, in an order that the kernel chooses.
        kill(seat.pid, SIGSTOP)
        kill(seat.pid, SIGTERM)
        kill(seat.pid, SIGINT)
        kill(seat.pid, SIGCONT)
        let ended = try seat.end()
        #expect([6, 130].contains(ended.exit))
        #expect(seat.screen.isInOrder, "it showed:\n\(seat.screen.lines.joined(separator: "\n"))|")
        try scene.upgrade().expect(0)
        try scene.expect("0.12.4", times: 1)
    }

    @Test func `that is refused or holds leaves the terminal in order`() throws {
        let scene = try Scene(["STAND_IN_NEVER_READY": "0.12.4:1"])
        try scene.up("0.6.43", replicas: 1)
        let refused = try scene.sit(["--to", "0.11.0", "--yes"])
        try refused.end().expect(2, at: refused, showing: "The program of version 0.11.0 is not there.")
        let plan = try scene.plan("deadlines:", "  healthy: 10")
        let held = try scene.sit(Self.run + ["--plan", plan])
        try held.wait(for: "waiting for the migrating instance to serve")
        try held.end().expect(4, at: held, showing: "The run holds at await-healthy", "resume --restart")
    }

    @Test func `fits a narrow window, and one that is made narrower`() throws {
        let scene = try Scene(["STAND_IN_SLOW_MIGRATION": "0.12.4:4"])
        try scene.up("0.6.43", replicas: 1)
        let seat = try scene.sit(Self.run, columns: 60)
        try seat.wait(for: "waiting for the schema")
        #expect(seat.screen.last.count <= 57)
        seat.resize(columns: 40)
        let start = seat.bytes.count
        try seat.wait("a line of the new width") {
            let drawn = String(decoding: seat.bytes.dropFirst(start), as: UTF8.self).split(separator: "\u{1B}[2m")
            return drawn.dropFirst().contains { $0.split(separator: "\u{1B}").first?.count == 37 }
        }
        seat.resize(columns: 1)
        let narrow = seat.bytes.count
        try seat.wait(for: "\u{1B}[2m…\u{1B}[0m", from: narrow)
        seat.resize(columns: 100)
        try seat.end().expect(0, at: seat, showing: "One instance serves 0.12.4")
    }

    @Test func `does not dim where NO_COLOR is set, and does not redraw on a dumb terminal`() throws {
        let scene = try Scene(["STAND_IN_SLOW_MIGRATION": "0.12.4:1"])
        try scene.up("0.6.43", replicas: 1)
        let plain = try scene.sit(Self.run, ["NO_COLOR": "1"])
        try plain.end().expect(0, at: plain, showing: "One instance serves 0.12.4")
        #expect(plain.said.contains(" s, waiting for "))
        #expect(!plain.said.contains(#/\x{1B}\[\d*m/#), "no colour")
        try scene.tool(["rollback", "--restore", "--yes"]).expect(0)
        let dumb = try scene.sit(Self.run, ["TERM": "dumb"])
        try dumb.end().expect(0, at: dumb, showing: "One instance serves 0.12.4")
        #expect(!dumb.said.contains("\u{1B}"), "no control sequences")
    }
}
