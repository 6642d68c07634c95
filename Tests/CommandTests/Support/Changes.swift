import CProcess
import Glibc

/// What changes in a folder and in all below it, as the kernel tells it.
final class Changes {
    private let folder: String
    private let descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))

    init(below folder: String) { self.folder = folder }

    deinit { close(descriptor) }

    /// From now on folders that there are now are watched; to be called before each look at them.
    func listen() { listen(to: folder) }

    private func listen(to folder: String) {
        let kinds = IN_CREATE | IN_MODIFY | IN_MOVED_TO | IN_DELETE
        guard inotify_add_watch(descriptor, folder, UInt32(kinds | Int32(IN_ONLYDIR))) >= 0 else { return }
        for name in Files.names(in: folder) where name != "opt" { listen(to: "\(folder)/\(name)") }
    }

    /// Returns when something has changed, or after a second, for what files do not show.
    func wait() {
        var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        poll(&ready, 1, 1000)
        var told = [UInt8](repeating: 0, count: 65_536)
        while read(descriptor, &told, told.count) > 0 {}
    }
}

/// A process that need not be a child of this one.
enum AnyProcess {
    /// Waits for its end, but no longer than this; false where it lives on.
    static func ends(_ pid: pid_t, within milliseconds: Int32) -> Bool {
        let descriptor = pidfd_open(pid, 0)
        guard descriptor >= 0 else { return true }
        defer { close(descriptor) }
        var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&ready, 1, milliseconds) == 1
    }
}
