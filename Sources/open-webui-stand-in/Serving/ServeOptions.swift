/// What `open-webui serve` was asked, by arguments and environment.
struct ServeOptions: Equatable {
    /// Who migrates when there are several workers.
    enum Manner: String {
        /// `open-webui serve`: the parent imports the program and migrates alone, then starts the workers.
        case pip
        /// The container image: the parent imports nothing, every worker migrates.
        case image
    }

    var host = "0.0.0.0"
    var port: UInt16 = 8080
    var workers = 1
    var manner = Manner.pip

    init(_ arguments: [String], version: Version, environment: (String) -> String?) throws(Failure) {
        manner = environment("OPEN_WEBUI_STAND_IN_SERVE").flatMap(Manner.init) ?? .pip
        if version >= "0.6.1", let count = environment("UVICORN_WORKERS").flatMap({ Int($0) }) { workers = count }
        var rest = arguments.flatMap { $0.hasPrefix("--") ? $0.split(separator: "=", maxSplits: 1) : [$0[...]] }[...]
        while let name = rest.popFirst() {
            guard let value = rest.popFirst() else { throw .usage("\(name) wants a value") }
            switch name {
            case "--host": host = String(value)
            case "--port": port = try Self.number(value, of: name)
            case "--workers": workers = Int(try Self.number(value, of: name))
            default: throw .usage("serve does not know \(name)")
            }
        }
        workers = max(workers, 1)
    }

    private static func number(_ text: Substring, of name: Substring) throws(Failure) -> UInt16 {
        guard let number = UInt16(text) else { throw .usage("\(name) wants a number, not \(text)") }
        return number
    }
}
