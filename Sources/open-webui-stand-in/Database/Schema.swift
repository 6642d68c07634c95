/// DATABASE_SCHEMA as 0.12.0 and later take it: everything, the version table too, is in that schema.
struct Schema {
    let name: String

    func enter(_ session: Session) throws(StartFailure) {
        do throws(DatabaseFailure) {
            guard try session.value("SELECT 1 FROM pg_namespace WHERE nspname = $1", [name]) != nil else {
                throw DatabaseFailure(state: "3F000", message: "schema \"\(name)\" does not exist")
            }
            let quoted = try session.value("SELECT quote_literal(quote_ident($1))", [name]) ?? ""
            let enter = "SELECT set_config('search_path', \(quoted), false)"
            session.prelude = enter
            try session.run(enter)
            if try session.value("SELECT 1 FROM pg_tables WHERE schemaname = $1 LIMIT 1", [name]) != nil,
                try session.value("SELECT to_regclass('alembic_version')") == nil
            {
                throw DatabaseFailure(state: "", message: "schema \"\(name)\" has tables but no migration revision")
            }
        } catch {
            Log.error("open_webui.env", "Error running migrations: \(error.message)")
            throw StartFailure(exit: 1, lines: "RuntimeError: \(error.message)")
        }
    }
}
