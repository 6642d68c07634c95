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

    /// One that does not come any more is not waited for.
    func leave() {
        parties -= 1
        if waiting.count >= parties { part() }
    }

    private func part() {
        for one in waiting { one.resume() }
        waiting = []
    }
}
