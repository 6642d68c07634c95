import Glibc

/// Plays any release of Open WebUI on a real PostgreSQL, and keeps the witness of who lived beside whom.
@main struct StandIn {
    static func main() {
        do throws(Failure) {
            try run(CommandLine.arguments)
        } catch {
            System.write("open-webui-stand-in: \(error)\n", to: 2)
            exit(error.remedy.hasPrefix("use one of") ? 64 : 70)
        }
    }

    private static func run(_ all: [String]) throws(Failure) {
        let rest = Array(all.dropFirst(2))
        switch all.dropFirst().first {
        case "serve": try Start(rest, program: all[0]).run()
        case "install": try install(rest)
        case "witness": try WitnessCommand(rest).run()
        case let other: throw .usage(other.map { "there is no command \($0)" } ?? "a command is missing")
        }
    }

    private static func install(_ arguments: [String]) throws(Failure) {
        guard arguments.count == 4, arguments[0] == "--version", arguments[2] == "--into" else {
            throw .usage("install wants --version and --into")
        }
        guard let version = Version(arguments[1]), Releases.all.contains(version) else {
            throw .unknownRelease(arguments[1])
        }
        try Installation.make(version, in: arguments[3])
        System.write("\(arguments[3])/bin/open-webui plays \(version)\n", to: 1)
    }
}
