extension Account {
    /// Reads everything from the witness database.
    init(reading session: Session) throws(DatabaseFailure) {
        let lives = try session.rows(
            """
            SELECT life.id, version, role, instance, life.pid, migrates, head, revision, knows_revision,
                    (extract(epoch FROM started_at) * 1000000)::bigint, backend.pid IS NOT NULL
                FROM life LEFT JOIN pg_stat_activity AS backend
                    ON backend.pid = life.backend_pid AND backend.backend_start = life.backend_start
                ORDER BY life.id
            """)
        let marks = try session.rows(
            """
            SELECT life, kind, from_revision, to_revision, (extract(epoch FROM at) * 1000000)::bigint
                FROM mark ORDER BY id
            """)
        self.lives = try lives.map(Life.init)
        meetings = try session.rows("SELECT life, other FROM meeting ORDER BY id").map { row in
            Meeting(life: Self.number(row[0]), other: Self.number(row[1]))
        }
        self.marks = marks.map { row in
            Mark(
                life: Self.number(row[0]), kind: row[1] ?? "", from: row[2], to: row[3], at: Self.number(row[4]))
        }
    }

    fileprivate static func number(_ text: String?) -> Int { text.flatMap { Int($0) } ?? 0 }
}

extension Life {
    fileprivate init(_ row: [String?]) throws(DatabaseFailure) {
        guard let version = row[1].flatMap({ Version($0) }), let role = row[2].flatMap(Role.init) else {
            throw DatabaseFailure(state: "", message: "a life in the witness database has no version or role")
        }
        self.init(
            id: Account.number(row[0]), version: version, role: role, instance: row[3] ?? "",
            pid: Account.number(row[4]), migrates: row[5] == "t", head: row[6] ?? "", revision: row[7],
            knowsRevision: row[8].map { $0 == "t" }, started: Account.number(row[9]), isAlive: row[10] == "t")
    }
}
