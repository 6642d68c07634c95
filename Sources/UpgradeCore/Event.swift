/// One fact of a run. A journal is a list of them, and a run is what they fold to.
package enum Event: Codable, Equatable, Sendable {
    /// A run starts, with everything that decides it.
    case started(run: String, plan: Plan, tool: String, by: String)
    /// A command is about to be given.
    case began(command: Command)
    /// What came of the command that was begun.
    case ended(reply: Reply)
    /// What was waited for has been judged.
    case judged(goal: Goal, verdict: Verdict)
    /// Something a person may want to know; it decides nothing.
    case noticed(notice: Notice)
    /// A person has decided.
    case decided(decision: Decision, by: String)
    /// A signal ended this process at a durable point.
    case interrupted(signal: String)
    /// The run goes on in another process.
    case continued(tool: String, by: String)
}

/// What is waited for.
package enum Goal: String, Codable, CaseIterable, Sendable {
    /// What would scale or revert by itself is quiet.
    case quiet
    /// At most one instance is left.
    case oneLeft
    /// No instance is left, nor any of their database sessions.
    case noneLeft
    /// The revision is the head of the target.
    case migrated
    /// One instance of the target serves.
    case healthy
    /// Every replica serves as the target, the migrating instance among them.
    case fleetServing
    /// Every replica serves as the target with its final settings.
    case allServing
    /// Every replica serves as the source.
    case sourceServing
    /// What was paused is active again.
    case automated
    /// Everything that can be seen from outside is as asked.
    case verified
}

/// What waiting came to.
package enum Verdict: Codable, Equatable, Sendable {
    case reached
    /// It will not be reached, or the time without progress is over; `revision` is what the database last said.
    case missed(fault: Fault, revision: String?, migrating: Bool)
    /// An instance of the target ended by itself.
    case crashed(fault: Fault, revision: String?)
    /// Someone else changed the deployment.
    case interfered(fault: Fault)
}

/// Something worth telling while a run waits.
package enum Notice: Codable, Hashable, Sendable {
    /// The migration waits for locks that these sessions hold.
    case blocked(by: [String])
    /// A line of the migrating instance's log.
    case migration(line: String)
    /// The database does not answer.
    case databaseLost(why: String)
    /// The database answers again.
    case databaseBack
    /// The platform does not answer.
    case platformLost(why: String)
}

/// What only a person may decide.
package enum Decision: Codable, Equatable, Sendable {
    /// Change the deployment as planned.
    case approve
    /// Go on from a hold.
    case resume
    /// Go on from a hold, with the instance that was waited for started anew: it then has settings that were mended.
    case restart
    /// Go back to the source, with the backup's data or without; `seen` is what the database said just before.
    case rollback(restore: Bool, seen: [SchemaRevision]? = nil)
    /// End the run and leave the deployment as it is.
    case giveUp
}
