import Backends
import UpgradeCore

/// How a command finds the deployment that this one was given.
///
/// Remedies are written in modules that do not know it: whatever prints one completes its commands here, so that they can
/// be typed as they stand.
struct Address: Equatable {
    /// The options that name the deployment, as they were given; empty where nobody named one.
    let options: [(name: String, value: String)]

    /// The deployment that a command finds by itself.
    static let here = Address(group: nil)

    /// A group of this machine, by its folder.
    init(group: String?) { options = group.map { [("--group", $0)] } ?? [] }

    /// A Compose project.
    init(compose: ComposeWishes) {
        func all(_ name: String, _ values: [String]) -> [(name: String, value: String)] { values.map { (name, $0) } }
        options =
            [("--compose", compose.folder)] + all("--file", compose.files)
            + all("--project-directory", [compose.projectDirectory].compactMap(\.self))
            + all("--project-name", [compose.projectName].compactMap(\.self)) + all("--profile", compose.profiles)
            + all("--env-file", compose.envFiles) + all("--service", [compose.service].compactMap(\.self))
    }

    /// A service of a swarm.
    init(swarm: SwarmWishes) { options = swarm.service.map { [("--swarm", $0)] } ?? [] }

    static func == (left: Address, right: Address) -> Bool {
        left.options.elementsEqual(right.options) { $0 == $1 }
    }

    /// Commands that work on no deployment.
    private static let others: Set<Substring> = ["releases", "rehearse"]
    /// Options by which a command names its deployment itself.
    private static let naming: Set<Substring> = ["--group", "--compose", "--project-name", "--swarm"]

    /// The text with its commands completed: what stands in back-ticks and begins with `owui-upgrade`.
    func completed(_ text: String) -> String {
        guard !options.isEmpty else { return text }
        return text.replacing(#/`(owui-upgrade [^`]*)`/#) { "`\(command(String($0.1)))`" }
    }

    /// One command, completed.
    func command(_ text: String) -> String {
        let words = text.split(separator: " ")
        guard words.count > 1, !Address.others.contains(words[1]), Address.naming.isDisjoint(with: words) else {
            return text
        }
        return ([text] + options.map { "\($0.name) \($0.value.shellWord)" }).joined(separator: " ")
    }
}

extension Address {
    func completed(_ fault: Fault) -> Fault {
        Fault(fault.kind, fault.what, why: fault.why, remedy: completed(fault.remedy))
    }

    func completed(_ hold: Hold) -> Hold {
        Hold(fault: completed(hold.fault), stage: hold.stage, revisionMoved: hold.revisionMoved)
    }

    func completed(_ outcome: Outcome) -> Outcome {
        switch outcome {
        case .refused(let faults): .refused(faults: faults.map(completed))
        case .rolledBack(let cause): .rolledBack(cause: cause.map { completed($0.whenOver) })
        case .upgraded, .givenUp: outcome
        }
    }
}

extension Fault {
    /// What it says where the run that met it has ended: nothing is left to resume.
    fileprivate var whenOver: Fault {
        guard remedy.contains("`owui-upgrade resume") else { return self }
        return Fault(
            kind, what, why: why, remedy: "find out what kept it and mend that, then give the same command again")
    }
}
