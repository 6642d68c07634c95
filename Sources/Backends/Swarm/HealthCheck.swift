/// When the swarm gives a task up whose health check never says yes.
struct HealthCheck: Equatable, Sendable {
    /// Nanoseconds.
    let (interval, start): (Int64, Int64)
    let retries: Int64

    /// nil where nothing is checked. What a service leaves out is its image's, and else the engine's own default.
    /// https://docs.docker.com/reference/dockerfile/#healthcheck
    init?(_ service: EngineValue, of image: EngineValue) {
        let test = [service, image].map(\.["Test"].texts).first { !$0.isEmpty } ?? []
        guard let kind = test.first, kind != "NONE" else { return nil }
        let said = { (key: String, usual: Int64) in
            [service, image].lazy.compactMap { $0[key].integer.map(Int64.init) }.first { $0 > 0 } ?? usual
        }
        interval = said("Interval", 30_000_000_000)
        start = said("StartPeriod", 0)
        retries = said("Retries", 3)
    }

    /// Seconds until a task that listens on no port is ended; nil where that is half an hour or more.
    var window: Int? {
        let seconds = Int((start + interval * retries) / 1_000_000_000)
        return seconds < 1800 ? seconds : nil
    }
}

extension EngineValue {
    /// A day, in nanoseconds.
    private static let migration = EngineValue.integer(86_400_000_000_000)

    /// The same health check with a start period that outlasts any migration: no failure counts before the first success.
    var waitingForMigration: EngineValue {
        var check = self
        check["StartPeriod"] = Self.migration
        return check
    }

    var waitsForMigration: Bool { self["StartPeriod"] == Self.migration }
}
