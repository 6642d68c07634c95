import Testing
import UpgradeCore

@testable import ReleaseKnowledge

/// The chain of a release, as its files would give it.
func chain(through head: String, then newer: [String] = []) throws -> Chain {
    var files = KnownRevision.known.prefix { $0.id != head }.map { migration($0.id, after: $0.parent) }
    let last = try #require(KnownRevision.identified(head))
    files.append(migration(last.id, after: last.parent))
    for (parent, id) in zip([head] + newer, newer) { files.append(migration(id, after: parent)) }
    return try ChainReader.read(files)
}

@Suite struct `The forecast of an upgrade` {
    @Test func `from 0_6_43 to 0_12_4 counts 37 revisions`() throws {
        let forecast = try SchemaForecast(
            from: "c440947495f3", along: chain(through: "0bd252b206fb"), source: ReleaseNumber(0, 6, 43),
            target: ReleaseNumber(0, 12, 4))
        #expect(forecast.pending.count == 37)
        #expect(forecast.pending.first?.id == "374d2f66af06")
        #expect(forecast.pending.last?.id == "0bd252b206fb")
        #expect(forecast.long.map(\.id) == ["8452d01d26d7", "9a1b2c3d4e5f"])
        #expect(
            forecast.breakingOldCode.map(\.id) == [
                "374d2f66af06", "f1e2d3c4b5a6", "c1d2e3f4a5b6", "4de81c2a3af1", "461111b60977", "3ff2c63645b8",
                "f0bd01a18a3d",
            ])
        #expect(
            forecast.wayBack
                == .impossible(revisions: ["461111b60977", "6d09d1bf1f23", "c92da83b017f", "0bd252b206fb"]))
        #expect(forecast.unknown.isEmpty)
        #expect(forecast.departures.isEmpty)
        #expect(forecast.cautions == Caution.concerning(from: ReleaseNumber(0, 6, 43), to: ReleaseNumber(0, 12, 4)))
        #expect(forecast.estimate == nil)
    }

    /// Every pair of releases from 0.6.0 on; the number is the difference of their measured counts.
    @Test(arguments: KnownRelease.known.filter { $0.number >= ReleaseNumber(0, 6, 0) })
    func `to every release counts the revisions between`(target: KnownRelease) throws {
        let chain = try chain(through: target.head)
        for source in KnownRelease.known where source.number >= ReleaseNumber(0, 6, 0) {
            if source.revisions <= target.revisions {
                let forecast = try SchemaForecast(from: source.head, along: chain)
                #expect(forecast.pending.count == target.revisions - source.revisions)
                #expect((forecast.wayBack == .unchanged) == (source.head == target.head))
            } else {
                #expect(throws: Fault.self) { try SchemaForecast(from: source.head, along: chain) }
            }
        }
    }

    @Test func `refuses a downgrade and says which release has the revision`() throws {
        let chain = try chain(through: "b2c3d4e5f6a7")
        let fault = #expect(throws: Fault.self) {
            try SchemaForecast(from: "461111b60977", along: chain, target: ReleaseNumber(0, 8, 12))
        }
        #expect(fault?.kind == .refused)
        #expect(fault?.what == "The database is newer than Open WebUI 0.8.12: going there would be a downgrade.")
        #expect(fault?.why.contains("came with Open WebUI 0.9.6") == true)
        #expect(fault?.remedy.contains("owui-upgrade --to v0.9.6") == true)
    }

    @Test func `refuses a revision that nobody knows without guessing its release`() throws {
        let chain = try chain(through: "0bd252b206fb")
        let fault = #expect(throws: Fault.self) { try SchemaForecast(from: "ffffffffffff", along: chain) }
        #expect(fault?.kind == .refused)
        #expect(fault?.why.contains("is not known") == true)
    }

    @Test func `reports newer revisions as unknown`() throws {
        let forecast = try SchemaForecast(
            from: "b8f2c6d91a04", along: chain(through: "0bd252b206fb", then: ["newer1", "newer2"]),
            sizes: TableSizes(chats: 10, messages: 10, bytes: 10))
        #expect(forecast.pending.count == 4)
        #expect(forecast.unknown.map(\.id) == ["newer1", "newer2"])
        #expect(forecast.unknown.allSatisfy { $0.known == nil && $0.title == "Made up" })
        #expect(forecast.estimate?.isComplete == false)
        #expect(forecast.wayBack == .impossible(revisions: ["c92da83b017f", "0bd252b206fb"]))
        let later = try SchemaForecast(
            from: "0bd252b206fb", along: chain(through: "0bd252b206fb", then: ["newer1"]))
        #expect(later.wayBack == .unknown(revisions: ["newer1"]))
    }

    @Test func `tells where the files depart from the table`() throws {
        let forecast = try SchemaForecast(
            from: "c440947495f3",
            along: ChainReader.read([
                migration("c440947495f3", after: nil), migration("b2c3d4e5f6a7", after: "c440947495f3"),
            ]), target: ReleaseNumber(0, 12, 4))
        #expect(forecast.departures.count == 3)
        #expect(
            forecast.departures.last
                == "The head of 0.12.4 is b2c3d4e5f6a7 in its files, and 0bd252b206fb in the table.")
    }

    /// Chats, messages, bytes before, and the seconds that were measured for 0.6.43 to 0.12.4.
    @Test(arguments: [(3, 6, 12_000_000, 1), (5_000, 50_000, 13_000_000, 21), (20_000, 200_000, 24_000_000, 62)])
    func `estimates a range that holds what was measured`(chats: Int, messages: Int, bytes: Int, seconds: Int) throws {
        let chain = try chain(through: "0bd252b206fb")
        for counted in [messages, nil] {
            let sizes = TableSizes(chats: chats, messages: counted, bytes: bytes)
            let estimate = try #require(try SchemaForecast(from: "c440947495f3", along: chain, sizes: sizes).estimate)
            #expect(estimate.seconds.contains(seconds))
            #expect(estimate.seconds.upperBound < 6 * seconds + 10)
            #expect(estimate.isComplete)
            #expect(estimate.freeBytes == bytes * 10)
        }
    }

    @Test func `estimates nothing where nothing is pending`() throws {
        let sizes = TableSizes(chats: 1_000_000, messages: nil, bytes: 1_000_000_000)
        let forecast = try SchemaForecast(from: "0bd252b206fb", along: chain(through: "0bd252b206fb"), sizes: sizes)
        #expect(forecast.estimate?.seconds == 0...0)
        #expect(forecast.estimate?.freeBytes == 0)
    }
}
