package import UpgradeCore

/// A small object that a platform keeps, as it was when it was read.
package struct PlatformObject: Equatable, Sendable {
    /// Never given to another, also where a name is used again.
    package let id: String
    package let name: String
    /// Goes up with every change of its labels.
    package let version: Int
    package let labels: [String: String]
    package let data: [UInt8]

    package init(id: String, name: String, version: Int, labels: [String: String], data: [UInt8]) {
        self.id = id
        self.name = name
        self.version = version
        self.labels = labels
        self.data = data
    }
}

/// Small objects that a platform keeps for everybody who reaches it: only one can have a name, and only who has read the
/// newest version of one can change it.
///
/// A fault of kind `unavailable` says that a call may or may not have done its work.
package protocol PlatformObjects: Sendable {
    /// What they are and how a person looks at them.
    var trade: PlatformTrade { get }
    /// Those that bear this label, in no order.
    func all(labelled name: String, _ value: String) async throws(Fault) -> [PlatformObject]
    /// The one of this name; nil where there is none.
    func named(_ name: String) async throws(Fault) -> PlatformObject?
    /// Makes one; `.conflict` where the name is taken.
    func create(_ name: String, labels: [String: String], data: [UInt8]) async throws(Fault)
    /// Gives it other labels; `.conflict` where it was changed or removed since it was read.
    func relabel(_ object: PlatformObject, _ labels: [String: String]) async throws(Fault)
    /// Removes this very object, whatever its version; one that is gone is removed.
    func remove(_ object: PlatformObject) async throws(Fault)
}

/// The trade of a platform's objects: what people call it, how much one holds, and what is typed to see them.
package struct PlatformTrade: Sendable {
    /// `the swarm`.
    package let platform: String
    /// How many bytes of data one object holds.
    package let largest: Int
    /// Lists what bears a label: `docker config ls --filter label=a=b`.
    package let list: @Sendable (_ label: String, _ value: String) -> String
    /// Removes what bears a label.
    package let removeAll: @Sendable (_ label: String, _ value: String) -> String
    /// Removes the one of this name.
    package let remove: @Sendable (_ name: String) -> String

    package init(
        platform: String, largest: Int, list: @escaping @Sendable (String, String) -> String,
        removeAll: @escaping @Sendable (String, String) -> String, remove: @escaping @Sendable (String) -> String
    ) {
        self.platform = platform
        self.largest = largest
        self.list = list
        self.removeAll = removeAll
        self.remove = remove
    }
}

/// The labels of this tool's objects.
package enum PlatformLabel {
    /// Which deployment an object belongs to, by what the platform knows it by.
    package static let deployment = "owui-upgrade.deployment"
    /// Which run a piece of a journal belongs to.
    package static let run = "owui-upgrade.run"
    /// The token of the lock under which it was written.
    static let holder = "owui-upgrade.holder"
    /// The record of the lock; one without it is the stump of a lock that was given up, and is never used again.
    static let lock = "owui-upgrade.lock"
}
