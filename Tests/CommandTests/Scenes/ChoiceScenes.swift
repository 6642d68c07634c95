import Glibc
import Testing

/// Which of several services is meant. The project is the answer of a `docker` that knows nothing else.
@Suite(.timeLimit(.minutes(20))) struct `Where two services are Open WebUI` {
    /// A folder with a project, and a `docker` that shows it.
    private final class Stall {
        let folder: String

        init() throws {
            folder = "\(try Workshop.root())/stall_\(UInt64.random(in: 0...UInt64.max))"
            try Files.makeFolder(folder)
            try Files.makeFolder("\(folder)/bin")
            let services = ["alpha", "beta"].map { name in
                #""\#(name)":{"image":"open-webui:1","environment":{"DATABASE_URL":"sqlite:///\#(name).db"}}"#
            }
            let config = #"{"name":"stall","services":{\#(services.joined(separator: ","))}}"#
            try Files.write(
                """
                #!/bin/sh
                case "$*" in
                *version*) echo 2.26.1 ;;
                *config*) echo '\(config)' ;;
                *) exit 1 ;;
                esac

                """, to: "\(folder)/bin/docker", mode: 0o755)
            try Files.write("name: stall\n", to: "\(folder)/compose.yaml")
        }

        deinit { Files.erase(folder) }

        var environment: [String: String] {
            ["PATH": "\(folder)/bin:/usr/bin:/bin", "DOCKER_HOST": "unix:///nowhere.sock", "TERM": "xterm"]
        }

        var words: [String] { ["plan", "--to", "0.12.4", "--compose", folder] }

        func sit() throws -> Seat { try Seat([Workshop.tool] + words, environment) }
    }

    @Test(arguments: [("2\n", "beta"), ("alpha\n", "alpha"), ("3\nbeta\n", "beta")])
    func `a person is asked, by number or name, and it goes on`(answer: String, chosen: String) throws {
        let stall = try Stall()
        let seat = try stall.sit()
        try seat.wait(for: "Which of these services is to be upgraded?")
        try seat.wait(for: "Number or name: ")
        for line in answer.split(separator: "\n") {
            let start = seat.bytes.count
            seat.type("\(line)\n")
            if line == "3" { try seat.wait(for: "Number or name: ", from: start) }
        }
        let ended = try seat.end()
        #expect(ended.exit == 2 && ended.out.contains("\(chosen).db"), "\(ended.out)")
    }

    @Test func `a person who says nothing is told how to say it`() throws {
        let stall = try Stall()
        let seat = try stall.sit()
        try seat.wait(for: "Number or name: ")
        seat.typeEnd()
        let ended = try seat.end()
        #expect(ended.exit == 2 && ended.out.contains("--service alpha"), "\(ended.out)")
    }

    @Test func `nobody is asked who does not sit at a terminal`() async throws {
        let stall = try Stall()
        let ended = try await ChildProcess.run(Workshop.tool, stall.words, stall.environment)
        #expect(ended.exit == 2 && ended.story.contains("--service alpha"), "\(ended.story)")
        #expect(!ended.story.contains("Number or name"))
    }
}
