import Synchronization
import UpgradeCore

@testable import JournalFile

/// A platform's objects in memory, with trouble to order.
final class MemoryObjects: PlatformObjects {
    /// What becomes of a call that changes something.
    enum Trouble: Sendable {
        /// It does its work, and the answer is lost.
        case lostReply
        /// Nobody is there who would do it.
        case away
    }

    private struct State {
        var objects: [PlatformObject] = []
        var version = 0
        var troubles: [Trouble] = []
        var isAway = false
        /// How many more objects are removed before the process is killed.
        var removals = Int.max
    }

    private let state = Mutex(State())

    static let away = Fault(.unavailable, "It is away.", remedy: "wait")

    let trade = PlatformTrade(
        platform: "the memory", largest: 1000, list: { "list \($0)=\($1)" }, removeAll: { "remove-all \($0)=\($1)" },
        remove: { "remove \($0)" })

    /// All that there is, by name.
    var all: [PlatformObject] { state.withLock { $0.objects.sorted { $0.name < $1.name } } }
    var names: [String] { all.map(\.name) }

    func order(_ troubles: Trouble...) { state.withLock { $0.troubles += troubles } }
    func set(isAway: Bool) { state.withLock { $0.isAway = isAway } }
    func set(removals: Int) { state.withLock { $0.removals = removals } }

    /// As somebody's hand would.
    func put(_ name: String, labels: [String: String], data: [UInt8]) {
        state.withLock { state in
            state.version += 1
            state.objects.removeAll { $0.name == name }
            state.objects.append(
                PlatformObject(
                    id: "id\(state.version)", name: name, version: state.version, labels: labels, data: data))
        }
    }

    func take(_ name: String) { state.withLock { $0.objects.removeAll { $0.name == name } } }

    func all(labelled name: String, _ value: String) throws(Fault) -> [PlatformObject] {
        try look().filter { $0.labels[name] == value }
    }

    func named(_ name: String) throws(Fault) -> PlatformObject? { try look().first { $0.name == name } }

    private func look() throws(Fault) -> [PlatformObject] {
        try state.withLock { (state) throws(Fault) in
            if state.isAway { throw Self.away }
            return state.objects
        }
    }

    func create(_ name: String, labels: [String: String], data: [UInt8]) throws(Fault) {
        try change { (state) throws(Fault) in
            if state.objects.contains(where: { $0.name == name }) { throw Fault(.conflict, "Taken.", remedy: "-") }
            state.objects.append(
                PlatformObject(
                    id: "id\(state.version)", name: name, version: state.version, labels: labels, data: data))
        }
    }

    func relabel(_ object: PlatformObject, _ labels: [String: String]) throws(Fault) {
        try change { (state) throws(Fault) in
            guard let index = state.objects.firstIndex(where: { $0.id == object.id && $0.version == object.version })
            else { throw Fault(.conflict, "Changed.", remedy: "-") }
            let old = state.objects[index]
            state.objects[index] = PlatformObject(
                id: old.id, name: old.name, version: state.version, labels: labels, data: old.data)
        }
    }

    func remove(_ object: PlatformObject) throws(Fault) {
        try change { (state) throws(Fault) in
            guard state.removals > 0 else { throw Fault(.bug, "Killed.", remedy: "-") }
            state.removals -= 1
            state.objects.removeAll { $0.id == object.id }
        }
    }

    private func change(_ work: (inout State) throws(Fault) -> Void) throws(Fault) {
        try state.withLock { (state) throws(Fault) in
            if state.isAway { throw Self.away }
            let trouble = state.troubles.isEmpty ? nil : state.troubles.removeFirst()
            if trouble == .away { throw Self.away }
            state.version += 1
            try work(&state)
            if trouble == .lostReply { throw Self.away }
        }
    }
}

extension PlatformStore {
    static let deployment = "abcdefghijklmnop"

    /// The store of one deployment in memory, as a process that the test describes reaches it.
    init(
        _ objects: MemoryObjects, as process: ProcessIdentity = .here, clock: any LeaseClock = ManualClock(),
        _ processes: ListedProcesses = ListedProcesses(), isInterrupted: @escaping @Sendable () -> Bool = { false }
    ) {
        self.init(
            objects, deployment: Self.deployment, clock: clock, here: process, processes: processes, lease: 30,
            isInterrupted: isInterrupted)
    }
}
