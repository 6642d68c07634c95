import Glibc
import UpgradeCore

/// A backup that is a file of this machine.
enum BackupFile {
    /// The size of a file; 0 for what is none, such as a folder or the name of a snapshot.
    ///
    /// A file that is empty, or that must be readable and is not, is no backup.
    static func bytes(_ location: String, mustBeReadable: Bool) throws(Fault) -> Int {
        var status = stat()
        guard stat(location, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return 0 }
        guard mustBeReadable else { return Int(status.st_size) }
        guard access(location, R_OK) == 0 else {
            throw .unusableBackup(location, why: "it cannot be read: \(String(cString: strerror(errno)))")
        }
        guard status.st_size > 0 else { throw .unusableBackup(location, why: "it is empty") }
        return Int(status.st_size)
    }

    /// Throws where the file cannot be read, or is not as large as it was.
    static func check(_ backup: BackupRecord) throws(Fault) {
        let location = backup.location
        var status = stat()
        guard access(location, R_OK) == 0, stat(location, &status) == 0 else {
            let code = errno
            if code == ENOENT, let machine = backup.machine, machine != Machine.name {
                throw .backupElsewhere(location, machine: machine, here: Machine.name)
            }
            throw .backupNotThere(location, errno: code)
        }
        guard Int(status.st_size) == backup.bytes else {
            throw .backupDamaged(
                location, why: "it has \(status.st_size) bytes, and had \(backup.bytes) when it was made")
        }
    }
}
