import Backends
import Testing
import UpgradeCore

@testable import owui_upgrade

@Suite struct `A group file` {
    private static let least = "name: chat\ncommand: /opt/{version}/open-webui serve --port {port}\nports: 8081-8083\n"

    private func group(_ text: String) throws -> LocalGroup {
        let file = try WrittenFile("group.yaml", text)
        return try withExtendedLifetime(file) { try LocalGroup(folder: file.folder) }
    }

    @Test func `needs a name, a command and ports`() throws {
        let group = try group(Self.least)
        #expect(group.name == "chat")
        #expect(group.ports.ports == [8081, 8082, 8083])
        #expect(group.stopGrace == 30)
        for key in ["name", "command", "ports"] {
            let lines = Self.least.split(separator: "\n").filter { !$0.hasPrefix(key) }
            let fault = try #require(throws: Fault.self) { try self.group(lines.joined(separator: "\n")) }
            #expect(fault.what.contains("lacks the key `\(key)`"))
        }
    }

    @Test func `may say the rest`() throws {
        let group = try group(
            Self.least + """
                host: 0.0.0.0
                environment:
                  PORTS: 4
                  EMPTY:
                environmentFile: secrets.env
                workingDirectory: work
                logs: elsewhere
                stopGrace: 5
                workers: 2
                migrations: false
                companions:
                  - name: pool
                    replicas: 2
                    ports: [9001, 9002-9003]
                    environment:
                      ENABLE_DB_MIGRATIONS: "False"
                """)
        #expect(group.host == "0.0.0.0")
        #expect(group.environment == ["PORTS": "4", "EMPTY": ""])
        #expect(group.environmentFile == "secrets.env")
        #expect(group.workers == "2")
        #expect(group.migrations == "false")
        #expect(group.stopGrace == 5)
        let companion = try #require(group.companions.first)
        #expect(companion.ports.ports == [9001, 9002, 9003])
        #expect(companion.replicas == 2)
        #expect(companion.environment == ["ENABLE_DB_MIGRATIONS": "False"])
    }

    @Test(arguments: [
        ("stopgrace: 3", "`stopGrace`"), ("comand: x", "`command`"), ("envronment:\n  A: b", "`environment`"),
        ("companions:\n  - name: a\n    replica: 1\n    ports: 1", "`companions[0].replicas`"),
        ("companions:\n  - name: a\n    port: 1", "`companions[0].ports`"),
    ])
    func `with an unknown key is refused with the nearest`(line: String, nearest: String) throws {
        let fault = try #require(throws: Fault.self) { try group(Self.least + line) }
        #expect(fault.why.contains(nearest), "\(fault)")
        #expect(fault.remedy.contains(nearest))
    }

    @Test(arguments: [
        ("ports: 80a", "`80a` are no ports"), ("ports: 9-3", "ports"), ("ports:\n  a: b", "ports"),
        ("stopGrace: -1", "stopGrace must be a whole number"), ("environment: text", "environment must be a mapping"),
        ("companions: pool", "companions must be a list"),
        ("companions:\n  - ports: 1", "line 5: lacks the key `companions[0].name`"),
        ("companions:\n  - name: pool", "line 5: lacks the key `companions[0].ports`.the companion pool needs it"),
        ("workers: many", "line 4: workers must be a whole number from 1 to 1000, not many"),
        ("workers: 0", "workers must be a whole number from 1"), ("workers: -1", "workers must be a whole number"),
        ("migrations: hm", "line 4: migrations must be true or false, not hm"),
        ("migrations: yes", "migrations must be true or false, not yes"),
    ])
    func `with a value that cannot be is refused`(line: String, piece: String) throws {
        let key = line.prefix { $0 != ":" }
        let rest = Self.least.split(separator: "\n").filter { !$0.hasPrefix(key) }.joined(separator: "\n")
        let fault = try #require(throws: Fault.self) { try group("\(rest)\n\(line)") }
        #expect((fault.what + fault.why).contains(piece), "\(fault)")
        #expect(fault.remedy != "")
    }

    @Test(arguments: [
        "environment:\n  WEBUI_SECRET_KEY: \"zebra\n", "environment:\n  WEBUI_SECRET_KEY: zebra: zebra\n",
        "environment: {WEBUI_SECRET_KEY: zebra\n", "\tenvironment: zebra\n",
    ])
    func `that is not YAML is refused without a line of it, which may hold a secret`(lines: String) throws {
        let fault = try #require(throws: Fault.self) { try group(Self.least + lines) }
        #expect(fault.what.contains("is not YAML"))
        #expect(!"\(fault)".contains("zebra"), "\(fault)")
        #expect(fault.why != "" && !fault.why.contains("\n"))
    }

    @Test func `with a key that is there twice is refused with its line and without its value`() throws {
        let fault = try #require(throws: Fault.self) {
            try group("name: chat\ncommand: x\nports: 1\nenvironment:\n  A: zebra\n  A: zebra\n")
        }
        #expect(fault.what.contains("line 5: A is there twice"))
        #expect(!"\(fault)".contains("zebra") && fault.remedy != "")
    }

    @Test func `with a key that is written wrong is not said to lack the right one`() throws {
        let fault = try #require(throws: Fault.self) { try group("nme: chat\ncommand: x\nports: 1\n") }
        #expect(fault.what.contains("line 1: nothing is known of the key `nme`"))
        #expect(fault.remedy.contains("`name`"))
    }

    @Test(arguments: ["true", "False", "TRUE", "\"false\""])
    func `says of migrations what Open WebUI understands`(text: String) throws {
        #expect(try group(Self.least + "migrations: \(text)").migrations == text.filter { $0 != "\"" })
    }

    @Test func `may be named itself instead of its folder`() throws {
        let file = try WrittenFile("group.yaml", Self.least)
        let other = try WrittenFile("team.yaml", Self.least)
        var wishes = Wishes()
        wishes.group = "\(file.folder)/group.yaml"
        #expect(try withExtendedLifetime(file) { try Site.groupFolder(wishes) } == file.folder)
        wishes.group = "\(other.folder)/team.yaml"
        let fault = try withExtendedLifetime(other) {
            try #require(throws: Fault.self) { try Site.groupFolder(wishes) }
        }
        #expect(fault.why == "it is neither a folder nor a group.yaml")
    }

    @Test func `that is missing is told with the whole path of the folder`() throws {
        var wishes = Wishes()
        wishes.group = "."
        let fault = try #require(throws: Fault.self) { try Site.groupFolder(wishes) }
        #expect(fault.what.contains("There is no local group in /"))
        wishes.group = "no/such/place"
        let other = try #require(throws: Fault.self) { try Site.groupFolder(wishes) }
        #expect(other.what.contains("There is no local group in /") && other.what.contains("/no/such/place."))
    }

    @Test func `makes its folder a group; another folder is none`() throws {
        let file = try WrittenFile("group.yaml", Self.least)
        var wishes = Wishes()
        wishes.group = file.folder
        #expect(try withExtendedLifetime(file) { try Site.groupFolder(wishes) } == file.folder)
        wishes.group = "\(file.folder)/nowhere"
        let fault = try #require(throws: Fault.self) { try Site.groupFolder(wishes) }
        #expect(fault.what.contains("There is no local group in"))
        #expect(fault.remedy.contains("--group"))
    }
}
