/// A place where so many tasks wait for each other, again and again.
actor Meeting {
    private var parties: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ parties: Int) { self.parties = parties }

    /// Returns when all have come.
    func come() async {
        guard waiting.count + 1 < parties else { return part() }
        await withCheckedContinuation { waiting.append($0) }
    }

    /// Does what comes here again and again; where that fails, it is not waited for any more.
    nonisolated func attended(by work: () async throws -> Void) async throws {
        do { try await work() } catch {
            await leave()
            throw error
        }
    }

    private func leave() {
        parties -= 1
        if waiting.count >= parties { part() }
    }

    private func part() {
        for one in waiting { one.resume() }
        waiting = []
    }
}
