import UpgradeCore

/// How a command finds the deployment that this one was given.
///
/// Remedies are written in modules that do not know it: whatever prints one completes its commands here, so that they can
/// be typed as they stand.
struct Address: Equatable {
    /// The folder of the group as it was named; nil where nobody named one.
    let group: String?

    /// The deployment that a command finds by itself.
    static let here = Address(group: nil)

    /// Commands that work on no deployment.
    private static let others: Set<Substring> = ["releases", "rehearse"]

    /// The text with its commands completed: what stands in back-ticks and begins with `owui-upgrade`.
    func completed(_ text: String) -> String {
        guard group != nil else { return text }
        return text.replacing(#/`(owui-upgrade [^`]*)`/#) { "`\(command(String($0.1)))`" }
    }

    /// One command, completed.
    func command(_ text: String) -> String {
        let words = text.split(separator: " ")
        guard let group, words.count > 1, !Address.others.contains(words[1]), !words.contains("--group") else {
            return text
        }
        return "\(text) --group \(group.shellWord)"
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
        case .rolledBack(let cause): .rolledBack(cause: cause.map(completed))
        case .upgraded, .givenUp: outcome
        }
    }
}
