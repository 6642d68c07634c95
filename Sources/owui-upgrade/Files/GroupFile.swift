import Backends
import UpgradeCore

extension LocalGroup {
    /// The name of the file that makes a folder a local group.
    static let fileName = "group.yaml"

    /// Reads the `group.yaml` of a folder.
    init(folder: String) throws(Fault) {
        let path = "\(folder)/\(LocalGroup.fileName)"
        var file = try YAMLMapping(text: TextFile.read(path), file: path)
        guard let name = try file.text("name") else { throw .missingKey(path, "name") }
        guard let command = try file.text("command") else { throw .missingKey(path, "command") }
        self.init(name: name, command: command, ports: try PortList(&file))
        host = try file.text("host") ?? host
        environment = try file.dictionary("environment") ?? [:]
        environmentFile = try file.text("environmentFile")
        workingDirectory = try file.text("workingDirectory")
        logs = try file.text("logs") ?? logs
        stopGrace = try file.integer("stopGrace", in: 1...86_400).map(Double.init) ?? stopGrace
        workers = try file.text("workers")
        migrations = try file.text("migrations")
        for var entry in try file.mappings("companions") ?? [] {
            guard let name = try entry.text("name") else { throw .missingKey(path, "companions.name") }
            companions.append(
                Companion(
                    name: name, replicas: try entry.integer("replicas", in: 0...1000) ?? 1, ports: try PortList(&entry),
                    environment: try entry.dictionary("environment") ?? [:]))
            try entry.finish()
        }
        try file.finish()
    }
}

extension PortList {
    /// Reads the key `ports`: a number, a range or a list of them.
    fileprivate init(_ file: inout YAMLMapping) throws(Fault) {
        let text = file.isText("ports") ? try file.text("ports") : try file.texts("ports")?.joined(separator: ",")
        guard let text else { throw .missingKey(file.file, "ports") }
        guard let ports = PortList(text) else { throw .wrongPorts(file.file, text) }
        self = ports
    }
}

extension Fault {
    static func wrongPorts(_ file: String, _ text: String) -> Fault {
        Fault(
            .invalid, "\(file): `\(text)` are no ports.", remedy: "write them as 8081, 8081-8083 or a list of such")
    }

    static func noGroup(_ folder: String) -> Fault {
        Fault(
            .missing, "There is no local group in \(folder).", why: "it has no \(LocalGroup.fileName)",
            remedy: "name the group's folder with --group, or write that file; Examples/local shows one")
    }

    static func databaseKind(_ what: String) -> Fault {
        Fault(
            .refused, "The deployment's database is \(what), which this tool cannot watch.",
            why: "the revision, the sessions and the backup are read from PostgreSQL",
            remedy: "stop the one instance, copy the database file, change the version and start it again by hand")
    }
}
