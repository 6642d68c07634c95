import UpgradeCore

extension Report {
    /// A report for machines.
    package struct Value: Encodable {
        let runs: Int
        let events: Int
        /// How many runs broke a promise.
        let broken: Int
        /// How many runs came to each end.
        let ends: [String: Int]
        /// How many processes ended with each exit code.
        let exits: [String: Int]
        /// How many migrations had each fate.
        let migrations: [String: Int]
        /// How often each kind of trouble came, by step.
        let troubles: [String: [String: Int]]
        /// The cells that should not be empty; none where so few runs cannot fill them.
        let emptyCells: [String]
        let violations: [Violation]
    }

    /// This report for machines.
    package var value: Value {
        Value(
            runs: runs, events: events, broken: broken,
            ends: table(EndState.allCases) { coverage.ends[$0.rawValue] },
            exits: table(Coverage.exitCodes) { code in
                Coverage.exitCodes.firstIndex(of: code).map { coverage.exits[$0] } ?? 0
            },
            migrations: table(Trouble.Fate.allCases) { coverage.fates[$0.rawValue] },
            troubles: Dictionary(
                uniqueKeysWithValues: Step.allCases.map { step in
                    (step.rawValue, table(Trouble.Kind.allCases) { coverage[step, $0] })
                }),
            emptyCells: emptyCells, violations: violations)
    }

    private func table<Row>(_ rows: [Row], _ count: (Row) -> Int) -> [String: Int] {
        Dictionary(uniqueKeysWithValues: rows.map { ("\($0)", count($0)) })
    }
}
