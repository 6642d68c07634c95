/// A moment of this machine's monotonic clock after which nothing is waited for any more.
struct Deadline {
    private let instant: ContinuousClock.Instant?

    static let never = Deadline(instant: nil)

    static func after(_ duration: Duration?) -> Deadline {
        Deadline(instant: duration.map { ContinuousClock.now.advanced(by: $0) })
    }

    /// Milliseconds for `poll`, rounded up; -1 waits without end.
    var milliseconds: Int32 {
        guard let instant else { return -1 }
        let left = ContinuousClock.now.duration(to: instant)
        guard left > .zero else { return 0 }
        return left.milliseconds(atMost: Int(Int32.max))
    }
}

extension Duration {
    /// Whole milliseconds, rounded up and never more than the bound.
    func milliseconds(atMost bound: Int) -> Int32 {
        let (seconds, attoseconds) = components
        guard seconds < Int64(bound / 1000) else { return Int32(clamping: bound) }
        return Int32(clamping: seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
