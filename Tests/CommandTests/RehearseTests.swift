import FoundationEssentials
import Testing

@Suite struct `The command rehearse` {
    private func rehearse(_ words: String...) async throws -> Finished {
        try await ChildProcess.run(Workshop.tool, ["rehearse"] + words)
    }

    @Test(arguments: ["text", "json"]) func `says the same for the same seed, byte for byte`(output: String)
        async throws
    {
        let first = try await rehearse("--to", "0.12.4", "--seed", "7", "--output", output)
        let second = try await rehearse("--to", "0.12.4", "--seed", "7", "--output", output)
        #expect(first.out == second.out)
        #expect(first.error == second.error)
        #expect(first.exit == second.exit)
        let other = try await rehearse("--to", "0.12.4", "--seed", "8", "--output", output)
        #expect(first.story != other.story)
        // The world begins with the rehearsal; a wall clock would say another day.
        #expect(first.story.contains(output == "json" ? #"{"at":"1970-01-01T00:00:00Z","# : "\n00:00:00  preflight"))
    }

    @Test func `shows first what is simulated and what goes wrong`() async throws {
        let quiet = try await rehearse("--to", "0.12.4")
        quiet.expect(0, saying: "3 instances serve 0.12.4", "A real run would have ended with exit code 0.")
        #expect(
            quiet.error.hasPrefix(
                """
                Simulated deployment
                  open-webui: 3 instances of 0.6.43
                  the database at the head of its version; 0.12.4 has migrations to run
                Trouble, by seed 0
                  none

                00:00:00  preflight          upgrade to 0.12.4, by person
                """))
        let json = try await rehearse("--to", "0.12.4", "--output", "json")
        #expect(json.out.hasPrefix(#"{"simulated":{"deployment":["open-webui: 3 instances of 0.6.43","#))
        #expect(json.out.split(separator: "\n").last?.hasPrefix(#"{"exit":0,"#) == true)
    }

    @Test func `ends with the exit code and in the words of a real run`() async throws {
        var said: [Int32: String] = [:]
        for seed in 1...60 {
            let ended = try await rehearse("--to", "0.12.4", "--seed", "\(seed)")
            ended.expect(ended.exit, saying: "A real run would have ended with exit code \(ended.exit).")
            #expect(!ended.story.contains("A promise is broken"), "seed \(seed)")
            said[ended.exit] = ended.out
        }
        #expect(Set(said.keys).isSuperset(of: [0, 3, 4]))
        #expect(said.keys.allSatisfy { [0, 2, 3, 4].contains($0) })
        #expect(said[3]?.hasPrefix("The upgrade failed and went back. 0.6.43 serves again") == true)
        #expect(said[4]?.hasPrefix("The run holds at ") == true)
    }

    @Test(arguments: [
        (["--to", "nonsense"], "There is no image of `nonsense`"),
        (["--to", "0.6.999"], "There is no image of `0.6.999`"),
        (["--to", "not a tag"], "is not a version"), (["--to", "0.5.0"], "0.5.0 does not know the schema"),
        (["--to", "0.12.4", "--backup", "none"], "no backup was asked for"),
        (["--to", "0.12.4", "--backup", "tape"], "is no way to make a backup"),
    ])
    func `refuses what a real run refuses`(words: [String], told: String) async throws {
        let refused = try await ChildProcess.run(Workshop.tool, ["rehearse"] + words)
        refused.expect(2, saying: told, "  do:  ")
        #expect(!refused.story.contains("romise"))
    }

    @Test(arguments: [
        ["0.6.43", "already as asked"], ["main", "serve"], ["v0.12.4-cuda", "3 instances serve 0.12.4"],
    ])
    func `knows other targets than the newest`(target: [String]) async throws {
        try await rehearse("--to", target[0]).expect(0, saying: target[1])
    }

    @Test(arguments: [
        (["--runs", "0"], "--runs must be at least 1"), ([], "Missing expected argument"),
        (["--runs", "5", "--seed", "18446744073709551615"], "goes beyond the last seed, 18446744073709551614"),
        (["--runs", "5", "--to", "0.12.4"], "leave out --to"),
    ])
    func `refuses a command line that is wrong`(words: [String], told: String) async throws {
        try await ChildProcess.run(Workshop.tool, ["rehearse"] + words).expect(64, saying: told)
    }

    private struct Report: Decodable {
        let runs: Int
        let broken: Int
        let ends: [String: Int]
        let troubles: [String: [String: Int]]
        let emptyCells: [String]
    }

    @Test func `prints many runs as JSON where that is asked for`() async throws {
        let ended = try await rehearse("--runs", "20", "--seed", "18446744073709551595", "--output", "json")
        ended.expect(0)
        let report = try JSONDecoder().decode(Report.self, from: Data(ended.out.utf8))
        #expect(report.runs == 20)
        #expect(report.ends.values.reduce(0, +) == 20)
        #expect(report.troubles["swap-image"]?["kill"] != nil)
        #expect(report.broken == 0)
        #expect(report.emptyCells == [])
        try await rehearse("--runs", "20").expect(0, saying: "20 runs, ", "so few runs cannot fill the tables")
    }
}

@Suite struct `A result` {
    /// Runs the tool by a line of bash, in which it is `$0`.
    private func run(_ line: String) async throws -> Finished {
        try await ChildProcess.run("/bin/bash", ["-c", line, Workshop.tool])
    }

    @Test(arguments: ["releases", "releases --output json", "rehearse --to 0.12.4", "rehearse --runs 2 --output json"])
    func `that cannot be written is a failure`(words: String) async throws {
        let full = try await run("exec \"$0\" \(words) >/dev/full")
        full.expect(
            1, what: "The result could not be written.", why: "No space left on device", remedy: "another place")
    }

    @Test(arguments: ["releases", "releases --output json", "rehearse --to 0.12.4"])
    func `whose reader is gone is no failure`(words: String) async throws {
        let gone = try await run("exec 3> >(exec true); wait $!; exec \"$0\" \(words) >&3 3>&-")
        gone.expect(0)
        #expect(gone.out == "")
        #expect(!gone.error.contains("could not be written"))
    }
}
