import Testing

@testable import open_webui_stand_in

@Suite struct `The witness's judgement` {
    private static let old = "c440947495f3"
    private static let new = "0bd252b206fb"

    private static func life(
        _ id: Int, _ version: Version, role: Life.Role = .alone, revision: String?, knows: Bool? = true
    ) -> Life {
        Life(
            id: id, version: version, role: role, instance: "", pid: id, migrates: true,
            head: Chain(of: version).head, revision: revision, knowsRevision: knows, started: id * 100, isAlive: false)
    }

    private static func source(_ id: Int, revision: String = old) -> Life { life(id, "0.6.43", revision: revision) }
    private static func target(_ id: Int, role: Life.Role = .alone, revision: String? = old) -> Life {
        life(id, "0.12.4", role: role, revision: revision)
    }

    @Test func `is silent about lives that never met`() {
        let account = Account(lives: [Self.source(1), Self.target(2), Self.target(3, revision: Self.new)])
        #expect(account.violations.isEmpty)
        #expect(account.sentences.last?.hasPrefix("No two versions") == true)
    }

    @Test func `names two versions that met`() {
        let account = Account(lives: [Self.source(1), Self.target(2)], meetings: [Meeting(life: 2, other: 1)])
        #expect(account.violations == [.versionsMet(Self.target(2), Self.source(1))])
        #expect(account.sentences.last == "1 violations.")
    }

    @Test func `names two migrators that met`() {
        let account = Account(lives: [Self.target(1), Self.target(2)], meetings: [Meeting(life: 2, other: 1)])
        #expect(account.violations == [.migratorsMet(Self.target(2), Self.target(1))])
    }

    @Test func `lets replicas start at the head, and a parent that imports nothing`() {
        let account = Account(
            lives: [
                Self.target(1, role: .parent, revision: nil), Self.target(2, role: .worker),
                Self.target(3, revision: Self.new),
            ],
            meetings: [Meeting(life: 2, other: 1), Meeting(life: 3, other: 2)])
        #expect(account.violations.isEmpty)
    }

    @Test(arguments: [(199, false), (201, true)])
    func `counts a start before the commit, though the head was seen after it`(commit: Int, broken: Bool) {
        let late = Self.target(2, revision: Self.new)
        let account = Account(
            lives: [Self.target(1), late], meetings: [Meeting(life: 2, other: 1)],
            marks: [Mark(life: 1, kind: "committing", from: Self.old, to: Self.new, at: commit)])
        #expect(account.violations.isEmpty != broken)
    }

    @Test(arguments: [(Self.old, true), (Self.new, false)])
    func `takes the last revision that was seen for a process that ended before it looked`(seen: String, broken: Bool) {
        let blind = Self.life(3, "0.12.4", revision: nil, knows: nil)
        let account = Account(
            lives: [Self.target(1, revision: seen), Self.target(2, revision: seen), blind],
            meetings: [Meeting(life: 3, other: 2)])
        #expect(account.violations == (broken ? [.migratorsMet(blind, Self.target(2, revision: seen))] : []))
    }

    @Test func `names an old version on a revision that it does not know`() {
        let lost = Self.life(1, "0.6.43", revision: Self.new, knows: false)
        #expect(Account(lives: [lost]).violations == [.olderStarted(lost)])
    }

    @Test func `names an old version that comes back before its own revision does`() {
        let early = Self.source(2, revision: "81cc2ce44d79")
        #expect(Account(lives: [Self.target(1), early]).violations == [.olderStarted(early)])
        #expect(Account(lives: [Self.target(1), Self.source(2)]).violations.isEmpty)
    }

    @Test func `lets an old version migrate an older database when nothing newer has lived`() {
        #expect(Account(lives: [Self.source(1, revision: "81cc2ce44d79")]).violations.isEmpty)
    }

    /// Upgraded at three replicas, restored, and upgraded so again.
    @Test func `lets a database be restored and migrated once more`() {
        func round(_ first: Int) -> (lives: [Life], meetings: [Meeting], mark: Mark) {
            let lives = [
                Self.source(first), Self.target(first + 1), Self.target(first + 2, revision: Self.new),
                Self.target(first + 3, revision: Self.new),
            ]
            let meetings = [(2, 1), (3, 1), (3, 2)].map { Meeting(life: first + $0, other: first + $1) }
            let mark = Mark(
                life: first + 1, kind: "committing", from: Self.old, to: Self.new, at: (first + 1) * 100 + 50)
            return (lives, meetings, mark)
        }
        let (once, again) = (round(1), round(5))
        let account = Account(
            lives: once.lives + again.lives, meetings: once.meetings + again.meetings, marks: [once.mark, again.mark])
        #expect(account.violations.isEmpty)
    }

    @Test func `lets an old version begin on a database that was made anew`() {
        let early = Self.source(4, revision: "81cc2ce44d79")
        let empty = Self.life(2, "0.6.43", revision: nil)
        #expect(Account(lives: [Self.target(1), empty, Self.source(4)]).violations.isEmpty)
        let older = Self.life(2, "0.5.0", revision: nil)
        #expect(Account(lives: [Self.target(1), older, Self.source(3, revision: older.head)]).violations.isEmpty)
        // A newer one that has lived on the new database counts as before.
        #expect(Account(lives: [empty, Self.target(3), early]).violations == [.olderStarted(early)])
    }
}
