import ArgumentParser
import Testing
import UpgradeCore

@testable import owui_upgrade

/// The commands that messages tell a person to type.
@Suite struct `The next command to type` {
    /// A command as it stands in a source file, between back-ticks.
    struct Hint: Sendable, CustomTestStringConvertible {
        let file: String
        let text: String
        var testDescription: String { "\(file): \(text)" }
    }

    private static let sources =
        #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined() + "/Sources"

    /// Every command that a text of this program names, with a word in the place of each value.
    static let hints: [Hint] = {
        var hints: [Hint] = []
        for path in Files.all(below: sources) where path.hasSuffix(".swift") {
            let lines = (Files.text(path) ?? "").split(separator: "\n").filter { line in
                !line.drop { $0 == " " }.hasPrefix("//")
            }
            for match in lines.joined(separator: "\n").matches(of: #/`owui-upgrade (?<words>[^`]*)`/#) {
                let words = match.words.replacing(#/\\\([^()]*(\([^()]*\))?[^()]*\)/#, with: "VALUE")
                hints.append(Hint(file: String(path.dropFirst(sources.count + 1)), text: "owui-upgrade \(words)"))
            }
        }
        return hints
    }()

    @Test func `is found in every module`() {
        #expect(Self.hints.count > 40)
        for module in ["UpgradeCore", "JournalFile", "Backends", "ReleaseKnowledge", "owui-upgrade"] {
            #expect(Self.hints.contains { $0.file.hasPrefix("\(module)/") }, "\(module)")
        }
    }

    @Test(arguments: hints) func `is one that this program understands`(hint: Hint) throws {
        for text in [hint.text, Address(group: "/srv/chat").command(hint.text)] {
            let words = text.split(separator: " ").dropFirst().map(String.init)
            #expect(throws: Never.self, "\(text)") { try OWUIUpgrade.parseAsRoot(words) }
        }
    }

    @Test(arguments: [
        ("/srv/chat", "--group /srv/chat"), ("/srv/my chat", "--group '/srv/my chat'"),
        ("it's", #"--group 'it'\''s'"#), ("", "--group ''"), ("$(reboot)", "--group '$(reboot)'"),
    ])
    func `names the group that was given, as a shell's word`(group: String, option: String) {
        let told = Address(group: group).completed("look with `owui-upgrade status`, then `owui-upgrade resume --yes`")
        #expect(told == "look with `owui-upgrade status \(option)`, then `owui-upgrade resume --yes \(option)`")
    }

    @Test(arguments: [
        "see `owui-upgrade releases`", "play it with `owui-upgrade rehearse --to 0.12.4`", "free it with `df -h`",
        "say `owui-upgrade status --group /x`", "owui-upgrade is not a command here",
    ])
    func `stays as it is where it needs no group`(text: String) {
        #expect(Address(group: "/srv/chat").completed(text) == text)
        #expect(Address.here.completed(text) == text)
    }

    @Test func `is completed in what machines read too`() {
        let fault = Fault(.failed, "It failed.", remedy: "see `owui-upgrade status`")
        let address = Address(group: "/srv/chat")
        let told = address.completed(fault)
        #expect(told.remedy == "see `owui-upgrade status --group /srv/chat`")
        #expect(address.completed(Outcome.refused(faults: [fault])) == .refused(faults: [told]))
        #expect(address.completed(Outcome.rolledBack(cause: fault)) == .rolledBack(cause: told))
        let hold = Hold(fault: fault, stage: .verify, revisionMoved: true)
        #expect(address.completed(hold) == Hold(fault: told, stage: .verify, revisionMoved: true))
    }

    @Test func `for files in folders with a blank is quoted`() {
        #expect("/srv/my chat/lock".shellWord == "'/srv/my chat/lock'")
        #expect("20200101-000000-0000".shellWord == "20200101-000000-0000")
    }
}

@Suite struct `A fault's exit code` {
    @Test(arguments: Fault.Kind.allCases) func `tells what became of the deployment`(kind: Fault.Kind) {
        let fault = Fault(kind, "It failed.", remedy: "mend it")
        switch kind {
        case .owned: #expect([Exit(fault), Exit(fault, isInRun: true)] == [.owned, .owned])
        case .interrupted: #expect([Exit(fault), Exit(fault, isInRun: true)] == [.interrupted, .interrupted])
        default: #expect([Exit(fault), Exit(fault, isInRun: true)] == [.refused, .toolFailed])
        }
    }
}
