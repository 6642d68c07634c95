import Glibc
import UpgradeCore

/// A file that belongs to a person and of which a part is replaced: mode, owner and the links to it stay.
struct PersonsFile {
    /// As it is named; a link to it stays one.
    let path: String
    /// Where it really is.
    let real: String
    private let status: stat

    /// Throws why it cannot be replaced, before anything is changed.
    init(_ path: String) throws(Fault) {
        guard let real = LocalFile.resolved(path) else { throw .fileNotEditable(path, why: Errno().text) }
        var status = stat()
        guard stat(real, &status) == 0 else { throw .fileNotEditable(path, why: Errno().text) }
        (self.path, self.real, self.status) = (path, real, status)
        if let objection { throw .fileNotEditable(path, why: objection) }
    }

    private var folder: String { LocalFile.folder(of: real) }

    private var objection: String? {
        guard status.st_mode & S_IFMT == S_IFREG else { return "it is no ordinary file" }
        guard LocalFile.isWritable(real) else { return "this user may not write to \(real)" }
        guard LocalFile.isWritable(folder) else { return "this user may not write to the folder \(folder)" }
        guard status.st_nlink == 1 else {
            return "it has \(status.st_nlink) names, and would keep its text under the others"
        }
        var around = stat()
        guard stat(folder, &around) == 0, around.st_dev == status.st_dev else { return "it is mounted by itself" }
        guard geteuid() == 0 || status.st_uid == geteuid() else {
            return "it belongs to another user, and would become this one's"
        }
        return nil
    }

    func bytes() throws(Fault) -> [UInt8] {
        guard let bytes = try LocalFile.bytes(real) else { throw .fileNotEditable(path, why: "it is gone") }
        return bytes
    }

    /// Keeps these bytes in a folder, under a name that tells file and content, for this user alone.
    func keep(_ bytes: [UInt8], in folder: String) throws(Fault) {
        try LocalFile.makeFolder(folder)
        var hash = FileHash()
        hash.add(path.utf8)
        hash.add(bytes)
        let name = path.split(separator: "/").last.map(String.init) ?? "file"
        try LocalFile.replace("\(folder)/\(name).\(hash.text.prefix(12))", with: bytes)
    }

    /// Puts other bytes in the place of those that are there. A crash leaves the ones or the others.
    func replace(_ old: [UInt8], with new: [UInt8], permit: Permit) throws(Fault) {
        let next = "\(folder)/.\(real.split(separator: "/").last ?? "").owui-upgrade"
        do throws(Errno) { try write(new, to: next) } catch {
            unlink(next)
            throw .fileNotEditable(path, why: error.text)
        }
        do throws(Fault) {
            try permit.check("Writing \(path)")
            guard try bytes() == old else { throw .changedMeanwhile(path) }
            guard rename(next, real) == 0 else { throw .fileNotEditable(path, why: Errno().text) }
        } catch {
            unlink(next)
            throw error
        }
        try FileSync.sync(folder)
    }

    private func write(_ bytes: [UInt8], to place: String) throws(Errno) {
        unlink(place)
        let descriptor = open(place, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Errno() }
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Errno() }
            rest = rest.dropFirst(count)
        }
        // Root may give it to anyone; anybody else may give it to a group of their own alone.
        guard fchown(descriptor, status.st_uid, status.st_gid) == 0, fchmod(descriptor, status.st_mode & 0o7777) == 0,
            fsync(descriptor) == 0
        else { throw Errno() }
    }
}
