import FoundationEssentials
import UpgradeCore

/// What a backend keeps between two processes: a value in a file that is replaced as a whole.
enum JSONFile {
    /// nil where there is no file.
    static func read<Value: Decodable>(_ type: Value.Type, _ path: String) throws(Fault) -> Value? {
        guard let bytes = try LocalFile.bytes(path) else { return nil }
        do { return try JSONDecoder().decode(type, from: Data(bytes)) } catch {
            throw .damagedState(path, why: "\(error)")
        }
    }

    static func write(_ value: some Encodable, _ path: String) throws(Fault) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let bytes: [UInt8]
        do { bytes = Array(try encoder.encode(value)) + [10] } catch { throw .damagedState(path, why: "\(error)") }
        try LocalFile.replace(path, with: bytes)
    }
}
