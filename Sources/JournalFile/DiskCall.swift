/// A system call that is about to be made. A fault names it, and a gate sees it.
package enum DiskCall: Equatable, Sendable {
    case makeFolder(String)
    case list(String)
    case create(String)
    case open(String)
    case read(String)
    case write(String, bytes: Int)
    case truncate(String, to: Int)
    case syncFile(String)
    case syncFolder(String)
    case link(String, to: String)
    case rename(String, to: String)
    case remove(String)

    /// The file or folder that a person has to look at when the call fails.
    package var path: String {
        switch self {
        case .makeFolder(let path), .list(let path), .create(let path), .open(let path), .read(let path),
            .write(let path, _), .truncate(let path, _), .syncFile(let path), .syncFolder(let path),
            .link(_, let path), .rename(_, let path), .remove(let path):
            path
        }
    }

    /// What could not be done, to be followed by the path.
    var words: String {
        switch self {
        case .makeFolder: "make the folder"
        case .list: "list the folder"
        case .create, .link: "create"
        case .open: "open"
        case .read: "read"
        case .write: "write to"
        case .truncate: "cut back"
        case .syncFile, .syncFolder: "make durable"
        case .rename: "replace"
        case .remove: "remove"
        }
    }
}

/// What becomes of a call.
package enum DiskAnswer: Sendable {
    case goOn
    /// It fails with this `errno` and is not made.
    case fail(Int32)
    /// A write that takes only so many bytes.
    case short(Int)
}

/// A place to watch, refuse and cut short what this module asks of the disk; also where a test ends the process.
package protocol DiskGate: Sendable {
    func answer(_ call: DiskCall) -> DiskAnswer
}
