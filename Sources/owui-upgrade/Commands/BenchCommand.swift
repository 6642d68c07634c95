import ArgumentParser
import JournalFile
import UpgradeCore

/// Measures what only this program can: `scripts/bench` calls it on a release build.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench-journal", abstract: "Append records to a journal and print the median time of one.",
        shouldDisplay: false)

    @Option(help: "A folder for the journal; it is made, the one above it is not.")
    var folder: String

    @Option(help: "How many records.")
    var count = 200

    /// The journal belongs to nobody else.
    private struct NoFence: Fence {
        func check() {}
    }

    func validate() throws {
        guard count > 0 else { throw ValidationError("--count wants at least 1") }
    }

    func run() async throws {
        try await OutputForm.text.explained {
            let header = JournalHeader(run: "bench", tool: Program.version, at: WallClock.text)
            let journal = try JournalFile<Event>.create(in: StateFolder(folder), header: header, fence: NoFence())
            var times: [Duration] = []
            let clock = ContinuousClock()
            for number in 1...count {
                let event = Event.noticed(notice: .migration(line: "Running upgrade \(number) -> \(number + 1)"))
                let start = clock.now
                try journal.append(event, at: WallClock.text)
                times.append(clock.now - start)
            }
            let (seconds, attoseconds) = times.sorted()[count / 2].components
            Stream.out("\(seconds * 1_000_000 + attoseconds / 1_000_000_000_000) microseconds\n")
            return .asAsked
        }
    }
}
