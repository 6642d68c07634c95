/// The rules as the driver asks them. `Upgrade` with `Watch` is the one true book; the tests write wrong ones, to see that
/// the simulation finds what each guard is there for.
package protocol RuleBook: Sendable {
    /// The run as it stands.
    var upgrade: Upgrade { get }
    /// What to do now.
    var next: Upgrade.Next { get }
    /// Takes in one fact or refuses it.
    mutating func apply(_ event: Event) throws(Upgrade.Refusal)
    /// What was seen while a goal is waited for, turned into the fact that it means, or into nothing yet.
    func judge(_ seen: Observation, with watch: inout Watch, at now: Moment) -> Event?
}

extension Upgrade: RuleBook {
    package var upgrade: Upgrade { self }

    package func judge(_ seen: Observation, with watch: inout Watch, at now: Moment) -> Event? {
        watch.judge(seen, of: self, at: now)
    }
}
