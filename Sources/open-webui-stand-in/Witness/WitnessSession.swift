import Glibc

/// One process's session at the witness: another database, autocommit, held for as long as the process lives.
///
/// Its end is the server's loss of the session, which neither SIGKILL nor a restored database can hide.
final class WitnessSession {
    private let session: Session
    private let installation: Installation
    private var life = ""

    static let tables = """
        CREATE TABLE IF NOT EXISTS life (id BIGSERIAL PRIMARY KEY, place TEXT NOT NULL, pid INTEGER NOT NULL,
            process_start TEXT NOT NULL, version TEXT NOT NULL, instance TEXT NOT NULL, role TEXT NOT NULL,
            migrates BOOLEAN NOT NULL, arguments TEXT NOT NULL, head TEXT NOT NULL, revision TEXT,
            knows_revision BOOLEAN, is_head BOOLEAN, backend_pid INTEGER NOT NULL,
            backend_start TIMESTAMPTZ NOT NULL, started_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp());
        CREATE TABLE IF NOT EXISTS meeting (id BIGSERIAL PRIMARY KEY, life BIGINT NOT NULL REFERENCES life,
            other BIGINT NOT NULL REFERENCES life, other_version TEXT NOT NULL, kind TEXT NOT NULL,
            met_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(), UNIQUE (life, other));
        CREATE TABLE IF NOT EXISTS mark (id BIGSERIAL PRIMARY KEY, life BIGINT NOT NULL REFERENCES life,
            kind TEXT NOT NULL, from_revision TEXT, to_revision TEXT,
            at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp())
        """

    /// Nil when STAND_IN_WITNESS is unset; an unreachable witness ends the process, loudly.
    static func open(
        for installation: Installation, role: Life.Role, arguments: [String]
    ) throws(Failure) -> WitnessSession? {
        guard let url = System.setting("STAND_IN_WITNESS") else { return nil }
        let witness = WitnessSession(try connect(url), installation)
        do { try witness.begin(role, arguments) } catch { throw .witness(error.message) }
        return witness
    }

    static func connect(_ url: String) throws(Failure) -> Session {
        // The application's PGOPTIONS are not meant for this session.
        let keywords = [
            ("dbname", url), ("application_name", "witness"), ("options", "-c application_name=witness"),
        ]
        do { return try Session(keywords) } catch { throw .witness(error.message) }
    }

    private init(_ session: Session, _ installation: Installation) {
        self.session = session
        self.installation = installation
    }

    /// Writes down this life, and only then who else is alive: of two that start together, one sees the other.
    private func begin(_ role: Life.Role, _ arguments: [String]) throws(DatabaseFailure) {
        let here = Self.processStart(getpid())?.start ?? ""
        life =
            try session.value(
                """
                INSERT INTO life (place, pid, process_start, version, instance, role, migrates, arguments, head,
                        backend_pid, backend_start)
                    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, pid, backend_start FROM pg_stat_activity
                    WHERE pid = pg_backend_pid()
                    RETURNING id
                """,
                [
                    Self.place, "\(getpid())", here, "\(installation.version)",
                    System.setting("STAND_IN_INSTANCE") ?? "", role.rawValue,
                    "\(role != .parent && Start.migrates(installation.version))",
                    arguments.joined(separator: " "), installation.chain.head,
                ]) ?? ""
        try meet()
    }

    private func meet() throws(DatabaseFailure) {
        let others = try session.rows(
            """
            SELECT life.id, life.place, life.pid, life.process_start FROM life
                JOIN pg_stat_activity AS backend
                    ON backend.pid = life.backend_pid AND backend.backend_start = life.backend_start
                WHERE life.id <> $1
            """, [life])
        let alive = others.filter(Self.isAlive).compactMap { $0[0] }
        guard !alive.isEmpty else { return }
        _ = try session.rows(
            """
            INSERT INTO meeting (life, other, other_version, kind)
                SELECT $1, id, version, CASE WHEN version = $2 THEN 'same version' ELSE 'other version' END
                FROM life WHERE id = ANY ($3::bigint[]) ON CONFLICT DO NOTHING
            """, [life, "\(installation.version)", "{\(alive.joined(separator: ","))}"])
    }

    /// Writes down the revision that this process finds in the application's database.
    func look(at application: Session) throws(Failure) {
        do throws(DatabaseFailure) {
            var revision: String?
            if try application.value("SELECT to_regclass('alembic_version')") != nil {
                revision = try application.value("SELECT version_num FROM alembic_version ORDER BY 1 LIMIT 1")
            }
            _ = try session.rows(
                "UPDATE life SET revision = $2, knows_revision = $3, is_head = $4 WHERE id = $1",
                [
                    life, revision, "\(revision.map(installation.chain.contains) ?? true)",
                    "\(revision == installation.chain.head)",
                ])
        } catch { throw .witness(error.message) }
    }

    /// A life whose deeds cannot be written down must not go on: what nobody saw would count as not having been.
    func mark(_ kind: String, from: String? = nil, to: String? = nil) {
        do {
            _ = try session.rows(
                "INSERT INTO mark (life, kind, from_revision, to_revision) VALUES ($1, $2, $3, $4)",
                [life, kind, from, to])
        } catch {
            System.write("open-webui-stand-in: \(Failure.witness(error.message))\n", to: 2)
            _exit(70)
        }
    }

    /// The boot and the namespace in which a process id means something.
    private static let place =
        (System.read("/proc/sys/kernel/random/boot_id")?.filter { !$0.isNewline } ?? "") + " "
        + (System.link("/proc/self/ns/pid") ?? "")

    /// The server may not yet know of an end that the kernel knows of; elsewhere the session alone decides.
    private static func isAlive(_ row: [String?]) -> Bool {
        guard row[1] == place, let pid = row[2].flatMap({ pid_t($0) }) else { return true }
        guard let process = processStart(pid) else { return false }
        return process.start == row[3] && process.state != "Z" && process.state != "X"
    }

    /// State and start time of a process, from the fields after its name, which may hold blanks.
    private static func processStart(_ pid: pid_t) -> (state: Substring, start: String)? {
        guard let text = System.read("/proc/\(pid)/stat"), let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 19 else { return nil }
        return (fields[0], String(fields[19]))
    }
}
