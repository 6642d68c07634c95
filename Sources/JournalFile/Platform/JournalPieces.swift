import UpgradeCore

/// The objects that one journal is made of.
///
/// Most hold one line, and bear its number. One that holds all lines up to a number is made when the run has ended, before
/// those that it makes needless are removed; where both are found, it is the one that counts.
struct JournalPieces: Sendable {
    /// The one with the most lines of those that hold all up to a number.
    private(set) var whole: (last: Int, object: PlatformObject)?
    /// The lines after those, in order.
    private(set) var lines: [(number: Int, object: PlatformObject)] = []
    /// What nobody needs any more because the whole has it.
    private(set) var needless: [PlatformObject] = []

    init(_ objects: [PlatformObject], of run: String, _ store: PlatformStore) {
        let stem = "\(store.stem).\(run)."
        var wholes: [(last: Int, object: PlatformObject)] = []
        for object in objects where object.name.hasPrefix(stem) {
            let ending = object.name.dropFirst(stem.count)
            if let number = Self.number(ending) {
                lines.append((number, object))
            } else if ending.hasPrefix(Self.all), let last = Self.number(ending.dropFirst(Self.all.count)) {
                wholes.append((last, object))
            }
        }
        whole = wholes.max { $0.last < $1.last }
        let last = whole?.last ?? -1
        needless = wholes.filter { $0.last < last }.map(\.object) + lines.filter { $0.number <= last }.map(\.object)
        lines = lines.filter { $0.number > last }.sorted { $0.number < $1.number }
    }

    private static let all = "all-"

    static func name(of number: Int) -> String { JournalLine.number(number) }
    static func nameOfAll(upTo number: Int) -> String { all + JournalLine.number(number) }

    private static func number(_ text: Substring) -> Int? {
        text.utf8.count == 8 && text.allSatisfy { $0.isASCII && $0.isNumber } ? Int(text) : nil
    }

    var isEmpty: Bool { whole == nil && lines.isEmpty }

    /// The journal as a file would have it.
    var bytes: [UInt8] { (whole?.object.data ?? []) + lines.flatMap(\.object.data) }

    /// All of them, in an order in which they may be removed: what is left at any time is the beginning of a journal.
    var fromTheEnd: [PlatformObject] {
        lines.reversed().map(\.object) + needless + [whole?.object].compactMap(\.self)
    }
}
