import ArgumentParser
import Backends
import Synchronization
import UpgradeCore

/// What a command works with once the deployment that its options name has been reached.
struct Opened {
    let site: Site
    let wishes: Wishes
    let clock: RunClock
    let address: Address
    let reporter: any Reporter

    /// Conducts a run to its end and reports it.
    func conclude(_ wish: Wish, _ consent: Consent) async throws(Fault) -> Exit {
        try await conduct(consent).concluded(wish)
    }

    func conduct(_ consent: Consent) -> Conduct {
        Conduct(site: site, clock: clock, reporter: reporter, consent: consent)
    }
}

/// Whoever is told of fetched images and of what is waited for, from the moment on that there is somebody.
private final class Listener: Sendable {
    let reporter = Mutex<(any Reporter)?>(nil)

    func hear(_ progress: PullProgress) { reporter.withLock { $0 }?.fetch(progress) }
    func warn(_ fault: Fault) { reporter.withLock { $0 }?.warn(fault.told) }
}

extension DeploymentOptions {
    /// How commands that a person is told to type find the deployment that this one was given.
    var address: Address {
        do throws(Fault) {
            let wishes = try wishes()
            if let compose = wishes.compose { return Address(compose: compose) }
            if let swarm = wishes.swarm { return Address(swarm: swarm) }
            return Address(group: wishes.group)
        } catch { return Address(group: group) }
    }

    /// Reaches the deployment, does a command's work on it, and ends as that says.
    func opened(_ plan: PlanOptions? = nil, _ work: (Opened) async throws -> Exit) async throws {
        let clock = RunClock()
        try await explained {
            var wishes = try wishes()
            if let plan { wishes = try plan.over(wishes) }
            let listener = Listener()
            let ask = ask(clock)
            let site = try await clock.heed.reading("Reaching the deployment") { [wishes] () async throws(Fault) in
                try await Site.open(
                    wishes, clock: clock, ask: ask, hear: { listener.hear($0) }, warn: { listener.warn($0) })
            }
            let address = site.answered.map(Address.init(compose:)) ?? address
            let reporter = output.reporter(address, isLive: true)
            listener.reporter.withLock { $0 = reporter }
            let opened = Opened(site: site, wishes: wishes, clock: clock, address: address, reporter: reporter)
            let result: Result<Exit, any Error>
            do { result = .success(try await work(opened)) } catch { result = .failure(error) }
            await site.farewell()
            return try result.get()
        }
    }

    /// How a person at a terminal says which service of a project is meant; nil where nobody can be asked.
    private func ask(_ clock: RunClock) -> ComposeGround.Ask? {
        guard output == .text, Terminal.canAsk else { return nil }
        return { services async throws(Fault) in
            try await Terminal.choose(services, "Which of these services is to be upgraded?", clock)
        }
    }

    /// Does a command's work with what is written down of the deployment, and ends as that says.
    func explained(_ work: () async throws -> Exit) async throws { try await output.explained(address, work) }
}

extension OutputForm {
    /// Who is told; a live view is for people at a terminal that can show it. `time` is what lines are stamped with.
    func reporter(
        _ address: Address = .here, isLive: Bool = false, time: @escaping @Sendable () -> String = { WallClock.text }
    ) -> any Reporter {
        switch self {
        case .json: JSONReporter(address, time: time)
        case .text: isLive && Terminal.canRedraw ? LiveReporter(address) : TextReporter(address, time: time)
        }
    }

    /// Does a command's work. A fault that reaches this place came before anything was changed: it is printed, and the
    /// process ends with the exit code that says so. A result that could not be written is a failure of this tool.
    func explained(_ address: Address = .here, _ work: () async throws -> Exit) async throws {
        var exit: Exit
        do { exit = try await work() } catch let fault as Fault {
            exit = Exit(fault)
            reporter(address).fail(fault, exit)
        }
        if let fault = Stream.loss {
            Stream.error(fault.told + "\n")
            if exit == .asAsked { exit = .toolFailed }
        }
        if exit != .asAsked { throw ExitCode(exit.rawValue) }
    }
}
