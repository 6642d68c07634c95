import Testing

@testable import ReleaseKnowledge

@Suite struct `The cautions of an upgrade` {
    /// What each release adds for those who cross it, and what concerns those who stop at it; collected by hand.
    static let golden: [(release: String, crossing: [String], stopping: [String])] = [
        ("0.6.42", ["together-0.6.42"], []), ("0.6.43", [], []), ("0.7.0", ["together-0.7.0"], []),
        ("0.7.1", [], []), ("0.7.2", [], []),
        ("0.8.0", ["together-0.8.0", "long-migration-0.8.0"], ["silent-target-0.8", "memory-target-0.8"]),
        ("0.8.1", ["together-0.8.1"], ["silent-target-0.8", "memory-target-0.8"]),
        ("0.8.2", [], ["silent-target-0.8", "memory-target-0.8"]),
        ("0.8.3", [], ["silent-target-0.8", "memory-target-0.8"]),
        ("0.8.4", [], ["silent-target-0.8", "memory-target-0.8"]),
        ("0.8.5", [], ["silent-target-0.8", "memory-target-0.8"]),
        ("0.8.6", [], ["memory-target-0.8"]), ("0.8.7", [], ["memory-target-0.8"]),
        ("0.8.8", [], ["memory-target-0.8"]), ("0.8.9", [], []), ("0.8.10", [], []), ("0.8.11", [], []),
        ("0.8.12", [], []),
        ("0.9.0", ["together-0.9.0", "async-driver-0.9", "plugins-0.9"], ["asyncpg-missing", "asyncpg-url"]),
        ("0.9.1", [], ["asyncpg-url", "redis-sentinel"]), ("0.9.2", [], []), ("0.9.3", ["together-0.9.3"], []),
        ("0.9.4", [], []), ("0.9.5", [], []), ("0.9.6", ["together-0.9.6", "secret-key", "primary-keys"], []),
        ("0.10.0", ["one-way-0.10.0", "config-rows"], []), ("0.10.1", [], []),
        ("0.10.2", ["together-0.10.2"], ["redis-churn"]),
        ("0.11.0", ["together-0.11.0", "duplicate-emails", "long-migration-0.11.0"], ["half-updated"]),
        ("0.11.1", ["together-0.11.1"], ["half-updated"]), ("0.11.2", [], ["half-updated"]),
        ("0.11.3", ["raises-0.11.3"], []), ("0.11.4", ["vector-slim"], []),
        ("0.12.0", ["together-0.12.0", "milvus-copy", "redis-together", "schema-honoured"], []),
        ("0.12.1", ["together-0.12.1"], []), ("0.12.2", [], []), ("0.12.3", [], []), ("0.12.4", [], []),
    ]

    @Test(arguments: KnownRelease.known.map(\.number).filter { $0 > ReleaseNumber(0, 6, 41) })
    func `from 0_6_41 are those collected by hand`(target: ReleaseNumber) throws {
        let rows = Self.golden.prefix { ReleaseNumber($0.release).map { $0 <= target } ?? false }
        let last = try #require(rows.last)
        #expect(last.release == target.description)
        let expected = Set(rows.flatMap(\.crossing) + last.stopping)
        let found = Caution.concerning(from: ReleaseNumber(0, 6, 41), to: target)
        #expect(Set(found.map(\.id)) == expected)
        #expect(found.count == expected.count)
    }

    @Test func `name the fourteen flagged releases`() {
        let flagged = Caution.concerning(from: ReleaseNumber(0, 6, 40), to: ReleaseNumber(0, 12, 4))
            .filter { $0.id == "one-way-0.10.0" || $0.id.hasPrefix("together-") }.map(\.from.description)
        #expect(
            flagged == [
                "0.6.41", "0.6.42", "0.7.0", "0.8.0", "0.8.1", "0.9.0", "0.9.3", "0.9.6", "0.10.0", "0.10.2", "0.11.0",
                "0.11.1", "0.12.0", "0.12.1",
            ])
    }

    @Test func `warn of a source that may be behind its version`() {
        let ids = Caution.concerning(from: ReleaseNumber(0, 8, 3), to: ReleaseNumber(0, 8, 12)).map(\.id)
        #expect(ids == ["silent-source-0.8"])
    }

    @Test func `are none where nothing changes`() {
        let number = ReleaseNumber(0, 12, 4)
        #expect(Caution.concerning(from: number, to: number).isEmpty)
        #expect(Caution.concerning(from: ReleaseNumber(0, 12, 1), to: number).isEmpty)
    }

    @Test func `of an unknown source are those of the oldest`() {
        let target = ReleaseNumber(0, 12, 4)
        #expect(
            Caution.concerning(from: nil, to: target) == Caution.concerning(from: ReleaseNumber(0, 0, 1), to: target))
    }

    @Test(arguments: Caution.known) func `say where they are written`(caution: Caution) {
        #expect(!caution.source.isEmpty)
        #expect(caution.text.hasSuffix(".") || caution.text.hasSuffix(")"))
        #expect((caution.through == nil) == (caution.reach == .crossing))
        #expect(KnownRelease.numbered(caution.from) != nil)
    }
}
