import FoundationEssentials
import Testing
import UpgradeCore

@testable import Backends

@Suite struct `A task` {
    private static func look(
        _ tasks: [String], node: String = "ready", replicas: Int = 1, index: Int = 1, policy: String = "{}"
    ) throws -> SwarmLook {
        func value(_ text: String) throws -> EngineValue {
            try JSONDecoder().decode(EngineValue.self, from: Data(text.utf8))
        }
        let service = try value(
            #"""
            {"ID": "s", "Version": {"Index": \#(index)},
            "Spec": {"Name": "web", "Mode": {"Replicated": {"Replicas": \#(replicas)}}}}
            """#)
        let found = try value(#"{"ID": "n", "Status": {"State": "\#(node)"}}"#)
        return SwarmLook(
            services: [try #require(EngineService(service))],
            tasks: try tasks.enumerated().map { number, words in
                let parts = words.split(separator: " ")
                let node = parts.count > 2 ? parts[2] : "n"
                return try #require(
                    EngineTask(
                        try value(
                            #"""
                            {"ID": "t\#(number)", "ServiceID": "s", "Slot": 1, "NodeID": "\#(node == "-" ? "" : node)",
                            "Spec": {"RestartPolicy": \#(policy)}, "CreatedAt": "2026-0\#(number)", "DesiredState": "\#(parts[1])",
                            "Status": {"State": "\#(parts[0])", "ContainerStatus": {"ExitCode": 3}}}
                            """#)))
            },
            nodes: ["n": try #require(EngineNode(found))], containers: [:], gateways: [:])
    }

    @Test(arguments: [
        ("running running", Instance.State.running), ("starting running", .running), ("preparing running", .running),
        ("pending running -", .running), ("ready ready", .running), ("running shutdown", .stopping),
        ("starting remove", .stopping), ("pending remove -", .withdrawn), ("assigned remove", .withdrawn),
        ("assigned shutdown", .stopping), ("failed shutdown", .ended(exit: "exit code 3")),
        ("failed running", .running), ("complete shutdown", .ended(exit: "exit code 3")),
    ])
    func `is what the swarm says of it`(words: String, state: Instance.State) throws {
        let look = try Self.look([words])
        #expect(look.condition(look.tasks[0]) == state)
    }

    @Test(arguments: [
        "shutdown shutdown", "pending shutdown -", "orphaned shutdown gone", "remove remove",
    ])
    func `of which nothing runs is no instance`(words: String) throws {
        let look = try Self.look([words])
        #expect(look.condition(look.tasks[0]) == nil)
    }

    @Test(
        arguments: ["running shutdown", "assigned remove", "starting remove", "orphaned shutdown"], ["down", "unknown"])
    func `is not taken for ended because its node does not answer`(words: String, node: String) throws {
        let look = try Self.look([words], node: node)
        #expect(look.condition(look.tasks[0]) == .stopping)
        #expect(look.lost.map(\.refuses) == [true])
    }

    /// The swarm takes one that it would not start again for the replica that it is to replace.
    @Test(
        arguments: [
            (#"{"Condition": "none"}"#, true), (#"{"Condition": "on-failure"}"#, true),
            (#"{"Condition": "any", "MaxAttempts": 3}"#, true), (#"{"Condition": "any"}"#, false), ("{}", false),
        ], ["failed shutdown", "failed remove", "complete shutdown", "shutdown shutdown", "shutdown remove"])
    func `that has ended is waited for until it is removed`(policy: (String, Bool), words: String) throws {
        var standing = SwarmStanding()
        func isHeld(_ tasks: [String], replicas: Int = 0) throws -> Bool {
            var look = try Self.look(tasks, replicas: replicas, policy: policy.0)
            look.standing = standing.ids(in: look)
            return look.tasks.contains { look.condition($0) == .withdrawn }
        }
        #expect(try !isHeld([words], replicas: 1))
        #expect(try isHeld([words]) == policy.1)
        // What was there before it is nobody's replica.
        #expect(try !isHeld(["failed shutdown", "running running"], replicas: 1))
        #expect(try isHeld(["failed shutdown", words]) == policy.1)
        #expect(try !isHeld(["failed shutdown"]))
    }

    @Test func `that was started in another's place counts its ends`() throws {
        let look = try Self.look(["failed shutdown", "complete shutdown", "shutdown shutdown", "running running"])
        #expect(look.tasks.compactMap { look.instance($0)?.restarts } == [2])
    }

    /// As happens with an engine that has just been started again.
    @Test func `counts what its nodes refuse once that has gone on for longer than the start of an engine`() throws {
        var refusals = SwarmRefusals()
        let start = ContinuousClock.now
        func restarts(_ tasks: [String], after seconds: Int) throws -> [Int] {
            var look = try Self.look(tasks)
            look.refused = refusals.lasting(in: look, at: start + .seconds(seconds))
            return look.tasks.compactMap { look.instance($0)?.restarts }
        }
        let refused = ["failed shutdown", "rejected shutdown", "rejected shutdown", "ready ready"]
        #expect(try restarts(refused, after: 0) == [1])
        #expect(try restarts(refused, after: 30) == [1])
        #expect(try restarts(refused, after: 31) == [3])
        let running = Array(refused.dropLast()) + ["running running"]
        #expect(try restarts(running, after: 40) == [1])
        #expect(try restarts(refused, after: 50) == [1])
    }

    /// As where a task's state changes at the moment at which its service is scaled down.
    @Test func `makes its service late once the swarm has wanted it for longer than a busy swarm takes`() throws {
        var lag = SwarmLag()
        let start = ContinuousClock.now
        func isLate(
            _ tasks: [String], replicas: Int = 0, policy: String = "{}", index: Int = 1, after seconds: Int
        ) throws -> Bool {
            var look = try Self.look(tasks, replicas: replicas, index: index, policy: policy)
            look.standing = ["t0"]
            return !lag.lasting(in: look, at: start + .seconds(seconds)).isEmpty
        }
        let restarted = ["failed shutdown", "running running"]
        #expect(try !isLate(restarted, after: 0))
        #expect(try !isLate(restarted, after: 5))
        #expect(try isLate(restarted, after: 6))
        // Written again.
        #expect(try !isLate(restarted, index: 2, after: 7))
        #expect(try isLate(restarted, index: 2, after: 13))
        #expect(try !isLate(["running remove"], index: 2, after: 14))
        #expect(try !isLate(restarted, index: 2, after: 15))
        // A task beside its successor is one place.
        #expect(try !isLate(["running running", "preparing running"], replicas: 1, index: 3, after: 16))
        #expect(try !isLate(["running running", "preparing running"], replicas: 1, index: 3, after: 30))
        // Held for a replica, and not to be removed.
        let held = #"{"Condition": "none"}"#
        #expect(try !isLate(["failed shutdown"], policy: held, index: 4, after: 40))
        #expect(try isLate(["failed shutdown"], policy: held, index: 4, after: 46))
        #expect(try !isLate(["failed remove"], policy: held, index: 4, after: 60))
    }
}
