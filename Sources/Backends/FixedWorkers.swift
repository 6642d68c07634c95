/// What decides how many workers an instance starts in spite of `UVICORN_WORKERS`, by which a migrating one has one: every
/// worker migrates.
enum FixedWorkers {
    /// The place that fixes a number, in a few words; nil where nothing does. `words` are what a container starts.
    static func place(_ words: [String], webConcurrency: String?) -> String? {
        let words = words.flatMap { $0.split(separator: " ").map(String.init) }
        if words.contains(where: { $0 == "--workers" || $0.hasPrefix("--workers=") }) {
            return "--workers in its command"
        }
        // uvicorn itself reads it; start.sh tells uvicorn a number of its own.
        guard let count = webConcurrency, !count.isEmpty, count != "1" else { return nil }
        guard !words.isEmpty, !words.contains(where: { $0.hasSuffix("start.sh") }) else { return nil }
        return "WEB_CONCURRENCY=\(count)"
    }

    /// The same of a number that only the image says.
    static func placeInImage(_ workers: String?, written: String?) -> String? {
        guard written == nil, let workers, !workers.isEmpty, workers != "1" else { return nil }
        return "UVICORN_WORKERS=\(workers) of its image"
    }
}

/// Which settings of an application name its sessions on the database, whose lack of a name is how they are told from
/// others.
enum NamedSessions {
    static func places(_ environment: [String: String]) -> [String] {
        ["DATABASE_URL", "PGOPTIONS"].filter { environment[$0]?.contains("application_name") ?? false }
            + ["PGAPPNAME"].filter { !(environment[$0] ?? "").isEmpty }
    }
}
