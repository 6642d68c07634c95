import Testing
import UpgradeCore

@testable import JournalFile

@Suite struct `A journal that is not whole` {
    @Test func `yields exactly the records before the cut, wherever it is cut`() throws {
        let test = try TestFolder()
        let notes = try longJournal(in: test.folder())
        let whole = try bytes(of: test.journal())
        #expect((3800...5000).contains(whole.count))
        let ends = whole.indices.filter { whole[$0] == UInt8(ascii: "\n") }.map { $0 + 1 }
        #expect(ends.count == notes.count + 1)
        for length in 0..<whole.count {
            let cut = Array(whole[..<length])
            guard length >= ends[0] else {
                #expect(fault { try replay(cut) }?.kind == .invalid, "cut to \(length)")
                continue
            }
            let kept = ends.count { $0 <= length } - 1
            let read = try replay(cut)
            #expect(read.records.map(\.event) == Array(notes.prefix(kept)), "cut to \(length)")
            let torn = length - ends[kept]
            #expect(read.tornTail == (torn == 0 ? nil : TornTail(file: "j", line: kept + 2, bytes: torn)))
        }
    }

    @Test(arguments: 0..<8)
    func `is refused for every single flipped bit`(bit: Int) throws {
        let test = try TestFolder()
        _ = try longJournal(in: test.folder())
        var journal = try bytes(of: test.journal())
        var line = 1
        for offset in journal.indices {
            let original = journal[offset]
            journal[offset] ^= 1 << UInt8(bit)
            let refusal = fault { try JournalScan(journal, file: "j") }
            #expect(refusal?.kind == .invalid, "bit \(bit) of byte \(offset)")
            #expect(refusal?.what.contains("in line \(line).") == true, "byte \(offset): \(refusal?.what ?? "")")
            journal[offset] = original
            if original == UInt8(ascii: "\n") { line += 1 }
        }
    }

    @Test(arguments: 0..<4)
    func `never yields a record that was not written, cut and flipped at once`(seed: UInt64) throws {
        let test = try TestFolder()
        let notes = try longJournal(in: test.folder())
        let whole = try bytes(of: test.journal())
        var random = SeededNumbers(state: seed)
        for _ in 0..<500 {
            var journal = Array(whole[..<Int.random(in: 1..<whole.count, using: &random)])
            journal[Int.random(in: journal.indices, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            do {
                let read = try replay(journal).records.map(\.event)
                #expect(read == Array(notes.prefix(read.count)))
            } catch {
                #expect(error.kind == .invalid)
            }
        }
    }

    @Test(arguments: [
        "hello\n", "\u{0}\u{0}\u{0}", "\n", "00000002",
        "00000001 00000002 0000000000000000 00000000 {}\n",
    ])
    func `is refused when something foreign stands at its end`(foreign: String) throws {
        let test = try TestFolder()
        _ = try begin(test.folder())
        try write(bytes(of: test.journal()) + Array(foreign.utf8), to: test.journal())
        let refusal = fault { try JournalFile<Note>.open(in: test.folder(), run: "r1", fence: OpenFence()) }
        #expect(refusal?.kind == .invalid)
        #expect(refusal?.what == "The journal \(test.journal()) is damaged in line 2.")
        #expect(refusal?.remedy.contains("head -n 1 \(test.journal())") == true)
    }

    @Test func `is refused when a line is repeated, left out or moved`() throws {
        let test = try TestFolder()
        _ = try longJournal(in: test.folder())
        let lines = try bytes(of: test.journal()).split(separator: UInt8(ascii: "\n")).map { Array($0) + [0x0a] }
        for changed in [
            lines[0...3] + lines[3...], lines[0...3] + lines[5...], lines[0...2] + [lines[4], lines[3]] + lines[5...],
        ] {
            #expect(fault { try replay(Array(changed.joined())) }?.kind == .invalid)
        }
    }

    @Test func `is refused when a line comes from another journal`() throws {
        let test = try TestFolder()
        try begin(test.folder(), run: "one").append(.began(step: "pause"), at: "t")
        try begin(test.folder(), run: "two").append(.began(step: "pause"), at: "t")
        let one = try bytes(of: test.journal("one")).split(separator: 0x0a)
        let two = try bytes(of: test.journal("two")).split(separator: 0x0a)
        try write([one[0], two[1]].flatMap { $0 + [0x0a] }, to: test.journal("one"))
        #expect(fault { try JournalFile<Note>.read(in: test.folder(), run: "one") }?.kind == .invalid)
    }

    @Test func `goes on after a torn tail, which the next record replaces`() throws {
        let test = try TestFolder()
        let notes = try longJournal(in: test.folder())
        let whole = try bytes(of: test.journal())
        try write(whole.dropLast(5), to: test.journal())
        let (journal, replay) = try JournalFile<Note>.open(in: test.folder(), run: "r1", fence: OpenFence())
        #expect(replay.tornTail?.line == notes.count + 1)
        #expect(replay.tornTail?.notice.contains(test.journal()) == true)
        #expect(try bytes(of: test.journal()).count == whole.count - 5, "opening alone changes nothing")
        try journal.append(.said(text: "on"), at: "t")
        let again = try JournalFile<Note>.read(in: test.folder(), run: "r1")
        #expect(again.records.map(\.event) == notes.dropLast() + [.said(text: "on")])
        #expect(again.tornTail == nil)
    }

    private func replay(_ bytes: [UInt8]) throws(Fault) -> JournalReplay<Note> {
        try JournalReplay(bytes, JournalScan(bytes, file: "j"), in: .file("j"), run: "r1", kind: "run")
    }
}

/// SplitMix64, by Sebastiano Vigna: the same numbers for the same seed.
struct SeededNumbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}
