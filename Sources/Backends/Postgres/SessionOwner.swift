/// Whose a session on the database is, as far as its name and its address tell.
package enum SessionOwner: Equatable, Sendable {
    /// That of an instance, by the instance's id.
    case instance(String)
    /// It looks like the application's, but is of no instance that is known.
    case stray
    /// It says that it is something else.
    case somebodyElse

    /// Stands for an address when it is asked whose a session is: the one by which a server elsewhere knows this machine.
    /// Whoever is behind it, as a container behind its engine's machine, has no address of its own there.
    static let machine = "this machine"
}
