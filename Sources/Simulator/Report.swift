import UpgradeCore

/// What came of many simulated runs.
package struct Report: Sendable, CustomStringConvertible {
    package private(set) var runs = 0
    package private(set) var events = 0
    package private(set) var coverage = Coverage()
    /// The promises that were not kept, by seed; a report keeps the first hundred.
    package private(set) var violations: [Violation] = []
    /// How many runs broke a promise.
    package private(set) var broken = 0

    /// From how many runs on no possible cell of the tables is empty.
    package static let filling = 20_000

    package init() {}

    /// The cells that could be and are empty, where there were runs enough to fill them.
    package var emptyCells: [String] { runs < Report.filling ? [] : coverage.gaps }

    mutating func add(_ ending: Story.Ending) {
        runs += 1
        events += ending.journal.count
        coverage.add(ending.coverage)
        if !ending.violations.isEmpty { broken += 1 }
        keep(ending.violations)
    }

    mutating func add(_ other: Report) {
        runs += other.runs
        events += other.events
        coverage.add(other.coverage)
        broken += other.broken
        keep(other.violations)
    }

    private mutating func keep(_ more: [Violation]) {
        guard !more.isEmpty else { return }
        violations = Array((violations + more).sorted { ($0.seed, $0.moment) < ($1.seed, $1.moment) }.prefix(100))
    }

    /// Both tables, and the violations with their seeds.
    package var description: String {
        var lines = ["\(runs) runs, \(events) events, \(broken) runs with a broken promise", ""]
        lines += endTable + [""] + stepTable + [""]
        lines.append(coverageLine)
        lines += violations.prefix(20).map(\.told)
        return lines.joined(separator: "\n")
    }

    private var coverageLine: String {
        let gaps = coverage.gaps
        if gaps.isEmpty { return "every possible cell is above zero" }
        guard runs < Report.filling else { return "empty cells: \(gaps.joined(separator: ", "))" }
        return "so few runs cannot fill the tables (\(gaps.count) cells are empty); \(Report.filling) do"
    }

    private var endTable: [String] {
        let ends = EndState.allCases.map { Report.row("\($0)", coverage.ends[$0.rawValue]) }
        let exits = Coverage.exitCodes.enumerated().map { Report.row("exit \($1)", coverage.exits[$0]) }
        let fates = Trouble.Fate.allCases.map { Report.row("migration \($0)", coverage.fates[$0.rawValue]) }
        return ["runs per end"] + ends + ["processes per exit code"] + exits + ["migrations begun"] + fates
    }

    private var stepTable: [String] {
        let kinds = Trouble.Kind.allCases
        let head = Report.pad("step × trouble", 18) + kinds.map { Report.pad("\($0)", 13, left: true) }.joined()
        let rows = Step.allCases.map { step in
            let cells = kinds.map { kind in
                let count = coverage[step, kind]
                let isImpossible = count == 0 && Coverage.impossibility(step, kind) != nil
                return Report.pad(isImpossible ? "–" : "\(count)", 13, left: true)
            }
            return Report.pad(step.rawValue, 18) + cells.joined()
        }
        return [head] + rows
    }

    private static func row(_ name: String, _ count: Int) -> String {
        "  " + pad(name, 26) + pad("\(count)", 10, left: true)
    }

    private static func pad(_ text: String, _ width: Int, left: Bool = false) -> String {
        let blanks = String(repeating: " ", count: max(0, width - text.count))
        return left ? blanks + text : text + blanks
    }
}
