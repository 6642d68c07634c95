import Backends
import FoundationEssentials
import JournalFile
import Synchronization
import UpgradeCore

/// Tells a person or a machine what a command does and how it ends.
protocol Reporter: Audience, Sendable {
    /// A run begins or goes on.
    func begin(_ upgrade: Upgrade, at site: Site)
    /// An engine fetches an image.
    func fetch(_ progress: PullProgress)
    /// Something beside the run that a person should know.
    func warn(_ text: String)
    /// The run has ended for this process.
    func conclude(_ conclusion: Conclusion)
    /// The command ended without a run.
    func fail(_ fault: Fault, _ exit: Exit)
}

/// One JSON object a line on standard output, in the journal's own encoding.
struct JSONReporter: Reporter {
    private let address: Address
    private let time: @Sendable () -> String
    private let fetching = Fetching()

    /// With the wall clock, or with the time of a rehearsal.
    init(_ address: Address, time: @escaping @Sendable () -> String) {
        self.address = address
        self.time = time
    }

    private struct Fetch: Encodable {
        let fetching: PullProgress
    }

    private struct Line: Encodable {
        let at: String
        let event: Event
    }

    private struct Last: Encodable {
        let exit: Int32
        let run: String?
        var outcome: Outcome?
        var hold: Hold?
        var interrupted: String?
        var fault: Fault?
    }

    private struct Warning: Encodable {
        let warning: String
    }

    func begin(_ upgrade: Upgrade, at site: Site) {}
    func see(_ observation: Observation, of upgrade: Upgrade) {}
    func fetch(_ progress: PullProgress) { if fetching.isDue(progress) { JSONText.line(Fetch(fetching: progress)) } }
    func warn(_ text: String) { JSONText.line(Warning(warning: address.completed(text))) }
    func hear(_ event: Event, of upgrade: Upgrade) { JSONText.line(Line(at: time(), event: event)) }

    func conclude(_ conclusion: Conclusion) {
        var last = Last(exit: conclusion.exit.rawValue, run: conclusion.upgrade.run)
        switch conclusion.ending {
        case .success(.finished(let outcome)): last.outcome = address.completed(outcome)
        case .success(.held(let hold)): last.hold = address.completed(hold)
        case .success(.interrupted(let signal)): last.interrupted = signal
        case .success(.asks): break
        case .failure(let fault): last.fault = address.completed(fault)
        }
        JSONText.line(last)
    }

    func fail(_ fault: Fault, _ exit: Exit) {
        JSONText.line(Last(exit: exit.rawValue, run: nil, fault: address.completed(fault)))
    }
}

/// JSON as this program writes it: sorted keys, one line.
enum JSONText {
    static func line(_ value: some Encodable) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            Stream.out(String(decoding: try encoder.encode(value), as: UTF8.self) + "\n")
        } catch {
            Stream.error("A line of output could not be written as JSON: \(error)\n")
        }
    }
}

/// Plain lines: progress and faults on standard error, the result on standard output.
final class TextReporter: Reporter {
    private let address: Address
    private let story = Mutex(Story())
    private let fetching = Fetching()
    private let time: @Sendable () -> String

    /// With the wall clock, or with the time of a rehearsal.
    init(_ address: Address, time: @escaping @Sendable () -> String = { WallClock.text }) {
        self.address = address
        self.time = time
    }

    func begin(_ upgrade: Upgrade, at site: Site) {
        let place: String
        do throws(Fault) { place = try site.store.place(of: nil).told } catch { place = error.what }
        Stream.error("Run \(upgrade.run) of \(site.name), journal in \(place)\n")
        story.withLock { $0.follow(upgrade) }
    }

    func see(_ observation: Observation, of upgrade: Upgrade) {}
    func fetch(_ progress: PullProgress) { if fetching.isDue(progress) { Stream.error("  \(progress.told)\n") } }
    func warn(_ text: String) { Stream.error(address.completed(text) + "\n") }

    func hear(_ event: Event, of upgrade: Upgrade) {
        let line = story.withLock { $0.line(of: event, at: time(), upgrade) }
        if let line { Stream.error(line + "\n") }
    }

    func conclude(_ conclusion: Conclusion) { Stream.out(address.completed(Ending.text(conclusion)) + "\n") }

    func fail(_ fault: Fault, _ exit: Exit) { Stream.error(address.completed(fault.told) + "\n") }
}

/// A run told line by line: each line stands under the step that the run was at when it happened.
struct Story {
    private var step: Step?

    /// Goes on from where a run stands.
    mutating func follow(_ upgrade: Upgrade) { step = upgrade.stage?.step }

    /// The line of an event, after `upgrade` has taken it in; nil for what goes without saying.
    mutating func line(of event: Event, at time: String, _ upgrade: Upgrade) -> String? {
        let step = step ?? upgrade.stage?.step ?? .preflight
        defer { follow(upgrade) }
        guard let text = event.told(of: upgrade) else { return nil }
        return "\(time.dropFirst(11).prefix(8))  \(step.rawValue.padded(to: 17))  \(text)"
    }
}

