import UpgradeCore

/// What this tool remembers of a project between two processes; everything else it reads off the engine and the files.
struct ComposeState: Codable, Equatable, Sendable {
    /// Grows with every change; whoever writes must have seen the last one.
    var writes = 0
    /// What each service was last asked to be.
    var services: [String: Settings] = [:]
    /// The exact image of each service before the run.
    var baseline: [String: String] = [:]
    /// What the project's files said for an image before a run, or are to say, by its exact name.
    var names: [String: String] = [:]
    /// The write that a container came from, by the container's id.
    var generations: [String: Generation] = [:]
    /// What was made of each container that a call of Compose has made, by the container's id.
    var made: [String: Made]?
    /// A call of Compose that was begun: what is there after it and was not before is of its generation.
    var making: Making?
    /// Containers that were told to end.
    var stopping: Set<String> = []
    /// Those of them that Compose is to replace, in their place and under their name, once they have ended.
    var replacing: Set<String> = []
    /// What the run changes in the project's files, there and back: a line that says neither is somebody else's.
    var edit: VersionEdit?
    /// The image from which name guards are made; nil where no run guards the project's names.
    var guardImage: String?

    /// A container as it was made. Whoever removes it in the middle of a run has ended an instance.
    struct Made: Codable, Equatable, Sendable {
        let service: String
        let instance: String
        let image: String
    }

    /// A call of Compose for one service.
    struct Making: Codable, Equatable, Sendable {
        let service: String
        let generation: Generation
        /// The containers that the service had before.
        let known: Set<String>
    }

    var isGuarded: Bool { guardImage != nil }

    /// The write that a container came from, where that is known.
    func generation(of id: String, in service: String) -> Generation? {
        if let generation = generations[id] { return generation }
        guard let making, making.service == service, !making.known.contains(id) else { return nil }
        return making.generation
    }

    /// Forgets containers that are gone.
    mutating func forget(allBut ids: Set<String>) {
        forget(stopping.union(generations.keys).union((made ?? [:]).keys).subtracting(ids))
    }

    /// Forgets containers that this tool itself has removed.
    mutating func forget(_ ids: Set<String>) {
        generations = generations.filter { !ids.contains($0.key) }
        made = made?.filter { !ids.contains($0.key) }
        stopping.subtract(ids)
        replacing.subtract(ids)
    }
}

/// The files in which the state of a project is kept, in `.owui-upgrade` of its directory.
struct ComposeStore: Sendable {
    let path: String

    static let folderName = ".owui-upgrade"

    init(directory: String) { path = "\(directory)/\(Self.folderName)" }

    /// An override of this tool's own, for the one instance that must differ from the files.
    var override: String { "\(path)/migrating.yaml" }
    /// Where files are kept that were edited.
    var edited: String { "\(path)/edited" }

    /// The lock for a change, with the folder made; throws `.unavailable` where another process changes the project.
    func lock() throws(Fault) -> GroupLock {
        guard let lock = try lockIfFree() else { throw .projectIsChanging(path) }
        return lock
    }

    /// nil where another process changes the project.
    func lockIfFree() throws(Fault) -> GroupLock? {
        try LocalFile.makeFolder(path)
        try keepToItself()
        return try GroupLock("\(path)/compose.lock")
    }

    /// Kept files and backups hold secrets: whoever commits the project's folder does not commit them.
    private func keepToItself() throws(Fault) {
        let file = "\(path)/.gitignore"
        if !LocalFile.exists(file) { try LocalFile.replace(file, with: Array("*\n".utf8)) }
    }

    /// A state without anything where there is no file.
    func state() throws(Fault) -> ComposeState {
        try JSONFile.read(ComposeState.self, "\(path)/compose.json") ?? ComposeState()
    }

    func write(_ state: ComposeState) throws(Fault) { try JSONFile.write(state, "\(path)/compose.json") }
}
