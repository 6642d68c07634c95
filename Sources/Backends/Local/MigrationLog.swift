/// The newest line about migrations in an instance's log, read as the log grows.
struct MigrationLog: Sendable {
    /// The newest such line; nil while there is none.
    private(set) var line: String?
    private var offset: Int?

    /// How far back the first look goes, and how much one look reads.
    private static let reach = 256 << 10

    /// What Open WebUI and Alembic write about a migration that runs or fails.
    private static let phrases = ["Running upgrade ", "Error running migrations", "Can't locate revision"]

    /// Whether a line of a log tells of a migration that runs or fails.
    static func isAboutMigrations(_ line: String) -> Bool { phrases.contains(where: line.contains) }

    mutating func read(_ path: String) {
        while let part = LocalFile.part(of: path, from: offset ?? -Self.reach, limit: Self.reach) {
            let start = offset ?? max(0, part.size - Self.reach)
            // A log that became shorter was begun anew.
            if part.size < start {
                offset = 0
                continue
            }
            let whole = part.bytes.lastIndex(of: 10).map { part.bytes[...$0] }
            // A line longer than one look is passed over, one that is still being written is read again.
            let done = whole ?? (part.bytes.count == Self.reach ? part.bytes[...] : [])
            offset = start + done.count
            take(done)
            if done.isEmpty || start + done.count >= part.size { return }
        }
    }

    private mutating func take(_ bytes: ArraySlice<UInt8>) {
        for line in bytes.split(separator: 10).reversed() {
            let text = String(decoding: line, as: UTF8.self)
            guard MigrationLog.isAboutMigrations(text) else { continue }
            self.line = String(text.prefix(300))
            return
        }
    }
}
