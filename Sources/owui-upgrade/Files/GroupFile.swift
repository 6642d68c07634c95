import Backends
import UpgradeCore

extension LocalGroup {
    /// The name of the file that makes a folder a local group.
    static let fileName = "group.yaml"

    /// Reads the `group.yaml` of a folder.
    init(folder: String) throws(Fault) {
        let path = "\(folder)/\(LocalGroup.fileName)"
        var file = try YAMLMapping(text: TextFile.read(path), file: path, keys: LocalGroup.keys)
        try file.refuseOthers(than: LocalGroup.keys)
        self.init(name: try file.needed("name"), command: try file.needed("command"), ports: try PortList(&file))
        host = try file.text("host") ?? host
        environment = try file.dictionary("environment") ?? [:]
        environmentFile = try file.text("environmentFile")
        workingDirectory = try file.text("workingDirectory")
        logs = try file.text("logs") ?? logs
        stopGrace = try file.integer("stopGrace", in: 1...86_400).map(Double.init) ?? stopGrace
        workers = try file.integer("workers", in: 1...1000).map(String.init)
        migrations = try file.openWebUIFlag("migrations")
        for var entry in try file.mappings("companions") ?? [] { companions.append(try Companion(&entry)) }
        try file.finish()
    }
}

extension LocalGroup.Companion {
    fileprivate init(_ entry: inout YAMLMapping) throws(Fault) {
        try entry.refuseOthers(than: LocalGroup.companionKeys)
        let name = try entry.needed("name")
        entry.title = "the companion \(name)"
        self.init(
            name: name, replicas: try entry.integer("replicas", in: 0...1000) ?? 1,
            ports: try PortList(&entry), environment: try entry.dictionary("environment") ?? [:])
        try entry.finish()
    }
}

extension YAMLMapping {
    /// A switch as it is written. Open WebUI takes `true`, in any case, for yes and every other text for no, so what
    /// looks like a third thing is refused.
    fileprivate mutating func openWebUIFlag(_ key: String) throws(Fault) -> String? {
        let told = lineOf(key)
        guard let text = try text(key) else { return nil }
        guard ["true", "false"].contains(text.lowercased()) else {
            throw .wrongYAML(file, told, "\(key) must be true or false, not \(text)")
        }
        return text
    }
}

extension PortList {
    /// Reads the key `ports`: a number, a range or a list of them.
    fileprivate init(_ file: inout YAMLMapping) throws(Fault) {
        let text = file.isText("ports") ? try file.text("ports") : try file.texts("ports")?.joined(separator: ",")
        guard let text else { throw file.lacks("ports") }
        guard let ports = PortList(text) else { throw .wrongPorts(file.file, text) }
        self = ports
    }
}

extension Fault {
    static func wrongPorts(_ file: String, _ text: String) -> Fault {
        Fault(
            .invalid, "\(file): `\(text)` are no ports.", remedy: "write them as 8081, 8081-8083 or a list of such")
    }

    static func noGroup(_ folder: String, isFolder: Bool) -> Fault {
        Fault(
            .missing, "There is no local group in \(folder).",
            why: isFolder ? "it has no \(LocalGroup.fileName)" : "it is neither a folder nor a \(LocalGroup.fileName)",
            remedy:
                "name the group's folder with --group, or write that file, as Examples/local shows; a Compose project "
                + "is named with --compose")
    }

}
