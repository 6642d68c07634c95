import Glibc
import Synchronization
import UpgradeCore

/// What a person answered.
enum Answer: Equatable {
    case yes
    /// Anything else, and the end of the input.
    case no
    /// A signal came first.
    case interrupted(signal: String)
}

/// The terminal at which a person sits, where there is one.
enum Terminal {
    /// Whether somebody is there who can be asked.
    static var canAsk: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

    /// Whether a line on it can be written anew.
    static var canRedraw: Bool {
        guard isatty(STDERR_FILENO) == 1, let kind = setting("TERM") else { return false }
        return kind != "dumb"
    }

    /// Whether it may be coloured or dimmed: https://no-color.org.
    static var mayColour: Bool { setting("NO_COLOR") == nil }

    static var columns: Int {
        var size = winsize()
        return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }

    /// Asks a question that only `y` or `yes` affirms. A signal ends the waiting for an answer.
    static func ask(_ question: String, _ clock: some Clock) async -> Answer {
        switch await line(after: question + " [y/N] ", clock) {
        case .typed(let word): ["y", "yes"].contains(word.lowercased()) ? .yes : .no
        case .ended: .no
        case .interrupted(let signal): .interrupted(signal: signal)
        }
    }

    /// Has one of several names chosen, by its number or itself, and asks again where it is none of them. nil where the
    /// input ends.
    static func choose(_ names: [String], _ question: String, _ clock: some Clock) async throws(Fault) -> String? {
        let list = names.enumerated().map { "  \($0 + 1)  \($1)\n" }.joined()
        Stream.error("\(question)\n\(list)")
        while true {
            switch await line(after: "Number or name: ", clock) {
            case .typed(let word):
                if let number = Int(word), names.indices.contains(number - 1) { return names[number - 1] }
                if names.contains(word) { return word }
            case .ended: return nil
            case .interrupted(let signal): throw .questionInterrupted(signal)
            }
        }
    }

    /// What a person has typed, in one line.
    private enum Line {
        case typed(String)
        case ended
        case interrupted(signal: String)
    }

    /// A signal ends the waiting for it.
    private static func line(after prompt: String, _ clock: some Clock) async -> Line {
        Stream.error(prompt)
        var line: [UInt8] = []
        while true {
            if let signal = clock.interruption {
                Stream.error("\n")
                return .interrupted(signal: signal)
            }
            guard hasInput else {
                await clock.wait(until: clock.now.advanced(milliseconds: 100))
                continue
            }
            var chunk = [UInt8](repeating: 0, count: 1024)
            let count = read(STDIN_FILENO, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            line += chunk.prefix(max(0, count))
            if count > 0, line.last != UInt8(ascii: "\n") { continue }
            // The end of the input leaves the cursor behind the question.
            if count <= 0 { Stream.error("\n") }
            let word = String(decoding: line, as: UTF8.self).split(whereSeparator: \.isWhitespace).joined(
                separator: " ")
            return count > 0 ? .typed(word) : .ended
        }
    }

    private static var hasInput: Bool {
        var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        return poll(&input, 1, 0) > 0
    }

    // The line that is written anew

    /// Whether it stands there; a signal handler asks.
    private static let isDrawn = Atomic<Bool>(false)

    /// Writes the line, in place of what stands there.
    static func draw(_ line: String) {
        isDrawn.store(true, ordering: .relaxed)
        Stream.error(mayColour ? "\r\u{1B}[2K\u{1B}[2m\(line)\u{1B}[0m" : "\r\u{1B}[2K\(line)")
    }

    /// Leaves an empty line with the cursor at its begin.
    static func clear() {
        Stream.error("\r\u{1B}[2K")
        isDrawn.store(false, ordering: .relaxed)
    }

    /// Clears the line from within a signal handler, where nothing may be allocated.
    static func clearInHandler() {
        guard isDrawn.load(ordering: .relaxed) else { return }
        let erasure: StaticString = "\r\u{1B}[0m\u{1B}[2K"
        _ = write(STDERR_FILENO, erasure.utf8Start, erasure.utf8CodeUnitCount)
    }

    private static func setting(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
}
