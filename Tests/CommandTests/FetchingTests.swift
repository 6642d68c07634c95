import Backends
import Synchronization
import Testing

@testable import owui_upgrade

@Suite struct `What is told of an image that is fetched` {
    /// A clock that stands still until it is told to go on.
    private final class Moments: Sendable {
        private let now = Mutex(ContinuousClock.now)

        func pass(_ duration: Duration) { now.withLock { $0 += duration } }
        var reading: @Sendable () -> ContinuousClock.Instant { { self.now.withLock { $0 } } }
    }

    private static func progress(_ received: Int, done: Int = 0, of image: String = "chat:2") -> PullProgress {
        PullProgress(image: image, received: received, total: 100_000_000, done: done, layers: 2)
    }

    @Test func `is its begin, a line every few seconds, and its end`() {
        let moments = Moments()
        let fetching = Fetching(now: moments.reading)
        #expect(fetching.isDue(Self.progress(0)))
        for _ in 0..<4 {
            moments.pass(.seconds(1))
            #expect(!fetching.isDue(Self.progress(10_000_000)))
        }
        moments.pass(.seconds(1))
        #expect(fetching.isDue(Self.progress(50_000_000)))
        #expect(!fetching.isDue(Self.progress(90_000_000, done: 1)))
        #expect(fetching.isDue(Self.progress(100_000_000, done: 2)))
        #expect(!fetching.isDue(Self.progress(100_000_000, done: 2)))
    }

    @Test func `begins anew with the next image`() {
        let fetching = Fetching(now: Moments().reading)
        #expect(fetching.isDue(Self.progress(0)))
        #expect(fetching.isDue(Self.progress(0, of: "chat:3")))
    }

    @Test func `is told of each image as if it were the only one that is fetched`() {
        let moments = Moments()
        let fetching = Fetching(now: moments.reading)
        let both = { (received: Int, done: Int) in
            ["chat:2", "chat:3"].map { fetching.isDue(Self.progress(received, done: done, of: $0)) }
        }
        #expect(both(0, 0) == [true, true])
        #expect(both(10_000_000, 0) == [false, false])
        #expect(both(20_000_000, 0) == [false, false])
        moments.pass(.seconds(5))
        #expect(both(30_000_000, 1) == [true, true])
        #expect(both(100_000_000, 2) == [true, true])
        #expect(both(100_000_000, 2) == [false, false])
    }

    @Test func `says how far it is`() {
        #expect(Self.progress(41_500_000, done: 1).told == "fetching chat:2: 1 of 2 layers, 41 of 100 MB")
        let nothing = PullProgress(image: "chat:2", received: 0, total: 0, done: 0, layers: 0)
        #expect(nothing.told == "fetching chat:2: 0 of 0 layers")
    }
}
