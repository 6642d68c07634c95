extension LocalBackend {
    /// Whose a database session is, by the name that it gives itself: instances of a group go by theirs, and this tool's
    /// own sessions are nobody's.
    package static func owner(ofSession name: String) -> SessionOwner {
        if name.isEmpty { return .stray }
        let isInstance = name.hasPrefix(LocalInstance.prefix) && name != PostgresDatabase.applicationName
        return isInstance ? .instance(name) : .somebodyElse
    }
}
