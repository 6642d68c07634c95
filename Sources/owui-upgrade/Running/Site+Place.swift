import Backends
import Glibc
import JournalFile
import UpgradeCore

/// Where a deployment is, by what a person said or by what this folder holds.
enum Place {
    /// The folder of a group of this machine.
    case group(String)
    case compose(ComposeWishes)
    case swarm(SwarmWishes)

    init(_ wishes: Wishes) throws(Fault) {
        if let compose = wishes.compose {
            self = .compose(compose.absolute)
            return
        }
        if let swarm = wishes.swarm {
            self = .swarm(swarm)
            return
        }
        let here = ComposeWishes(folder: ".".absolute)
        let isSaid = wishes.group != nil || getenv("OWUI_UPGRADE_GROUP") != nil
        if !isSaid, access(LocalGroup.fileName, F_OK) != 0, ComposeGround.isProject(here.folder) {
            self = .compose(here)
        } else {
            self = .group(try Site.groupFolder(wishes))
        }
    }
}

extension Site {
    /// Where journals and lock of a deployment are.
    static func store(_ wishes: Wishes) async throws(Fault) -> any RunStore {
        switch try Place(wishes) {
        case .group(let folder): StateFolder("\(folder)/.owui-upgrade")
        case .compose(let wishes): StateFolder(try ComposeGround.stateFolder(wishes))
        case .swarm(let wishes): try await SwarmGround.find(wishes) { false }.store
        }
    }

    /// Takes away what a backend has noted of a run that was given up.
    static func forgetRun(_ wishes: Wishes) throws(Fault) {
        guard case .compose(let wishes) = try Place(wishes) else { return }
        try ComposeGround.forgetRun(in: try ComposeGround.stateFolder(wishes))
    }

    /// Reaches the deployment that is wished for. Nothing is asked of it yet.
    static func open(_ wishes: Wishes, clock: RunClock) async throws(Fault) -> Site {
        switch try Place(wishes) {
        case .group(let folder): try open(group: folder, clock: clock)
        case .compose(let wishes): try await open(compose: wishes, clock: clock)
        case .swarm(let wishes): try await open(swarm: wishes, clock: clock)
        }
    }
}
