import UpgradeCore

/// Things that are already there, of a repair by hand or a migration that was passed over, and that a migration
/// makes without looking (those of 0.11.0 and later do not look).
extension Precheck {
    static let leftovers = [
        column("chat_message", "meta", "856c5b02fb54"),
        column("chat", "timer_at", "d4c1a8e37b62"),
        column("auth", "mfa", "a7d3e9f2b641"),
        column("auth", "session_stamp", "a7d3e9f2b641"),
        column("group", "parent_group_id", "b8e4f0a3c752"),
        table("skill_history", "d6a8c3f912ab"),
        table("model_history", "e7b9d4a023bc"),
        table("tool_history", "f8c0e5b134cd"),
        table("function_history", "f8c0e5b134cd"),
        table("app", "c92da83b017f"),
        column("message", "app_id", "c92da83b017f"),
    ]

    private static func column(_ table: String, _ column: String, _ revision: String) -> Precheck {
        Precheck(
            "leftover-\(table)-\(column)", revision, tables: [],
            sql: """
                SELECT '\(table).\(column)' FROM pg_catalog.pg_attribute
                  WHERE attrelid = to_regclass('"\(table)"') AND attname = '\(column)' AND NOT attisdropped
                """,
            finding: { _ in .leftover("column \(table).\(column)", of: revision) })
    }

    private static func table(_ table: String, _ revision: String) -> Precheck {
        Precheck(
            "leftover-\(table)", revision, tables: [],
            sql: "SELECT '\(table)' WHERE to_regclass('\"\(table)\"') IS NOT NULL",
            finding: { _ in .leftover("table \(table)", of: revision) })
    }
}
