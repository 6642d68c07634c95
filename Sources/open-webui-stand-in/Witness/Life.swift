/// One process of the stand-in, as the witness knows it.
struct Life: Equatable, Sendable {
    /// What a process does in its instance.
    enum Role: String, Sendable {
        /// The whole instance in one process.
        case alone
        /// A parent that imports nothing, so that it cannot migrate.
        case parent
        /// A parent that imports the program and migrates before its workers start.
        case importingParent = "importing parent"
        case worker
    }

    let id: Int
    let version: Version
    let role: Role
    let instance: String
    let pid: Int
    /// Whether ENABLE_DB_MIGRATIONS let it migrate.
    let migrates: Bool
    /// Where this release's own chain ends.
    let head: String
    /// The revision at its start; nil when there was none, or it was not looked at.
    let revision: String?
    /// Whether its chain has that revision; nil until the database was looked at.
    let knowsRevision: Bool?
    /// Microseconds since 1970, by the witness server's clock.
    let started: Int
    let isAlive: Bool

    /// Whether it runs the program itself, and so may touch the schema.
    var imports: Bool { role != .parent }
}

/// That one life, as it started, found another one alive.
struct Meeting: Equatable, Sendable {
    let life: Int
    let other: Int
}

/// Something that a life did: `committing`, `migrated`, `opened`, `stopping`, `ended`.
struct Mark: Equatable, Sendable {
    let life: Int
    let kind: String
    let from: String?
    let to: String?
    /// Microseconds since 1970, by the witness server's clock.
    let at: Int
}
