/// What the lock of a deployment says: who works on it, where, since when, for which run.
package struct LockRecord: Codable, Equatable, Sendable {
    static let currentFormat = 1

    let format: Int
    /// `user@host`, for people.
    package let who: String
    package let process: ProcessIdentity
    /// The holder's wall clock when it took the lock, RFC 3339 in UTC, for people; never compared.
    package let since: String
    package let run: String
    /// Seconds for which the record must be seen unchanged before it may be taken from a holder that may live.
    package let lease: Int
    /// Another one for every taking of the lock, also by the same process.
    let token: String
    /// Goes up with every renewal, so that whoever watches sees that the holder lives.
    package private(set) var renewal: Int

    init(_ claim: LockClaim, process: ProcessIdentity, token: String) {
        format = Self.currentFormat
        who = "\(claim.user)@\(process.host)"
        self.process = process
        since = claim.since
        run = claim.run
        lease = claim.lease
        self.token = token
        renewal = 0
    }

    func renewed() -> LockRecord {
        var next = self
        next.renewal += 1
        return next
    }

    /// The holder in a person's words.
    package var holder: String { "\(who) holds it \(purpose)" }

    /// The same of a holder that is gone.
    package var formerHolder: String { "\(who) held it \(purpose)" }

    /// Whether its holder is provably dead, as seen from this process: the next run takes the lock over at once.
    package var isLeftOver: Bool { process.isProvablyDead(seenFrom: .current(), KernelProcessTable()) }

    /// Whether its holder is a process of this machine, where one can be seen to live or to be dead.
    package var isHere: Bool {
        let here = ProcessIdentity.current()
        return (process.host, process.boot, process.namespace) == (here.host, here.boot, here.namespace)
    }

    /// Whether its holder is seen to live; one elsewhere is neither known to live nor to be dead.
    package var isAlive: Bool { isHere && !isLeftOver }

    private var purpose: String { "for run \(run) (process \(process.pid) on \(process.host), since \(since))" }
}

/// What somebody who wants the lock says of themselves.
package struct LockClaim: Equatable, Sendable {
    package let run: String
    package let user: String
    package let since: String
    package let lease: Int

    /// - Parameters:
    ///   - since: now by the wall clock, RFC 3339 in UTC, for people.
    ///   - lease: seconds, at least 1; the record is to be renewed three times in each.
    package init(run: String, user: String, since: String, lease: Int = 30) {
        self.run = run
        self.user = user
        self.since = since
        self.lease = max(1, lease)
    }
}

/// How long somebody who finds the lock taken goes on looking.
package enum LockPatience: Equatable, Sendable {
    /// Refused at once, unless the holder is provably dead.
    case none
    /// Watches for one lease of the holder; refused as soon as the holder shows that it lives.
    case oneLease
}

/// Decides from what was seen of a lock, and when, whether it may be taken.
struct LockWatch: Sendable {
    enum Verdict: Equatable, Sendable {
        case take
        case refuse
        case wait(Duration)
    }

    private let patience: LockPatience
    private var seen: (record: LockRecord, since: Duration)?

    init(_ patience: LockPatience) { self.patience = patience }

    /// - Parameters:
    ///   - before: the taker's clock before the record was read, which ends the time it was seen for.
    ///   - after: the same clock after it was read, which begins that time; so a lease is never counted too long.
    mutating func judge(_ record: LockRecord, isDead: Bool, before: Duration, after: Duration) -> Verdict {
        if isDead { return .take }
        guard patience == .oneLease else { return .refuse }
        let lease = Duration.seconds(record.lease)
        guard let seen else {
            self.seen = (record, after)
            return .wait(lease / 10)
        }
        guard seen.record == record else { return .refuse }
        let left = lease - (before - seen.since)
        return left <= .zero ? .take : .wait(min(left, lease / 10))
    }
}
