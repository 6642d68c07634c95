import Testing
import UpgradeCore

@testable import JournalFile

@Suite struct `The format of a journal` {
    /// As the first release wrote it. This text never changes: journals of every release stay readable.
    static let first = #"""
        00000000 00000079 a35f01d862e12aad 94eb3b15 {"at":"2026-03-01T10:42:00Z","format":1,"kind":"run","run":"r1","tool":"0.1.0"}
        00000001 00000069 e33697e62070ba3b 50816a4c {"at":"2026-03-01T10:42:07Z","event":{"began":{"step":"swap-image"}}}
        00000002 00000082 6abdd3996fffdbf9 b7312ff0 {"at":"2026-03-01T10:42:19Z","event":{"ended":{"seconds":12,"step":"swap-image"}}}

        """#

    @Test func `uses checks that other tools can make`() {
        #expect(Checksum.crc32(Array("123456789".utf8)) == 0xcbf4_3926)
        #expect(Checksum.crc64(Array("123456789".utf8)) == 0x995d_c9bb_df19_39fa)
    }

    @Test func `is the one that the first release wrote`() throws {
        let test = try TestFolder()
        let journal = try begin(test.folder())
        try journal.append(.began(step: "swap-image"), at: "2026-03-01T10:42:07Z")
        try journal.append(.ended(step: "swap-image", seconds: 12), at: "2026-03-01T10:42:19Z")
        #expect(String(decoding: try bytes(of: test.journal()), as: UTF8.self) == Self.first)
    }

    @Test func `of the first release is read`() throws {
        let test = try TestFolder()
        try test.folder().make()
        try write(Self.first.utf8, to: test.journal())
        let replay = try JournalFile<Note>.read(in: test.folder(), run: "r1")
        #expect(replay.header == JournalHeader(run: "r1", tool: "0.1.0", at: "2026-03-01T10:42:00Z"))
        #expect(replay.records.map(\.event) == [.began(step: "swap-image"), .ended(step: "swap-image", seconds: 12)])
        #expect(replay.records.map(\.sequence) == [1, 2])
        #expect(replay.records.map(\.at) == ["2026-03-01T10:42:07Z", "2026-03-01T10:42:19Z"])
        #expect(replay.tornTail == nil)
    }

    @Test func `is refused by a release that is too old, with what to use`() throws {
        let test = try TestFolder()
        try place(#"{"at":"x","format":2,"kind":["of a form to come"],"tool":"3.1.4"}"#, in: test)
        let refusal = fault { try JournalFile<Note>.read(in: test.folder(), run: "r1") }
        #expect(refusal?.kind == .invalid)
        #expect(refusal?.remedy.contains("owui-upgrade 3.1.4 or newer") == true)
    }

    @Test(arguments: [
        #"{"at":"x","format":1,"kind":"run","run":"another","tool":"0.1.0"}"#,
        #"{"at":"x","format":1,"kind":"rehearsal","run":"r1","tool":"0.1.0"}"#,
        #"{"at":"x","format":1}"#, "[]", "",
    ])
    func `is refused when its header is not the run's`(header: String) throws {
        let test = try TestFolder()
        try place(header, in: test)
        let refusal = fault { try JournalFile<Note>.read(in: test.folder(), run: "r1") }
        #expect(refusal?.kind == .invalid)
        #expect(refusal?.what.contains(test.journal()) == true)
    }

    @Test func `may grow, and an older release says which line it does not know`() throws {
        struct Newer: Codable, Sendable { let invented: Int }
        let test = try TestFolder()
        _ = try begin(test.folder())
        let newer = try JournalFile<Newer>.open(in: test.folder(), run: "r1", fence: OpenFence()).journal
        try newer.append(Newer(invented: 1), at: "2026-03-01T10:42:07Z")
        let refusal = fault { try JournalFile<Note>.read(in: test.folder(), run: "r1") }
        #expect(refusal?.kind == .invalid)
        #expect(refusal?.what.contains("Line 2") == true)
    }

    private func place(_ header: String, in test: TestFolder) throws {
        let json = Array(header.utf8)
        let check = JournalLine.check(sequence: 0, after: JournalLine.seed, json: json[...])
        try test.folder().make()
        try write(JournalLine.encode(sequence: 0, check: check, json: json), to: test.journal())
    }
}
