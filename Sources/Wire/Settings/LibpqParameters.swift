/// What libpq 15 knows. https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-PARAMKEYWORDS
enum LibpqParameters {
    static let known: Set<String> = [
        "application_name", "channel_binding", "client_encoding", "connect_timeout", "dbname",
        "fallback_application_name",
        "gssencmode", "gsslib", "host", "hostaddr", "keepalives", "keepalives_count", "keepalives_idle",
        "keepalives_interval", "krbsrvname", "options", "passfile", "password", "port", "requirepeer", "service",
        "ssl_max_protocol_version", "ssl_min_protocol_version", "sslcert", "sslcompression", "sslcrl", "sslcrldir",
        "sslkey", "sslmode", "sslpassword", "sslrootcert", "sslsni", "target_session_attrs", "tcp_user_timeout", "user",
    ]

    /// Understood by a driver of the application or by a newer libpq; none of them leads to another database.
    static let ofDrivers: Set<String> = [
        "async_fallback", "autocommit", "command_timeout", "cursor_factory", "gssdelegation", "load_balance_hosts",
        "max_protocol_version", "min_protocol_version", "prepare_threshold", "prepared_statement_cache_size",
        "prepared_statement_name_func", "require_auth", "server_settings", "sslcertmode", "sslnegotiation",
        "statement_cache_size", "timeout",
    ]

    static let values: [String: [String]] = [
        "channel_binding": ["disable", "prefer", "require"],
        "gssencmode": ["disable", "prefer", "require"],
        "sslmode": ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"],
        "target_session_attrs": ["any", "read-write", "read-only", "primary", "standby", "prefer-standby"],
    ]

    /// https://www.postgresql.org/docs/15/libpq-envars.html
    static let variables: [String: String] = [
        "PGCHANNELBINDING": "channel_binding", "PGDATABASE": "dbname", "PGGSSENCMODE": "gssencmode",
        "PGGSSLIB": "gsslib",
        "PGHOST": "host", "PGHOSTADDR": "hostaddr", "PGKRBSRVNAME": "krbsrvname", "PGOPTIONS": "options",
        "PGPASSFILE": "passfile", "PGPASSWORD": "password", "PGPORT": "port", "PGREQUIREPEER": "requirepeer",
        "PGSERVICE": "service", "PGSSLCERT": "sslcert", "PGSSLCRL": "sslcrl", "PGSSLCRLDIR": "sslcrldir",
        "PGSSLKEY": "sslkey", "PGSSLMAXPROTOCOLVERSION": "ssl_max_protocol_version",
        "PGSSLMINPROTOCOLVERSION": "ssl_min_protocol_version", "PGSSLMODE": "sslmode", "PGSSLROOTCERT": "sslrootcert",
        "PGSSLSNI": "sslsni", "PGTARGETSESSIONATTRS": "target_session_attrs", "PGUSER": "user",
    ]

    /// asyncpg also takes a boolean: https://magicstack.github.io/asyncpg/current/api/index.html#connection
    static func mode(ofSSL value: String) -> String {
        switch value.lowercased() {
        case "true", "1", "on": "require"
        case "false", "0", "off": "disable"
        default: value
        }
    }
}
