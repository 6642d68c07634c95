import UpgradeCore

/// Where a journal is, as messages name it and as a person looks at it.
package enum JournalPlace: Equatable, Sendable {
    /// A file, or the folder of all files.
    case file(String)
    /// Objects of a platform. `platform` is what people call it: `the swarm`.
    case objects(run: String?, platform: String, commands: Commands)

    /// What a person types to look at objects, and to set them aside for good.
    package struct Commands: Equatable, Sendable {
        let list: String
        let remove: String

        package init(list: String, remove: String) {
            self.list = list
            self.remove = remove
        }
    }

    /// It, in words that follow "journal in" or "written in".
    package var told: String {
        switch self {
        case .file(let path): path
        case .objects(_, let platform, let commands): "\(platform), where `\(commands.list)` shows it"
        }
    }

    /// The journal itself: `the journal …`.
    var name: String {
        switch self {
        case .file(let path): "the journal \(path)"
        case .objects(let run, let platform, _): "the journal of run \(run ?? "?") in \(platform)"
        }
    }

    var capitalized: String { "T\(name.dropFirst())" }

    /// What to do about one that is damaged from this line on.
    func repair(line: Int) -> String {
        switch self {
        case .file(let file):
            """
            Bring the file back from a copy. If there is none, read what is good with `head -n \(line - 1) \(file.shellWord)`, \
            bring the deployment to rights by hand, and set the file aside with `mv \(file.shellWord) \((file + ".damaged").shellWord)`.
            """
        case .objects(_, _, let commands):
            """
            Look at its objects with `\(commands.list)`, bring the deployment to rights by hand, \
            and remove them with `\(commands.remove)`.
            """
        }
    }

    /// What to do with one that is not what its name says.
    var setAside: String {
        switch self {
        case .file(let file):
            "Give it its own name back, or move it away: `mv \(file.shellWord) \((file + ".foreign").shellWord)`."
        case .objects(_, _, let commands):
            "Look who has made it (`\(commands.list)`), and remove it: `\(commands.remove)`."
        }
    }

    /// What shows the end of it.
    var tail: String {
        switch self {
        case .file(let file): "`tail -n 3 \(file.shellWord)`"
        case .objects: "`owui-upgrade log`"
        }
    }
}
