import FoundationEssentials
import Glibc
import UpgradeCore

/// A folder for copies of files that something is tried on; nobody else may read it, and it is removed afterwards.
///
/// The copies hold what the files hold, secrets too. So the folder is in memory where there is such a place: not even a
/// kill leaves anything of it on a disk.
struct TrialFolder {
    private let path: String

    init() throws(Fault) {
        let memory = "/dev/shm"
        let isThere = LocalFile.isFolder(memory) && LocalFile.isWritable(memory)
        let place = isThere ? memory : FileManager.default.temporaryDirectory.path
        path = "\(place)/owui-upgrade-\(UUID().uuidString)"
        try LocalFile.makeFolder(path)
    }

    /// Writes a file for this user alone, and returns its path.
    func write(_ bytes: [UInt8], as name: String) throws(Fault) -> String {
        try LocalFile.replace("\(path)/\(name)", with: bytes)
        return "\(path)/\(name)"
    }

    func remove() {
        for name in LocalFile.names(in: path) ?? [] { unlink("\(path)/\(name)") }
        rmdir(path)
    }
}
