import FoundationEssentials
import UpgradeCore

/// Where this machine keeps what a swarm is no place for: the backups of a service, and the logs of instances that failed.
///
/// A run may go on where it was not begun. So its plan has this folder in a form that each machine understands for itself,
/// and what was put there is journaled with the machine's name.
struct SwarmFolder: Equatable, Sendable {
    /// On this machine.
    let path: String
    /// As every machine knows it.
    let common: String

    /// By the swarm's own id and the service.
    init(swarm: String, service: String, environment: [String: String]) {
        let home = environment["HOME"] ?? "/"
        let state = environment["XDG_STATE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "\(home)/.local/state"
        let rest = "owui-upgrade/swarm-\(swarm)-\(service)"
        path = "\(state)/\(rest)"
        common = "~/.local/state/\(rest)"
    }

    var backups: String { "\(path)/backups" }

    /// Makes it, and what it lies in.
    func make() throws(Fault) { try LocalFile.makeFolder(backups) }

    /// What a folder of a plan is on this machine.
    func here(_ folder: String) -> String {
        folder.hasPrefix(common) ? path + folder.dropFirst(common.count) : folder
    }
}
