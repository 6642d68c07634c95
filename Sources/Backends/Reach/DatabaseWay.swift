import UpgradeCore
import Wire

/// A way from here to a database.
struct DatabaseWay: Equatable, Sendable {
    enum Kind: Equatable, Sendable {
        /// As the application's settings name it.
        case direct
        /// At an address of its container.
        case container(String)
        /// At a port of a machine that leads to its container.
        case published(Int, String)
        /// Through a container in the application's networks.
        case relay(String)
    }

    let kind: Kind
    /// The application's settings, with where this way begins.
    let target: PostgresTarget

    /// In words that follow a name and a verb.
    var told: String {
        switch kind {
        case .direct: "directly"
        case .container(let name): "at the address of \(name)"
        case .published(let port, let name): "at the published port \(port) of \(name)"
        case .relay(let name): "from inside, through \(name)"
        }
    }
}

extension [DatabaseWay] {
    /// Those that mean the same on every machine: none that begins at an address of this one's own, or of its containers.
    var awayFromHere: [DatabaseWay] {
        let interfaces = Interfaces.present()
        return filter { way in
            let known = way.target.keywords.filled(from: way.target.inherited)
            // Without any libpq takes a socket of this machine.
            let places = (known["hostaddr"] ?? known["host"] ?? "").split(separator: ",").map(String.init)
            return !places.isEmpty
                && places.allSatisfy { !$0.contains("/") && !$0.hasPrefix("@") && !interfaces.isOwn($0) }
        }
    }
}

/// Knows the ways to a database of a platform.
protocol DatabaseWays: Sendable {
    /// The ways that need nothing to be made, as they are now, the best first.
    func near() async throws(Fault) -> [DatabaseWay]
    /// A relay in the application's networks, made anew; nil where there can be none.
    func relay() async throws(Fault) -> Relay?
}

/// The one way to a database whose settings hold for this machine as well.
struct OwnWay: DatabaseWays {
    let target: PostgresTarget

    func near() -> [DatabaseWay] { [DatabaseWay(kind: .direct, target: target)] }
    func relay() -> Relay? { nil }
}

extension String {
    /// Whether it names whoever asks for it.
    var isLoopback: Bool { self == "localhost" || hasPrefix("127.") || self == "::1" }
}

extension PostgresTarget {
    /// The one host that these settings name; nil for a socket, for several, and where libpq's own default counts.
    var host: String? {
        let known = keywords.filled(from: inherited)
        guard let host = known["host"] ?? known["hostaddr"], !host.contains("/"), !host.contains(",") else {
            return nil
        }
        return host
    }

    var port: Int {
        let known = keywords.filled(from: inherited)
        return known["port"].flatMap { Int($0) } ?? 5432
    }

    /// The same database at an address of its own; its certificate and its password still go by the name.
    func at(_ address: String, port: Int? = nil) -> PostgresTarget {
        var target = self
        if let host { target.keywords.set("host", host) }
        target.keywords.set("hostaddr", address)
        if let port { target.keywords.set("port", String(port)) }
        return target
    }

    /// Where it is for people, whatever way leads there.
    var place: String { keywords.filled(from: inherited).place }
}