extension String {
    /// This text with blanks behind it up to a width.
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}

/// What a run says when it ends.
enum Ending {
    static func text(_ conclusion: Conclusion) -> String {
        let upgrade = conclusion.upgrade
        switch conclusion.ending {
        case .success(.finished(.upgraded(changed: true))):
            let count = upgrade.baseline.map { upgrade.replicas(of: $0) }.reduce(0, +)
            let instances = count == 1 ? "One instance serves" : "\(count) instances serve"
            let version = upgrade.target?.version ?? upgrade.plan.target
            return
                (["\(instances) \(version); the database is at \(upgrade.target?.head ?? "its head")."]
                + upgrade.findings.compactMap(\.afterwards)).joined(separator: "\n")
        case .success(.finished(.upgraded(changed: false))):
            return "Everything is already as asked: \(upgrade.target?.version ?? upgrade.plan.target) serves."
        case .success(.finished(.refused(let faults))):
            return (["Nothing was changed."] + faults.map(\.told)).joined(separator: "\n")
        case .success(.finished(.rolledBack(let cause))):
            let serves = "\(upgrade.source?.version ?? "The old version") serves again, as before the run."
            let left = upgrade.findings.compactMap(\.takenBack)
            guard let cause else { return ([serves] + left).joined(separator: "\n") }
            return (["The upgrade failed and went back. \(serves)", cause.told] + evidence(upgrade) + left).joined(
                separator: "\n")
        case .success(.finished(.givenUp)): return "The run was given up; the deployment stays as it is."
        case .success(.held(let hold)): return held(hold, upgrade)
        case .success(.interrupted(let signal)):
            return "Stopped by \(signal) at a durable point. The same command goes on from here."
        case .success(.asks): return "Nothing was changed yet."
        case .failure(let fault): return failed(fault, conclusion)
        }
    }

    /// The tool itself could not go on: what stopped it, where things are, and where that is written.
    private static func failed(_ fault: Fault, _ conclusion: Conclusion) -> String {
        let upgrade = conclusion.upgrade
        let place =
            upgrade.stage.map { stage in
                stage.isBeforeFirstChange
                    ? "Nothing was changed."
                    : "The run stopped at \(stage.step.rawValue); the deployment is as it was then."
            } ?? "The run itself is done."
        return [place, fault.told, "  Written in \(conclusion.journal)"].joined(separator: "\n")
    }

    /// A hold: what happened, what state things are in, and what to do.
    static func held(_ hold: Hold, _ upgrade: Upgrade) -> String {
        var lines = [
            "The run holds at \(hold.stage.step.rawValue) and needs a person. Nothing is lost.", hold.fault.told,
        ]
        lines.append("  \(schema(hold, upgrade))")
        if let backup = upgrade.backup { lines.append("  Backup: \(backup.told)") }
        if !upgrade.paused.isEmpty, !upgrade.automationIsBack {
            lines.append("  Still paused: \(upgrade.paused.map(\.name).joined(separator: ", "))")
        }
        lines.append("  Then: \(ways(hold, upgrade))")
        return (lines + evidence(upgrade)).joined(separator: "\n")
    }

    /// What the run knows of the schema, which is what it did itself where the deployment could not be seen as its own.
    private static func schema(_ hold: Hold, _ upgrade: Upgrade) -> String {
        let source = upgrade.source?.version ?? "the old version"
        // Somebody else was at work, or the platform could not be asked.
        let isUnseen = hold.fault.kind == .conflict || hold.fault.kind == .unavailable
        guard hold.revisionMoved else {
            return isUnseen
                ? "This run has not moved the schema, which was the one of \(source)."
                : "The schema is still the one of \(source)."
        }
        let isCertain = upgrade.hasMoved || hold.stage == .readRevision || !isUnseen
        return "The schema \(isCertain ? "has" : "may have") moved: \(source) must not be started on it."
    }

    /// The commands that lead on from a hold.
    private static func ways(_ hold: Hold, _ upgrade: Upgrade) -> String {
        var ways = ["`owui-upgrade resume`"]
        if upgrade.objectionToRestart == nil { ways.append("`owui-upgrade resume --restart`") }
        let restores = upgrade.hasMoved || hold.revisionMoved
        if upgrade.objection(toRollbackWithRestore: restores) == nil, !restores || upgrade.plan.backup.isRestorable {
            ways.append(restores ? "`owui-upgrade rollback --restore`" : "`owui-upgrade rollback`")
        }
        return ways.dropLast().joined(separator: ", ") + (ways.count > 1 ? " or " : "") + (ways.last ?? "")
    }

    private static func evidence(_ upgrade: Upgrade) -> [String] {
        upgrade.evidence.isEmpty ? [] : ["  Saved: \(upgrade.evidence.joined(separator: ", "))"]
    }
}
