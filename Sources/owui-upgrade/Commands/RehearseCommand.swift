import ArgumentParser

struct RehearseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rehearse", abstract: "Run an upgrade by the real rules on a simulated deployment.")
    func run() async throws {}
}
