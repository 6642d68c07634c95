import ArgumentParser
import Testing
import UpgradeCore

@testable import owui_upgrade

/// What people read, kept as text. `OWUI_TEST_GOLDEN=write` writes it anew.
@Suite struct `What is printed` {
    private static let commands: [(name: String, type: any ParsableCommand.Type)] = [
        ("owui-upgrade", OWUIUpgrade.self), ("run", RunCommand.self), ("plan", PlanCommand.self),
        ("resume", ResumeCommand.self), ("rollback", RollbackCommand.self), ("status", StatusCommand.self),
        ("history", HistoryCommand.self), ("log", LogCommand.self), ("unlock", UnlockCommand.self),
        ("rehearse", RehearseCommand.self), ("releases", ReleasesCommand.self), ("local", LocalCommand.self),
        ("local-up", LocalCommand.Up.self), ("local-down", LocalCommand.Down.self),
        ("local-ps", LocalCommand.Show.self),
    ]

    @Test(arguments: commands.map(\.name)) func `by help is what was reviewed`(name: String) throws {
        let command = try #require(Self.commands.first { $0.name == name })
        try Golden.check("help-\(name)", OWUIUpgrade.helpMessage(for: command.type, columns: 100) + "\n")
    }

    @Test func `by help covers every command`() {
        let shown = OWUIUpgrade.configuration.subcommands.filter { $0.configuration.shouldDisplay }
        #expect(shown.count + LocalCommand.configuration.subcommands.count + 1 == Self.commands.count)
    }

    @Test(arguments: [
        (Outcome.upgraded(changed: true), Exit.asAsked), (.upgraded(changed: false), .asAsked), (.givenUp, .asAsked),
        (.rolledBack(cause: nil), .asAsked), (.rolledBack(cause: Fault(.failed, "a", remedy: "b")), .wentBack),
        (.refused(faults: [Fault(.refused, "a", remedy: "b")]), .refused),
        (.refused(faults: [Fault(.owned, "a", remedy: "b")]), .owned),
    ])
    func `as exit code tells the state of the deployment`(outcome: Outcome, exit: Exit) {
        #expect(Exit(outcome) == exit)
    }

    @Test func `of exit codes in help is all of them`() {
        let help = OWUIUpgrade.helpMessage(columns: 1000)
        for exit in Exit.allCases { #expect(help.contains("\(exit.rawValue) "), "\(exit)") }
    }
}
