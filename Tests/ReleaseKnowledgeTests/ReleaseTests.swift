import Testing

@testable import ReleaseKnowledge

@Suite struct `The table of releases` {
    /// From the measured ranges of heads, copied by hand.
    static let heads: [(first: String, last: String, head: String, revisions: Int)] = [
        ("0.5.0", "0.5.2", "7826ab40b532", 14), ("0.5.3", "0.6.5", "3781e22d8b01", 15),
        ("0.6.6", "0.6.15", "9f0c9cd09105", 16), ("0.6.16", "0.6.22", "d31026856c01", 17),
        ("0.6.23", "0.6.26", "3af16a1c9fb6", 19), ("0.6.27", "0.6.31", "38d63c18f30f", 20),
        ("0.6.32", "0.6.36", "a5c220713937", 21), ("0.6.37", "0.6.40", "37f288994c47", 22),
        ("0.6.41", "0.6.41", "3e0e00844bb0", 26), ("0.6.42", "0.7.2", "c440947495f3", 29),
        ("0.8.0", "0.8.0", "a1b2c3d4e5f6", 33), ("0.8.1", "0.8.12", "b2c3d4e5f6a7", 34),
        ("0.9.0", "0.9.2", "56359461a091", 40), ("0.9.3", "0.9.5", "a0b1c2d3e4f5", 42),
        ("0.9.6", "0.9.6", "461111b60977", 44), ("0.10.0", "0.10.2", "42e2978c7933", 48),
        ("0.11.0", "0.11.0", "f0bd01a18a3d", 55), ("0.11.1", "0.11.4", "d4c1a8e37b62", 58),
        ("0.12.0", "0.12.0", "b8f2c6d91a04", 64), ("0.12.1", "0.12.4", "0bd252b206fb", 66),
    ]

    @Test(arguments: KnownRelease.known) func `knows the head of every release`(release: KnownRelease) throws {
        let range = try #require(
            Self.heads.first { row in
                guard let first = ReleaseNumber(row.first), let last = ReleaseNumber(row.last) else { return false }
                return first <= release.number && release.number <= last
            })
        #expect(release.head == range.head)
        #expect(release.revisions == range.revisions)
        #expect(release.released.count == 10)
    }

    @Test func `holds a hundred releases in order, 0_6_17 not among them`() {
        let numbers = KnownRelease.known.map(\.number)
        #expect(numbers.count == 100)
        #expect(numbers == numbers.sorted())
        #expect(Set(numbers).count == numbers.count)
        #expect(KnownRelease.numbered(ReleaseNumber(0, 6, 17)) == nil)
        #expect(numbers.last == ReleaseNumber(0, 12, 4))
        #expect(KnownRelease.known.filter { $0.basis == .measured }.count == 48)
    }

    @Test func `finds releases by their head`() {
        #expect(
            KnownRelease.withHead("0bd252b206fb").map(\.number.description) == ["0.12.1", "0.12.2", "0.12.3", "0.12.4"])
        #expect(KnownRelease.withHead("ffffffffffff").isEmpty)
    }
}

@Suite struct `The table of revisions` {
    @Test func `is one line`() {
        #expect(KnownRevision.known.count == 66)
        #expect(Set(KnownRevision.known.map(\.id)).count == 66)
        var parent: String?
        for revision in KnownRevision.known {
            #expect(revision.parent == parent)
            parent = revision.id
        }
    }

    @Test(arguments: KnownRelease.known) func `agrees with the releases`(release: KnownRelease) throws {
        let place = try #require(KnownRevision.known.firstIndex { $0.id == release.head })
        #expect(place + 1 == release.revisions)
        #expect(KnownRevision.known[place].first <= release.number)
        let after = KnownRevision.known.dropFirst(place + 1).first
        #expect(after.map { $0.first > release.number } ?? true)
    }

    @Test func `names those without a way back`() {
        let without = KnownRevision.known.filter { $0.downgrade == .nothing }.map(\.id)
        #expect(without == ["1af9b942657b", "461111b60977", "6d09d1bf1f23", "0bd252b206fb"])
        #expect(KnownRevision.known.filter { $0.downgrade == .refuses }.map(\.id) == ["c92da83b017f"])
    }

    @Test func `says nothing of a revision that it does not hold`() {
        #expect(KnownRevision.identified("ffffffffffff") == nil)
        #expect(KnownRevision.identified("8452d01d26d7")?.slug == "add_chat_message_table")
    }
}

@Suite struct `A release number` {
    @Test(arguments: ["0.12.4", "v0.12.4", "0.12.4-cuda", "v0.12.4-slim", "0.12.4+build"])
    func `is read from a tag`(text: String) {
        #expect(ReleaseNumber(text) == ReleaseNumber(0, 12, 4))
    }

    @Test(arguments: [
        "", "main", "latest", "0.12", "0.12.4.1", "0.12.x", "v", "0..4", "-1.2.3", "٠.١.٢", "99999999999999999999.0.0",
    ])
    func `is not read from anything else`(text: String) {
        #expect(ReleaseNumber(text) == nil)
    }

    @Test func `is compared by its numbers`() {
        #expect(ReleaseNumber(0, 9, 6) < ReleaseNumber(0, 10, 0))
        #expect(ReleaseNumber(0, 6, 9) < ReleaseNumber(0, 6, 10))
    }
}

@Suite struct `A trait` {
    @Test(arguments: [
        (ReleaseTrait.swallowsMigrationErrors, "0.11.2", ReleaseTrait.Answer.yes),
        (.swallowsMigrationErrors, "0.11.3", .no),
        (.readyEndpoint, "0.8.10", .no), (.readyEndpoint, "0.8.11", .yes), (.readyEndpoint, "9.0.0", .yes),
        (.migrationSwitch, "0.6.43", .no), (.migrationSwitch, "0.7.0", .yes), (.schemaVariable, "0.5.0", .no),
        (.schemaVariable, "0.5.3", .unsure), (.schemaVariable, "0.5.5", .yes), (.schemaHonoured, "0.11.4", .no),
        (.schemaHonoured, "0.12.0", .yes), (.workersVariable, "0.6.0", .no), (.workersVariable, "0.6.3", .unsure),
        (.workersVariable, "0.6.5", .yes), (.secretKeyRequired, "0.9.5", .no), (.secretKeyRequired, "0.9.6", .yes),
        (.databaseTypeVariables, "0.6.18", .no), (.databaseTypeVariables, "0.6.19", .yes),
        (.psycopg2Bundled, "0.6.25", .yes), (.psycopg2Bundled, "0.6.26", .unsure), (.psycopg2Bundled, "0.6.27", .no),
        (.peeweeMigrations, "0.9.5", .yes), (.peeweeMigrations, "0.9.6", .no), (.deploymentID, "0.6.36", .no),
        (.deploymentID, "0.6.37", .yes), (.healthDatabaseInThread, "0.9.2", .no),
        (.healthDatabaseInThread, "0.9.3", .yes),
    ])
    func `begins or ends with a release`(trait: ReleaseTrait, release: String, answer: ReleaseTrait.Answer) throws {
        #expect(trait.holds(in: try #require(ReleaseNumber(release))) == answer)
    }

    @Test func `of drivers follows the releases`() {
        #expect(DatabaseDriver.needed(by: ReleaseNumber(0, 8, 12)) == [.psycopg2])
        #expect(DatabaseDriver.needed(by: ReleaseNumber(0, 9, 1)) == [.psycopg2, .asyncpg])
        #expect(DatabaseDriver.needed(by: ReleaseNumber(0, 9, 2)) == [.psycopg2, .psycopg])
    }
}
