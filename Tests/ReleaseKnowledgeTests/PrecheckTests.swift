import Testing
import UpgradeCore

@testable import ReleaseKnowledge

@Suite struct `The prechecks` {
    private func ids(from current: String, to head: String = "0bd252b206fb") throws -> [String] {
        let pending = try #require(try chain(through: head).pending(after: current))
        return Precheck.checks(for: pending.map(\.id)).map(\.id)
    }

    @Test func `are chosen by what is pending`() throws {
        #expect(
            try ids(from: "37f288994c47", to: "3e0e00844bb0") == [
                "channel-members", "user-info-json", "user-settings-json",
            ])
        #expect(try ids(from: "c440947495f3", to: "b2c3d4e5f6a7") == ["prompt-commands", "prompt-fields"])
        #expect(try ids(from: "0bd252b206fb").isEmpty)
        let all = try ids(from: "37f288994c47")
        #expect(all.count == Precheck.known.count)
        #expect(all.contains("duplicate-emails"))
        #expect(Set(all).count == all.count)
        #expect(try !ids(from: "3e0e00844bb0").contains("channel-members"))
        #expect(try !ids(from: "f0bd01a18a3d").contains("duplicate-emails"))
    }

    @Test func `look into every legacy table`() {
        let tables = Precheck.known.filter { $0.revision == "461111b60977" }.flatMap(\.tables)
        #expect(
            tables == [
                "auth", "chat", "chatidtag", "file", "function", "memory", "model", "prompt", "tag", "tool",
                "user",
            ])
    }

    @Test(arguments: Precheck.known.indices) func `pass without rows and refuse with them`(place: Int) throws {
        let check = Precheck.known[place]
        #expect(check.judge([]) == nil)
        let fault = try #require(check.judge([["one", "2"], [nil, nil]]))
        #expect(fault.kind == .refused)
        #expect(fault.what.contains(check.revision))
        #expect(!fault.why.isEmpty && !fault.remedy.isEmpty)
        #expect(!fault.remedy.contains("alembic stamp"))
        #expect(KnownRevision.identified(check.revision) != nil)
    }

    @Test(arguments: Precheck.known.indices) func `only read`(place: Int) {
        let sql = Precheck.known[place].sql
        #expect(sql.hasPrefix("SELECT") || sql.hasPrefix("WITH RECURSIVE"))
        for word in ["INSERT", "UPDATE", "DELETE", "ALTER", "DROP", "CREATE", "LOCK ", "DO $", ";"] {
            #expect(!sql.contains(word))
        }
    }

    @Test func `list at most five of many`() throws {
        let check = try #require(Precheck.known.first { $0.id == "duplicate-emails" })
        let fault = try #require(check.judge((1...7).map { ["u\($0)", "2"] }))
        #expect(fault.why.contains("u5 and more"))
        #expect(!fault.why.contains("u6"))
    }
}
