import Glibc
import Testing

/// The tests that asked PostgreSQL, for whoever runs them to count.
enum Tally {
    /// Notes the present test in the file that OWUI_TEST_TALLY names, where there is one.
    static func note() {
        guard let path = getenv("OWUI_TEST_TALLY"), let test = Test.current else { return }
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        let line = Array("postgres \(test.id)\n".utf8)
        _ = write(descriptor, line, line.count)
        close(descriptor)
    }
}
