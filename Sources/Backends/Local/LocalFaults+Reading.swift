import UpgradeCore

/// What can be wrong with an installation, in words.
extension Fault {
    static func noInstallation(_ program: String, version: String) -> Fault {
        Fault(
            .invalid, "\(program) does not lead to an installation of Open WebUI.",
            why: "no lib/python3.*/site-packages/open_webui belongs to it",
            remedy: "let the command of group.yaml name bin/open-webui in the environment of version \(version)")
    }

    static func manyInstallations(_ program: String, _ folders: [String]) -> Fault {
        Fault(
            .invalid, "\(program) leads to more than one installation of Open WebUI.",
            why: folders.joined(separator: ", "),
            remedy: "remove the one that is not used, or let the command name bin/open-webui of one environment")
    }

    static func noMetadata(_ packages: String, found: Int) -> Fault {
        Fault(
            .invalid, "The installation in \(packages) does not say which version it is.",
            why: found == 0
                ? "it has no open_webui-*.dist-info/METADATA" : "it has \(found) folders open_webui-*.dist-info",
            remedy: "install that version again, into an empty environment")
    }

    static func missingInterpreter(_ program: String, _ interpreter: String) -> Fault {
        Fault(
            .missing, "\(program) cannot be run.", why: "its interpreter \(interpreter) is not there",
            remedy: "make the environment again: it was moved, or its Python was removed")
    }
}
