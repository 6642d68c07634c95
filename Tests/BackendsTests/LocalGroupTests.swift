import FoundationEssentials
import Testing
import UpgradeCore

@testable import Backends

@Suite struct `The file of a group` {
    private func decoded(_ json: String) throws -> LocalGroup {
        try JSONDecoder().decode(LocalGroup.self, from: Data(json.utf8))
    }

    @Test func `has defaults for all but name, command and ports`() throws {
        let group = try decoded(#"{"name": "chat", "command": "run {version} {port}", "ports": "8081-8083"}"#)
        #expect(group == LocalGroup(name: "chat", command: "run {version} {port}", ports: [8081, 8082, 8083]))
        #expect(group.host == "127.0.0.1")
        #expect(group.stopGrace == 30)
        try group.validate()
    }

    @Test func `takes numbers and switches as the text that an environment needs`() throws {
        let group = try decoded(
            """
            {"name": "chat", "command": "run", "ports": [8081, "8090-8091"], "workers": 4, "migrations": true,
             "environment": {"A": 1, "B": false, "C": "x"},
             "companions": [{"name": "tools", "ports": 9001, "environment": {"ENABLE_DB_MIGRATIONS": "False"}}]}
            """)
        #expect(group.ports.ports == [8081, 8090, 8091])
        #expect(group.workers == "4")
        #expect(group.migrations == "true")
        #expect(group.environment == ["A": "1", "B": "false", "C": "x"])
        #expect(
            group.companions
                == [.init(name: "tools", ports: [9001], environment: ["ENABLE_DB_MIGRATIONS": "False"])])
    }

    @Test func `lists every key that it can hold`() throws {
        let companion = LocalGroup.Companion(name: "tools", ports: [2], environment: ["A": "b"])
        let full = LocalGroup(
            name: "chat", command: "run", ports: [1], environmentFile: "a", workingDirectory: "b", workers: "1",
            migrations: "true", companions: [companion])
        let object = try #require(
            JSONDecoder().decode([String: Anything].self, from: JSONEncoder().encode(full)) as [String: Anything]?)
        #expect(Set(object.keys) == Set(LocalGroup.keys))
        let part = try JSONDecoder().decode([String: Anything].self, from: JSONEncoder().encode(companion))
        #expect(Set(part.keys) == Set(LocalGroup.companionKeys))
    }

    private struct Anything: Decodable {}

    @Test(arguments: ["", "x", "8081-", "-8081", "8083-8081", "0", "70000", "8081-8082-8083", "8081,,8082"])
    func `refuses ports that are none`(text: String) {
        #expect(PortList(text) == nil)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([PortList].self, from: Data("[\"\(text)\"]".utf8))
        }
    }

    private static let valid = LocalGroup(
        name: "chat", command: "run {version} {port}", ports: [8081],
        companions: [.init(name: "tools", ports: [9001])])

    @Test(
        arguments: [
            Defect("a name with a slash") { $0.name = "a/b" },
            Defect("no name") { $0.name = "" },
            Defect("a companion of the same name") { $0.companions[0].name = "chat" },
            Defect("no command") { $0.command = " " },
            Defect("an open quote") { $0.command = "run 'x" },
            Defect("an unknown placeholder") { $0.command = "run {prot}" },
            Defect("no host") { $0.host = "" },
            Defect("no folder for logs") { $0.logs = "" },
            Defect("a negative grace") { $0.stopGrace = -1 },
            Defect("a grace that is no number") { $0.stopGrace = .nan },
            Defect("a port twice") { $0.companions[0].ports = [8081] },
            Defect("a port too high") { $0.ports = [65536] },
            Defect("fewer than no replicas") { $0.companions[0].replicas = -1 },
            Defect("a variable with an equals sign") { $0.environment = ["A=B": "c"] },
            Defect("a variable of this tool") { $0.environment = ["OWUI_UPGRADE_INSTANCE": "x"] },
            Defect("a value with a NUL") { $0.companions[0].environment = ["A": "b\0c"] },
        ] as [Defect<LocalGroup>])
    func `is refused with`(defect: Defect<LocalGroup>) throws {
        try Self.valid.validate()
        var group = Self.valid
        try defect.spoil(&group)
        let fault = #expect(throws: Fault.self) { try group.validate() }
        #expect(fault?.kind == .invalid)
        #expect(fault?.remedy.isEmpty == false)
    }

    @Test func `adds the environment of a companion to that of the group and its file`() async throws {
        try await LocalSite.with { site in
            site.group.environment = ["B": "group", "C": "group"]
            site.group.environmentFile = "app.env"
            site.group.companions = [.init(name: "tools", ports: [1], environment: ["C": "tools"])]
            try site.write("\(site.folder)/app.env", "# settings\n\nexport A=\"from file\"\nB=file\nD='a=b'\n  E = \n")
            #expect(throws: Fault.self) { try site.group.settings(in: site.folder) }
            try site.write("\(site.folder)/app.env", "# settings\n\nexport A=\"from file\"\nB=file\nD='a=b'\nE=\n")
            let settings = try site.group.settings(of: "tools", in: site.folder)
            #expect(settings == ["A": "from file", "B": "group", "C": "tools", "D": "a=b", "E": ""])
            #expect(try site.group.settings(in: site.folder)["C"] == "group")
        }
    }

    @Test func `tells the line of its environment file that cannot be read, not what is in it`() async throws {
        try await LocalSite.with { site in
            site.group.environmentFile = "app.env"
            let missing = #expect(throws: Fault.self) { try site.group.settings(in: site.folder) }
            #expect(missing?.kind == .missing)
            try site.write("\(site.folder)/app.env", "A=1\nsecret without a name\n")
            let fault = #expect(throws: Fault.self) { try site.group.settings(in: site.folder) }
            #expect(fault?.why.contains("line 2") == true)
            #expect(fault?.why.contains("secret") == false)
        }
    }
}

@Suite struct `A command template` {
    @Test(
        arguments: [
            ("run --port {port}", ["run", "--port", "{port}"]),
            ("'a b' \"c d\" e\\ f", ["a b", "c d", "e f"]),
            (" a\t''  b", ["a", "", "b"]),
            ("a'b'\"c\"", ["abc"]),
            ("'\\' \"\\\"\"", ["\\", "\""]),
        ])
    func `is split as a shell splits`(text: String, words: [String]) throws {
        #expect(try CommandTemplate(text).words == words)
    }

    @Test func `keeps a value in one word`() throws {
        let template = try CommandTemplate("/opt/{version}/bin/x -p {port} {group}/{instance}")
        let filled = template.filled([.version: "0.12.4", .port: "8081", .group: "a b", .instance: "i1", .host: "h"])
        #expect(filled == ["/opt/0.12.4/bin/x", "-p", "8081", "a b/i1"])
        #expect(template.has(.version))
        #expect(!template.has(.host))
    }

    @Test(
        arguments: [
            ("uvicorn x --workers 4", "4"), ("uvicorn --workers=2 x", "2"), ("uvicorn x", nil),
            ("uvicorn --workers", ""),
        ] as [(String, String?)])
    func `tells the workers that it fixes`(text: String, workers: String?) throws {
        #expect(try CommandTemplate(text).fixedWorkers == workers)
    }
}
