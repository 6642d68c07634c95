/// How long another side is borne with that cannot be asked: between two attempts at a command, and while something is
/// waited for.
struct Patience: Sendable {
    /// When it was first found to be away; nil while it answers.
    private var since: Moment?

    /// Takes in that it is away; whether that has lasted too long.
    mutating func isOver(after seconds: Int, at now: Moment) -> Bool {
        let since = since ?? now
        self.since = since
        return now >= since.advanced(milliseconds: Int64(seconds) * 1000)
    }

    /// Takes in that it answers; how long it was away, in milliseconds, or nil where it was not.
    mutating func end(at now: Moment) -> Int64? {
        defer { since = nil }
        return since.map { now.milliseconds - $0.milliseconds }
    }

    // Between attempts

    /// The pause before this attempt, counted from 0, in milliseconds: short at first, then longer and longer.
    static func pause(before attempt: Int) -> Int64 {
        attempt > 0 ? min(250 << Int64(min(attempt - 1, 10)), 30_000) : 0
    }

    /// How many attempts it takes for the pauses between them to last this long.
    static func attempts(lasting seconds: Int) -> Int {
        var attempts = 1
        var waited: Int64 = 0
        while waited < Int64(seconds) * 1000 {
            waited += pause(before: attempts)
            attempts += 1
        }
        return attempts
    }
}
