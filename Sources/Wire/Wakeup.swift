internal import CPostgres
internal import Glibc

/// A descriptor that ends a `poll` from another thread.
final class Wakeup: Sendable {
    let descriptor: Int32

    init() {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    func signal() {
        _ = eventfd_write(descriptor, 1)
    }

    func drain() {
        var count: eventfd_t = 0
        _ = eventfd_read(descriptor, &count)
    }
}
