import FoundationEssentials
import UpgradeCore

/// Where what belongs to a run on a swarm is kept: journal and lock, backups, and the logs of instances that failed.
struct SwarmStore: Equatable, Sendable {
    let path: String

    /// What tells this folder from those of other machines.
    var place: String {
        let host = LocalFile.volatile("/proc/sys/kernel/hostname").map { String(decoding: $0, as: UTF8.self) } ?? ""
        return "\(host.filter { !$0.isNewline }):\(path)"
    }

    /// A folder of this machine and user, by the swarm's own id and the service.
    ///
    /// It is not in the swarm itself: a run is resumed where it was begun, by the same user.
    init(swarm: String, service: String, environment: [String: String]) {
        let home = environment["HOME"] ?? "/"
        let state = environment["XDG_STATE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "\(home)/.local/state"
        path = "\(state)/owui-upgrade/swarm-\(swarm)-\(service)"
    }

    /// The folder's own is made by whoever writes the first thing there.
    func makeRoot() throws(Fault) { try LocalFile.makeFolder(LocalFile.folder(of: path)) }
}
