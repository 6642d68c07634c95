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

    /// Where nothing is said and this folder holds nothing, a project that runs on this machine's engine is meant.
    static func find(_ wishes: Wishes) async throws(Fault) -> Place {
        if let compose = wishes.compose { return .compose(try await compose.absolute.located()) }
        if let swarm = wishes.swarm { return .swarm(swarm) }
        let here = ComposeWishes(folder: ".".absolute)
        let isSaid = wishes.group != nil || getenv("OWUI_UPGRADE_GROUP") != nil
        if !isSaid, access(LocalGroup.fileName, F_OK) != 0, ComposeGround.isProject(here.folder) {
            return .compose(here)
        }
        do throws(Fault) { return .group(try Site.groupFolder(wishes)) } catch {
            guard !isSaid, let running = try await ComposeWishes.running() else { throw error }
            return .compose(running)
        }
    }
}

extension Site {
    /// Where journals and lock of a deployment are.
    static func store(_ wishes: Wishes) async throws(Fault) -> any RunStore {
        switch try await Place.find(wishes) {
        case .group(let folder): StateFolder("\(folder)/.owui-upgrade")
        case .compose(let wishes): StateFolder(try ComposeGround.stateFolder(wishes))
        case .swarm(let wishes): try await SwarmGround.find(wishes) { false }.store
        }
    }

    /// Puts back what a run that is given up had paused, so that nothing of it stands in the way of whoever goes on by
    /// hand. Returns why that could not be done, and how a person does it.
    static func letGo(of upgrade: Upgrade, _ wishes: Wishes, under lock: any DeploymentLock) async -> Fault? {
        guard upgrade.lastChange != nil || !upgrade.paused.isEmpty || upgrade.pending == .pause else { return nil }
        do throws(Fault) {
            if case .group = try await Place.find(wishes) { return nil }
            let site = try await open(wishes, clock: RunClock(), hear: { _ in }, warn: { _ in })
            let result: Result<Void, Fault>
            do throws(Fault) {
                let backend = try site.held(by: lock).backend
                _ = try await backend.setAutomation(paused: false, upgrade.paused)
                result = .success(())
            } catch { result = .failure(error) }
            await site.farewell()
            try result.get()
            return nil
        } catch { return .notLetGo(upgrade.run, wishes, why: error) }
    }

    /// Takes away what a backend has noted of a run that was given up.
    static func forgetRun(_ wishes: Wishes) async throws(Fault) {
        guard case .compose(let wishes) = try await Place.find(wishes) else { return }
        try ComposeGround.forgetRun(in: try ComposeGround.stateFolder(wishes))
    }

    /// Reaches the deployment that is wished for. Nothing is asked of it yet.
    /// `hear` is told of images that are fetched, `warn` of what keeps a run from going on; `ask` is there where somebody
    /// can say which service is meant.
    static func open(
        _ wishes: Wishes, clock: RunClock, ask: ComposeGround.Ask? = nil, hear: @escaping Hear, warn: @escaping Warn
    ) async throws(Fault) -> Site {
        switch try await Place.find(wishes) {
        case .group(let folder): try open(group: folder, clock: clock)
        case .compose(let wishes): try await open(compose: wishes, clock: clock, ask: ask, hear: hear)
        case .swarm(let wishes): try await open(swarm: wishes, clock: clock, hear: hear, warn: warn)
        }
    }
}
