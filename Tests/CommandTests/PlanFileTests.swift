import ArgumentParser
import Backends
import Testing
import UpgradeCore

@testable import owui_upgrade

/// A file that is there for as long as its owner.
final class WrittenFile {
    let folder: String
    let path: String

    init(_ name: String, _ text: String) throws {
        folder = "\(try Workshop.root())/file-\(UInt64.random(in: 0...UInt64.max))"
        path = "\(folder)/\(name)"
        try Files.makeFolder(folder)
        try Files.write(text, to: path)
    }

    deinit { Files.erase(folder) }
}

@Suite struct `A plan file` {
    private func wishes(_ text: String) throws -> Wishes {
        let file = try WrittenFile("plan.yaml", text)
        return try withExtendedLifetime(file) { try Wishes(planFile: file.path) }
    }

    @Test func `may say everything that the command line may, and more`() throws {
        let file = try WrittenFile(
            "plan.yaml",
            """
            to: v0.12.4
            strategy: stop-all
            replicas: 3
            backup:
              command:
                make: snapshot create
                restore: snapshot restore
                verify: snapshot verify
            acknowledgeNoBackup: yes
            restarts: 0
            deadlines:
              stop: 10
              migration: 20
              healthy: 30
              database: 40
            local:
              group: chat
            """)
        #expect(
            try Wishes(planFile: file.path)
                == Wishes(
                    to: "v0.12.4", strategy: .stopAll, replicas: 3,
                    backup: .command(make: "snapshot create", restore: "snapshot restore", verify: "snapshot verify"),
                    acknowledgesNoBackup: true,
                    deadlines: Deadlines(stop: 10, migration: 20, healthy: 30, database: 40), restarts: 0,
                    group: "\(file.folder)/chat"))
    }

    @Test(arguments: ["", "\n# nothing yet\n", "to:\nstrategy: ~\n"]) func `may say nothing`(text: String) throws {
        #expect(try wishes(text) == Wishes())
    }

    @Test func `keeps the defaults of the deadlines that it does not name`() throws {
        #expect(try wishes("deadlines:\n  migration: 5").deadlines == Deadlines(migration: 5))
    }

    @Test func `names a folder of dumps as seen from itself`() throws {
        let file = try WrittenFile("plan.yaml", "backup:\n  pg_dump:\n    folder: dumps")
        #expect(try Wishes(planFile: file.path).backup == .pgDump(folder: "\(file.folder)/dumps"))
        #expect(
            try wishes("backup:\n  pg_dump:\n    folder: /var/dumps").backup == .pgDump(folder: "/var/dumps"))
        #expect(try wishes("backup: pg_dump").backup == .pgDump(folder: ""))
        for text in ["backup:\n  pg_dump:", "backup:\n  pg_dump: ~", "backup:\n  pg_dump: {}"] {
            #expect(try wishes(text).backup == .pgDump(folder: ""))
        }
    }

    @Test func `gives way to the command line`() throws {
        var typed = Wishes()
        typed.to = "0.12.4"
        typed.replicas = 1
        let both = typed.over(try wishes("to: 0.12.3\nreplicas: 5\nrestarts: 2"))
        #expect(both.to == "0.12.4")
        #expect(both.replicas == 1)
        #expect(both.restarts == 2)
    }

    private static let project = """
        compose:
          folder: chat
          files: [compose.yaml, more.yaml]
          projectDirectory: /srv/chat
          projectName: chat
          profiles: [production]
          envFiles: [.env.production]
          service: web
        """

    @Test func `names a project as seen from itself, and stands in its folder where it names none`() throws {
        let file = try WrittenFile("plan.yaml", Self.project)
        #expect(
            try Wishes(planFile: file.path).compose
                == ComposeWishes(
                    folder: "\(file.folder)/chat", files: ["compose.yaml", "more.yaml"].map { "\(file.folder)/\($0)" },
                    projectDirectory: "/srv/chat", projectName: "chat", profiles: ["production"],
                    envFiles: ["\(file.folder)/.env.production"], service: "web"))
        let other = try WrittenFile("plan.yaml", "compose:\n  service: web")
        #expect(try Wishes(planFile: other.path).compose == ComposeWishes(folder: other.folder, service: "web"))
    }

    private func typed(_ words: [String], _ text: String) throws -> Wishes {
        let file = try WrittenFile("plan.yaml", text)
        return try withExtendedLifetime(file) { try DeploymentOptions.parse(["--plan", file.path] + words).wishes() }
    }

    @Test(arguments: ["--service", "--profile", "--env-file", "-p", "-f", "--project-directory"])
    func `stays that of its project where an option says something else of it`(option: String) throws {
        let file = try WrittenFile("plan.yaml", Self.project)
        var expected = try #require(try Wishes(planFile: file.path).compose)
        switch option {
        case "--service": expected.service = "x"
        case "--profile": expected.profiles = ["x"]
        case "--env-file": expected.envFiles = ["x"]
        case "-p": expected.projectName = "x"
        case "-f": expected.files = ["x"]
        default: expected.projectDirectory = "x"
        }
        #expect(try DeploymentOptions.parse(["--plan", file.path, option, "x"]).wishes().compose == expected)
    }

    @Test func `says nothing of another deployment that an option names`() throws {
        let folder = try typed(["--compose", "/srv/x", "--service", "y"], Self.project)
        #expect(folder.compose == ComposeWishes(folder: "/srv/x", service: "y"))
        let service = try typed(["--swarm", "chat"], Self.project)
        #expect(service == Wishes(swarm: SwarmWishes(service: "chat")))
        let project = try typed(["-p", "chat"], "swarm: {service: x}")
        #expect(project == Wishes(compose: ComposeWishes(folder: ".", projectName: "chat")))
    }

    @Test(arguments: ["swarm: {service: x}", "local: {group: x}"], ["--service", "--profile", "--env-file"])
    func `of another platform takes no option that says which part of a project is meant`(
        text: String, option: String
    ) throws {
        let fault = try #require(throws: Fault.self) { try typed([option, "chat"], text) }
        #expect(fault.what.contains(text.hasPrefix("swarm") ? "a service of a swarm" : "a local group"))
    }

    @Test(arguments: [
        ("to: v0.12.4\nstratgy: stop-all", "line 2", "`strategy`"),
        ("deadlines:\n  migraton: 4", "line 2", "`deadlines.migration`"),
        ("backup:\n  pgdump:\n    folder: x", "line 2", "`backup.pg_dump`"),
        ("backup:\n  command:\n    make: x\n    restor: y", "line 4", "`backup.command.restore`"),
        ("local:\n  groups: x", "line 2", "`local.group`"),
        ("To: v0.12.4", "line 1", "`to`"),
    ])
    func `with an unknown key is refused with its line and the nearest key`(
        text: String, line: String, nearest: String
    ) throws {
        let fault = try #require(throws: Fault.self) { try wishes(text) }
        #expect(fault.what.contains(line))
        #expect(fault.why.contains(nearest))
        #expect(fault.remedy.contains(nearest))
    }

    @Test func `with a key like no other is refused with all that are known`() throws {
        let fault = try #require(throws: Fault.self) { try wishes("colour: blue") }
        for key in Wishes.keys { #expect(fault.why.contains(key)) }
        #expect(fault.why.split(separator: ", ").count == Wishes.keys.count)
        #expect(fault.remedy == "remove the line")
    }

    @Test(arguments: ["to: {", "- to", "words"]) func `that is none is refused with the keys that one may hold`(
        text: String
    ) throws {
        let fault = try #require(throws: Fault.self) { try wishes(text) }
        #expect(fault.remedy.contains(Wishes.keys.joined(separator: ", ")))
    }

    @Test(arguments: [
        ("\nbackup:\n  pg_dump:\n    folder: x\n  command:\n    make: y", "line 5: backup.pg_dump is there too"),
        ("to: a\nreplicas: 1\nto: b", "to is there twice"), ("\nstrategy: rolling", "line 2: `rolling` is no strategy"),
        ("\n\nbackup: tape", "line 3: `tape` is no way"), ("\n? [a, b]\n: c", "line 2: a key must be a single value"),
        ("backup:\n  command:\n    make: \"\"", "line 3: backup.command.make is empty"),
        ("backup:\n  command:\n    make: x\n    restore: ' '", "line 4: backup.command.restore is empty"),
        ("backup:\n  command:\n    make: x\n    verify: ''", "line 4: backup.command.verify is empty"),
        ("\nbackup:\n  command:", "line 3: backup.command lacks `make`"),
        ("\nbackup: {}", "line 2: backup does not say how"),
    ])
    func `with something wrong is refused with its line`(text: String, words: String) throws {
        let fault = try #require(throws: Fault.self) { try wishes(text) }
        #expect(fault.what.contains(words), "\(fault)")
        #expect(fault.what.contains("plan.yaml, line "))
        #expect(!fault.remedy.isEmpty && !fault.remedy.contains("README"))
    }

    @Test func `has a command called by its first word alone, and not even that where it may be a secret`() {
        #expect(Plan.Backup.name(of: "/usr/bin/snapshot create --token abc") == "`/usr/bin/snapshot …`")
        #expect(Plan.Backup.name(of: "TOKEN=abc snapshot") == "a command of your own")
        #expect(Plan.Backup.name(of: "\"a b\" c") == "a command of your own")
    }

    @Test(arguments: [
        ("replicas: 0", "replicas must be a whole number from 1 to 1000, not 0"), ("replicas: many", "not many"),
        ("restarts: -1", "from 0 to 10"), ("deadlines:\n  stop: 0", "deadlines.stop must be a whole number"),
        ("deadlines: 5", "deadlines must be a mapping"), ("strategy: hope", "`hope` is no strategy"),
        ("backup: tape", "`tape` is no way to make a backup"), ("backup:\n  command:\n    restore: x", "make"),
        ("acknowledgeNoBackup: perhaps", "must be true or false, not perhaps"),
        ("to: [a, b]", "to must be a single value"),
        ("- to", "the file must be a mapping of keys"), ("to: {", "is not YAML"),
        ("to: a\nto: b", "to is there twice"),
        ("backup:\n  pg_dump:\n    folder: x\n  command:\n    make: y", "backup"), ("backup: {}", "backup"),
    ])
    func `with a value that cannot be is refused with what is wrong`(text: String, piece: String) throws {
        let fault = try #require(throws: Fault.self) { try wishes(text) }
        #expect((fault.what + fault.why).contains(piece), "\(fault)")
        #expect(fault.remedy != "")
        #expect(Exit(fault) == .refused)
    }

    @Test func `that is not there or no file of settings is refused`() throws {
        #expect(try #require(throws: Fault.self) { try Wishes(planFile: "/nowhere/plan.yaml") }.kind == .missing)
        let large = String(repeating: "# nothing\n", count: 200_000)
        #expect(try #require(throws: Fault.self) { try wishes(large) }.what.contains("no file of settings"))
        #expect(throws: Fault.self) { try Wishes(planFile: "/") }
    }

    @Test func `becomes a plan with a target and a backup`() throws {
        let plan = try wishes("to: v0.12.4").plan(backups: "/group/backups")
        #expect(plan == Plan(target: "v0.12.4", backup: .pgDump(folder: "/group/backups")))
        #expect(
            try wishes("to: v0.12.4\nbackup: none").plan(backups: "/b").backup == .none(acknowledged: false))
        #expect(
            try wishes("to: v0.12.4\nbackup: none\nacknowledgeNoBackup: true").plan(backups: "/b").backup
                == .none(acknowledged: true))
        #expect(try #require(throws: Fault.self) { try wishes("").plan(backups: "/b") }.what.contains("no version"))
        #expect(
            try #require(throws: Fault.self) { try wishes("to: two words").plan(backups: "/b") }.what
                .contains("`two words`"))
    }

    /// The project's own folder.
    private static let root = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()

    @Test(arguments: ["local", "compose", "swarm"])
    func `of the project can be read and says what it would be without it`(platform: String) throws {
        var wishes = try Wishes(planFile: "\(Self.root)/Plans/\(platform).yaml")
        #expect(wishes.compose == nil && wishes.swarm == nil)
        wishes.to = "0.12.4"
        #expect(try wishes.plan(backups: "/b") == Plan(target: "0.12.4", backup: .pgDump(folder: "/b")))
    }

    @Test func `of the project shows in a comment how a Compose project is named`() throws {
        let lines = try Files.read("\(Self.root)/Plans/compose.yaml").split(separator: "\n")
        let place = try #require(lines.firstIndex(of: "# compose:"))
        let file = try WrittenFile("plan.yaml", lines[place...].map { $0.dropFirst(2) }.joined(separator: "\n"))
        let compose = try #require(try Wishes(planFile: file.path).compose)
        #expect(compose.folder == "/srv/open-webui")
        #expect(compose.service == "open-webui" && compose.projectName == "open-webui")
        #expect(compose.files.count == 2 && compose.profiles == ["production"] && compose.envFiles.count == 1)
    }
}
