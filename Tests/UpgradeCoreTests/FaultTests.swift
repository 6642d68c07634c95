import Testing

@testable import UpgradeCore

@Suite struct `The words of the core's faults` {
    static let instance = Instance(
        id: "web-0", image: "0.12.4", state: .ended(exit: "exit 1"), migrationLog: "Running upgrade a -> b")
    static let looping = Instance(id: "web-1", image: "0.12.4", restarts: 3)
    static let desired = Change.Desired(
        workload: "web", settings: Sample.settings, naming: Generation(run: "r1", number: 1))
    static let revisions = [SchemaRevision(schema: "public", rows: ["a", "b"])]
    static let strays = [Session(pid: 7, client: "10.0.0.7"), Session(pid: 8)]
    static let refusal = Upgrade.Refusal(description: "`began` does not fit")
    static let faults: [(String, Fault)] =
        [
            ("noWorkload", .noWorkload()), ("nothingRuns", .nothingRuns("web")),
            ("mixedVersions", .mixedVersions(["0.6.42", "0.6.43"])), ("notServing", .notServing(["web-0", "web-1"])),
            ("strays", .strays(strays)), ("noRevision", .noRevision()), ("manyRevisions", .manyRevisions(revisions)),
            ("notAtSourceHead", .notAtSourceHead("bb", Sample.source)), ("downgrade", .downgrade("ff", Sample.target)),
            ("emptyChain", .emptyChain(Sample.target)),
            ("notTheVersion", .notTheVersion(Sample.target, asked: Version(0, 12, 3))),
            ("backupNotChosen", .backupNotChosen()), ("tooManyFailures", .tooManyFailures(Sample.fault, attempts: 8)),
            ("revisionMoved", .revisionMoved("ff", source: Sample.source, backup: nil, cause: Sample.fault)),
            ("revisionMoved", .revisionMoved(nil, source: Sample.source, backup: Sample.backup, cause: nil)),
            ("nothingToGoBackFrom", .nothingToGoBackFrom("r1")), ("nothingToRestart", .nothingToRestart("r1")),
            ("noBackup", .noBackup("r1")),
            ("alreadyBack", .alreadyBack("r1")),
            ("goingBackNeedsRestore", .goingBackNeedsRestore("r1", hasBackup: true)),
            ("goingBackNeedsRestore", .goingBackNeedsRestore("r1", hasBackup: false)),
            (
                "goingBackNeedsRestore",
                .goingBackNeedsRestore("r1", hasBackup: true, seen: Sample.database(Sample.targetHead))
            ),
            (
                "otherThanTheTarget",
                .otherThanTheTarget(`A companion of another variant`.differences[1], Sample.target)
            ),
            ("migrationSwallowed", .migrationSwallowed(instance, revision: nil, head: Sample.targetHead)),
            ("crashed", .crashed(instance)), ("crashed", .crashed(looping)),
            ("wrongVersion", .wrongVersion(instance, says: "0.11.0", expected: "0.12.4")),
            ("revisionChanged", .revisionChanged(nil, expected: Sample.targetHead)),
            ("settingsChanged", .settingsChanged(desired, now: nil)),
            ("settingsChanged", .settingsChanged(desired, now: Sample.settings.with(replicas: 7))),
            (
                "settingsChanged",
                .settingsChanged(desired, now: Sample.settings.with(image: "0.12.4"), mayMigrate: true)
            ),
            ("settingsChanged", .settingsChanged(desired, now: manyWorkers)),
            ("migratedByOthers", .migratedByOthers(Sample.targetHead, Sample.source, run: "r1")),
            ("automationCameBack", .automationCameBack("autoscaler", run: "r1")), ("stranger", .stranger(looping)),
            ("manyMigrators", .manyMigrators(["web-0", "web-1"])), ("outOfPlace", .outOfPlace(refusal)),
        ] + Goal.allCases.map { ("overdue", Fault.overdue($0, seconds: 60, living: [looping], waitsFor: ["psql"])) }

    /// What was asked for, with other workers.
    private static var manyWorkers: Settings {
        var settings = desired.settings
        settings.workers = "7"
        return settings
    }

    @Test func `are those of the golden file`() throws {
        let file = CheckedInFile("Golden/faults.txt")
        let text = Self.faults.map { name, fault in
            "\(name) (\(fault.kind.rawValue))\n  \(fault.what)\n  why: \(fault.why)\n  do:  \(fault.remedy)\n"
        }.joined(separator: "\n")
        if CheckedInFile.writes { try file.write(text) }
        #expect(try file.read() == text)
    }

    @Test func `are all there`() throws {
        var names: Set<Substring> = []
        for source in ["Faults", "Faults+Looking", "Driver"] {
            let file = CheckedInFile("../../Sources/UpgradeCore/\(source).swift")
            for line in try file.read().split(separator: "\n") {
                let parts = line.split(separator: " ", maxSplits: 2)
                guard parts.count == 3, parts[0] == "static", parts[1] == "func" else { continue }
                names.insert(parts[2].prefix { $0 != "(" })
            }
        }
        #expect(names.subtracting(["asked"]) == Set(Self.faults.map { Substring($0.0) }))
    }

    @Test(arguments: faults.map(\.1)) func `say what happened in one sentence and what to do`(fault: Fault) {
        #expect(fault.what.hasSuffix("."))
        #expect(!fault.what.contains("\n"))
        #expect(!fault.remedy.isEmpty)
        #expect(!fault.remedy.hasSuffix("."))
    }
}
