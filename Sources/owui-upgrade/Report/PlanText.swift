import ReleaseKnowledge
import UpgradeCore

/// What an upgrade will do, told before it is made.
struct PlanText {
    /// A plan that would be refused, for machines.
    struct Refusal: Encodable {
        let refused: [Fault]
    }

    /// A plan for machines.
    struct Value: Encodable {
        let plan: Plan
        let source: ImageFacts?
        let target: ImageFacts?
        let workloads: [Workload]
        let forecast: SchemaForecast?
        /// Why the forecast has no estimate.
        let noEstimate: String?
        let findings: [Finding]
    }

    private let upgrade: Upgrade
    private let forecast: SchemaForecast?
    private let noEstimate: String?

    init(_ upgrade: Upgrade, sizes: Result<TableSizes, Fault>) {
        self.upgrade = upgrade
        let known: TableSizes?
        switch sizes {
        case .success(let sizes): (known, noEstimate) = (sizes, nil)
        case .failure(let fault): (known, noEstimate) = (nil, fault.why.isEmpty ? fault.what : fault.why)
        }
        guard let source = upgrade.source, let target = upgrade.target, let chain = Chain(ids: target.chain) else {
            forecast = nil
            return
        }
        do throws(Fault) {
            forecast = try SchemaForecast(
                from: source.head, along: chain, source: ReleaseNumber(source.version),
                target: ReleaseNumber(target.version), sizes: known)
        } catch {
            forecast = nil
        }
    }

    var value: Value {
        Value(
            plan: upgrade.plan, source: upgrade.source, target: upgrade.target, workloads: upgrade.baseline,
            forecast: forecast, noEstimate: noEstimate,
            findings: upgrade.findings)
    }

    var text: String {
        guard let source = upgrade.source, let target = upgrade.target else { return "Nothing is known yet." }
        var lines = ["From \(source.version) to \(target.version)"]
        for workload in upgrade.baseline {
            let settings = workload.settings
            lines.append(
                "  \(workload.name): \(settings.replicas) replicas of \(ImageName.told(settings.image)), then "
                    + "\(upgrade.replicas(of: workload)) of \(ImageName.told(upgrade.targetImage(for: settings.image)))"
            )
        }
        lines += schema(source, target) + ["", "Steps"] + steps
        let warnings = upgrade.findings.filter { !$0.refuses }.map { "\($0.fault.what) Do: \($0.fault.remedy)." }
        let notes = upgrade.plan.backup.notes + warnings
        if !notes.isEmpty { lines += ["", "Take note"] + notes.map { "  \($0)" } }
        return lines.joined(separator: "\n")
    }

    private func schema(_ source: ImageFacts, _ target: ImageFacts) -> [String] {
        let count = upgrade.pendingRevisions.count
        guard count > 0 else { return ["", "Schema", "  unchanged (\(target.head))"] }
        var lines = [
            "", "Schema",
            "  \(source.head) to \(target.head): \(count == 1 ? "one migration" : "\(count) migrations in one transaction")",
        ]
        guard let forecast else {
            return lines + ["  nothing more is known of them; the way back is the backup: \(backup)"]
        }
        func list(_ title: String, _ revisions: [SchemaForecast.Pending]) {
            if !revisions.isEmpty {
                lines.append("  \(title): \(revisions.map(\.told).joined(separator: ", "))")
            }
        }
        list("can take long", forecast.long)
        list("break old code", forecast.breakingOldCode)
        list("not in this tool's table", forecast.unknown)
        lines.append("  \(estimate(forecast))")
        switch forecast.wayBack {
        case .unchanged: break
        case .lossy, .impossible, .unknown: lines.append("  the way back is the backup: \(backup)")
        }
        lines += forecast.departures.map { "  \($0)" }
        if !forecast.cautions.isEmpty { lines += ["", "Upstream cautions"] + cautions(forecast.cautions) }
        return lines
    }

    private func estimate(_ forecast: SchemaForecast) -> String {
        guard let estimate = forecast.estimate else {
            return "how long it takes cannot be estimated: \(noEstimate ?? "the size of the tables is not known")"
        }
        let time = "about \(estimate.seconds.lowerBound) to \(estimate.seconds.upperBound) s by the size of the tables"
        return time + (estimate.isComplete ? "" : ", without what is not in this tool's table")
            + "; \(estimate.freeBytes >> 20) MiB should be free on the database's disk"
    }

    /// A line for each caution; those that say what this procedure does anyway share one.
    private func cautions(_ all: [Caution]) -> [String] {
        let together = all.filter { $0.topic == .together }.map { "\($0.from)" }.reduce(into: [String]()) {
            once, release in
            if !once.contains(release) { once.append(release) }
        }
        let shared =
            together.isEmpty
            ? []
            : [
                "  \(together.joined(separator: ", ")): no rolling updates, all instances at once; this procedure does so"
            ]
        return shared + all.filter { $0.topic != .together }.map { "  \($0.told)" }
    }

    private var backup: String {
        switch upgrade.plan.backup {
        case .pgDump(let folder): "pg_dump into \(folder)"
        case .command(let make, _, _): "\(Plan.Backup.name(of: make)), from backup.command in the plan file"
        case .none: "none, as acknowledged"
        }
    }

    private var steps: [String] {
        let down = upgrade.plan.strategy == .scaleToOne ? ["scale-down     one old instance serves on"] : []
        return
            (down + [
                "swap-image     every instance ends, then: backup, and one instance of the target, one worker",
                "await-migrated until the database is at the target's head",
                "await-healthy  until that instance serves and says its version",
                "scale-up       the other replicas; the migrating instance is replaced last where its settings differ",
                "verify         what can be seen from outside",
            ]).map { "  \($0)" }
    }
}

extension Plan.Backup {
    /// How a command of a person's own is called: by its first word alone, for the rest may hold what nobody should read.
    static func name(of command: String) -> String {
        let word = command.split(whereSeparator: \.isWhitespace).first ?? ""
        let isPlain = word.allSatisfy { $0.isLetter || $0.isNumber || "/._-".contains($0) }
        return isPlain ? "`\(word) …`" : "a command of your own"
    }

    /// What must be known of a backup by a command of one's own before it is relied upon.
    var notes: [String] {
        guard case .command(_, let restore, let verify) = self else { return [] }
        var notes: [String] = []
        if restore == nil {
            notes.append(
                "No way to restore this backup is known, so `rollback --restore` would be refused: add "
                    + "backup.command.restore.")
        }
        if verify == nil {
            notes.append(
                "Whether this backup can be read is seen only where the command names a file of this machine: add "
                    + "backup.command.verify.")
        }
        return notes + [
            "The journal keeps the commands of backup.command as they are written, and whoever lists the processes of "
                + "this machine sees them: a password belongs into a file or the environment."
        ]
    }
}

extension Caution {
    /// In a person's words.
    var told: String { "\(from): \(text)" }
}

extension SchemaForecast.Pending {
    /// Its id and its words. A file's name has underscores between them.
    fileprivate var told: String {
        let words = title.split(separator: "_").joined(separator: " ")
        return words.isEmpty ? id : "\(id) (\(words))"
    }
}
