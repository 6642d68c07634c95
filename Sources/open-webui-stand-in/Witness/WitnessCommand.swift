import Glibc

/// `open-webui-stand-in witness URL init|report|check`.
struct WitnessCommand {
    private let url: String
    private let action: String

    init(_ arguments: [String]) throws(Failure) {
        guard arguments.count == 2 else { throw .usage("witness wants a URL and what to do") }
        guard let url = arguments[0] == "-" ? System.setting("STAND_IN_WITNESS") : arguments[0] else {
            throw .usage("STAND_IN_WITNESS is not set")
        }
        (self.url, action) = (url, arguments[1])
    }

    func run() throws(Failure) {
        let session = try WitnessSession.connect(url)
        do throws(DatabaseFailure) {
            switch action {
            case "init": try session.run(WitnessSession.tables)
            case "report": try report(Account(reading: session))
            case "check": try check(Account(reading: session))
            default: throw DatabaseFailure(state: "64", message: action)
            }
        } catch {
            throw error.state == "64" ? .usage("witness cannot \(action)") : .witness(error.message)
        }
    }

    private func report(_ account: Account) {
        for life in account.lives {
            let deeds = account.marks.filter { $0.life == life.id }.map { mark in
                "\(mark.kind) +\((mark.at - life.started) / 1000) ms"
            }
            Log.plain(
                "\(life.named): started \(life.started), revision \(life.revision ?? "none"), head \(life.head), "
                    + "\(life.migrates ? "may migrate" : "does not migrate"), \(life.isAlive ? "alive" : "ended"); "
                    + deeds.joined(separator: ", "))
        }
        for meeting in account.meetings { Log.plain("process \(meeting.life) met process \(meeting.other)") }
        for sentence in account.sentences { Log.plain(sentence) }
    }

    private func check(_ account: Account) {
        for violation in account.violations { Log.plain(violation.description) }
        if !account.violations.isEmpty { exit(1) }
    }
}
