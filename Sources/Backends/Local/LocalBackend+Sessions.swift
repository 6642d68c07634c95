extension LocalBackend {
    /// The instance that a database session belongs to, by the name that the session gives itself; nil for a session of
    /// anything else, this tool's own among them.
    package static func instance(ofSession name: String) -> String? {
        name.hasPrefix(LocalInstance.prefix) && name != PostgresDatabase.applicationName ? name : nil
    }
}
