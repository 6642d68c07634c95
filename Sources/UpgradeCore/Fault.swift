/// What went wrong, in the one form that every part of the program throws, journals and prints.
///
/// Text is for people. Code branches on `kind` alone.
package struct Fault: Error, Codable, Equatable, Sendable {
    /// What the fault means for whoever has to go on from it.
    package enum Kind: String, Codable, CaseIterable, Sendable {
        /// A check says that this upgrade must not be made as asked.
        case refused
        /// Something could not be asked just now; asking again may help.
        case unavailable
        /// The thing was changed by someone else since it was read.
        case conflict
        /// The thing that was named does not exist.
        case missing
        /// The other side does not allow it.
        case denied
        /// What was read cannot be understood or does not check.
        case invalid
        /// Disk, memory or another resource has run out.
        case exhausted
        /// The deployment belongs to another run.
        case owned
        /// A signal ended the work before it was done.
        case interrupted
        /// It was tried, and the other side failed at it.
        case failed
        /// A fault of this program.
        case bug
    }

    package let kind: Kind
    /// One sentence in the person's words.
    package let what: String
    /// The cause as the other side said it, trimmed; empty where there is none beyond `what`.
    package let why: String
    /// The next thing to type or to look at; never empty.
    package let remedy: String

    package init(_ kind: Kind, _ what: String, why: String = "", remedy: String) {
        self.kind = kind
        self.what = what
        self.why = why
        self.remedy = remedy
    }
}
