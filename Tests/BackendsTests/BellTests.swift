import Testing

@testable import Backends

@Suite struct `A wait on a bell` {
    @Test func `is over when it rings, also where it rang before`() async {
        let bell = Bell()
        bell.ring()
        await bell.wait(.seconds(3600))
        async let wait: Void = bell.wait(.seconds(3600))
        bell.ring()
        await wait
    }

    @Test func `is over when its time is up, also where that is before its task comes to wait`() async {
        let bell = Bell()
        await withTaskGroup(of: Void.self) { waits in
            for _ in 0..<50 {
                waits.addTask { for _ in 0..<400 { await bell.wait(.nanoseconds(1)) } }
            }
        }
    }
}
