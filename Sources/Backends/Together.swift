import UpgradeCore

/// Looks that do not depend on each other, made side by side. Where several fail, the fault of the first in order counts.
enum Together {
    static func both<One: Sendable, Other: Sendable>(
        _ one: @escaping @Sendable () async throws(Fault) -> One,
        _ other: @escaping @Sendable () async throws(Fault) -> Other
    ) async throws(Fault) -> (One, Other) {
        async let first = result(one)
        async let second = result(other)
        let results = await (first, second)
        return (try results.0.get(), try results.1.get())
    }

    /// One look for each item, in the order of the items.
    static func all<Item: Sendable, Value: Sendable>(
        _ items: [Item], _ look: @escaping @Sendable (Item) async throws(Fault) -> Value
    ) async throws(Fault) -> [Value] {
        let found = await withTaskGroup(of: (Int, Result<Value, Fault>).self) { group in
            for (index, item) in items.enumerated() {
                group.addTask { (index, await result { () async throws(Fault) in try await look(item) }) }
            }
            return await group.reduce(into: [Int: Result<Value, Fault>]()) { $0[$1.0] = $1.1 }
        }
        var values: [Value] = []
        for (_, result) in found.sorted(by: { $0.key < $1.key }) { values.append(try result.get()) }
        return values
    }

    static func result<Value: Sendable>(
        _ work: @Sendable () async throws(Fault) -> Value
    ) async -> Result<Value, Fault> {
        do throws(Fault) { return .success(try await work()) } catch { return .failure(error) }
    }
}
