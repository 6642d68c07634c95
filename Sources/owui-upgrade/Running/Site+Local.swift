import Backends
import Glibc
import JournalFile
import ReleaseKnowledge
import UpgradeCore
import Wire

extension Site {
    /// The folder of the local group that is wished for: the one named, the environment's, or this one.
    static func groupFolder(_ wishes: Wishes) throws(Fault) -> String {
        let asked = wishes.group ?? getenv("OWUI_UPGRADE_GROUP").map { String(cString: $0) } ?? "."
        // Whoever names the file means the folder that it makes a group.
        let isFile = asked.hasSuffix("/\(LocalGroup.fileName)") || asked == LocalGroup.fileName
        for place in isFile ? [asked, asked.folder] : [asked] {
            if let folder = place.resolved, access("\(folder)/\(LocalGroup.fileName)", F_OK) == 0 { return folder }
        }
        let isThere = access(asked, F_OK) == 0
        throw .noGroup(asked.absolute, isFolder: !isThere || access("\(asked)/.", F_OK) == 0)
    }

    /// Reaches a group of this machine. Nothing is asked of it yet.
    static func open(group folder: String, clock: RunClock) throws(Fault) -> Site {
        let group = try LocalGroup(folder: folder)
        let settings = try DatabaseSettings(environment: try group.settings(in: folder))
        let target = try settings.postgres()
        return try Site(name: group.name, folder: StateFolder("\(folder)/.owui-upgrade")) { (fence) throws(Fault) in
            let database = PostgresDatabase(
                target, form: settings.form, fence: fence,
                owner: { name, _ in LocalBackend.owner(ofSession: name) },
                isInterrupted: { clock.interruption != nil })
            return (try backend(group, folder, fence), database)
        }
    }

    private static func backend(_ group: LocalGroup, _ folder: String, _ fence: any Fence) throws(Fault) -> LocalBackend
    {
        #if KILL_POINTS
            try LocalBackend(
                group: group, folder: folder, fence: fence, prober: HTTPProber(),
                passing: { point throws(Fault) in KillPoints.pass(point.label) })
        #else
            try LocalBackend(group: group, folder: folder, fence: fence, prober: HTTPProber())
        #endif
    }

    /// How large the tables are, for an estimate, or why that is not known.
    func sizes() async -> Result<TableSizes, Fault> {
        do throws(Fault) {
            guard let sizes = try await (database as? PostgresDatabase)?.sizes() else { return .failure(.noSizes()) }
            return .success(sizes)
        } catch { return .failure(error) }
    }
}
