import FoundationEssentials
import Glibc
import UpgradeCore

/// A folder for copies of files that something is tried on; nobody else may read it, and it is removed afterwards.
struct TrialFolder {
    private let path: String

    init() throws(Fault) {
        path = "\(FileManager.default.temporaryDirectory.path)/owui-upgrade-\(UUID().uuidString)"
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
