import Glibc
import Subprocess
import Synchronization
import SystemPackage
import UpgradeCore

/// A program whose standard streams are a connection: it reads and writes it by itself, and nothing goes through this
/// process.
enum Passage {
    /// Hands a connection over to a program, by its name or path, and returns when that has ended: with what it said to
    /// standard error where it ended badly.
    static func join(_ connection: Int32, to program: String, _ words: [String]) async -> String? {
        let other = fcntl(connection, F_DUPFD_CLOEXEC, 0)
        var options = PlatformOptions()
        options.createSession = true
        do {
            let ended = try await Subprocess.run(
                program.contains("/") ? .path(FilePath(program)) : .name(program), arguments: Arguments(words),
                platformOptions: options,
                input: .fileDescriptor(FileDescriptor(rawValue: connection), closeAfterSpawningProcess: true),
                output: .fileDescriptor(FileDescriptor(rawValue: other), closeAfterSpawningProcess: true),
                error: .string(limit: 1 << 16))
            guard !ended.terminationStatus.isSuccess else { return nil }
            return ended.standardError.split(whereSeparator: \.isNewline).suffix(3).joined(separator: "; ").trimmed
        } catch { return "\(program) cannot be run: \(error)" }
    }

    /// What programs have said last, until it is taken.
    final class Words: Sendable {
        private let said = Mutex<String?>(nil)

        func put(_ text: String) { said.withLock { $0 = text } }

        func take() -> String? {
            said.withLock { said in
                defer { said = nil }
                return said
            }
        }

        /// The same once it is there: a program ends a moment after its connection. nil where it says nothing.
        func awaited() async -> String? {
            for _ in 0..<50 {
                if let said = take() { return said }
                do { try await Task.sleep(for: .milliseconds(20)) } catch { break }
            }
            return nil
        }
    }
}
