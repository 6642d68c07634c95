package import UpgradeCore
import Wire

/// Something that happened in an engine.
package struct EngineEvent: Equatable, Sendable {
    /// `container`, `image`, `network`, `volume`, `daemon`, `service`, `node`, `config`.
    package let type: String
    /// `create`, `start`, `kill`, `die`, `stop`, `destroy`, `rename`, `health_status: healthy`…
    package let action: String
    /// The id of what it happened to.
    package let actor: String
    /// Its labels and name; of a `die`, `exitCode`.
    package let attributes: [String: String]
    /// On the engine's own clock, since 1970.
    package let timeNano: Int64
}

extension Engine {
    /// What happens from now on, or from a moment of the engine's own clock on, as far as the engine still knows (it keeps
    /// its last 256 events). Nothing that comes after the call is lost.
    ///
    /// - Parameter filters: such as `["type": ["container"], "label": ["com.docker.compose.project=chat"]]`.
    package func events(
        since moment: Int64? = nil, filters: [String: [String]] = [:]
    ) async throws(Fault) -> EngineEvents {
        let begin: Int64
        if let moment { begin = moment } else { begin = try await info().time }
        let nanoseconds = String(begin % 1_000_000_000)
        let fraction = String(repeating: "0", count: 9 - nanoseconds.count) + nanoseconds
        var query = ["since": "\(begin / 1_000_000_000).\(fraction)"]
        if !filters.isEmpty { query["filters"] = String(decoding: try EngineJSON.write(filters), as: UTF8.self) }
        let call = EngineCall("GET", "/events", query, limits: EngineCall.endless, to: "tell its events")
        return EngineEvents(body: try await stream(call).body, address: address.text)
    }
}

/// The events of an engine as they come. It has no end but a fault: that the engine went away, or that the task was
/// cancelled. It is read once, by one task.
package struct EngineEvents: AsyncSequence, Sendable {
    let body: HTTPBody
    let address: String

    package func makeAsyncIterator() -> Iterator {
        Iterator(body: body, address: address)
    }

    /// Reads the stream line by line.
    package struct Iterator: AsyncIteratorProtocol {
        private let body: HTTPBody
        private let address: String
        private var lines = JSONLines()

        init(body: HTTPBody, address: String) {
            (self.body, self.address) = (body, address)
        }

        package mutating func next() async throws -> EngineEvent? {
            try await event()
        }

        package mutating func next(isolation actor: isolated (any Actor)?) async throws(Fault) -> EngineEvent? {
            try await event()
        }

        private mutating func event() async throws(Fault) -> EngineEvent {
            while true {
                if let line = lines.next() {
                    return EngineEvent(try EngineJSON.read(Answer.self, line, of: "an event"))
                }
                do throws(Fault) {
                    guard let bytes = try await body.next() else { throw Fault.eventsEnded(address) }
                    lines.add(bytes)
                } catch {
                    throw error.kind == .unavailable ? .eventsEnded(address, why: error.why) : error
                }
            }
        }

        fileprivate struct Answer: Decodable {
            let type: String
            let action: String
            let actor: Actor
            let timeNano: Int64?

            struct Actor: Decodable {
                let id: String
                let attributes: [String: String]?
            }
        }
    }
}

extension EngineEvent {
    fileprivate init(_ answer: EngineEvents.Iterator.Answer) {
        type = answer.type
        action = answer.action
        actor = answer.actor.id
        attributes = answer.actor.attributes ?? [:]
        timeNano = answer.timeNano ?? 0
    }
}

/// Cuts a stream into its lines.
struct JSONLines {
    private var bytes: [UInt8] = []
    private var start = 0

    mutating func add(_ more: [UInt8]) {
        if start > 0 {
            bytes.removeFirst(start)
            start = 0
        }
        bytes += more
    }

    /// The next whole line that is not empty.
    mutating func next() -> [UInt8]? {
        while let end = bytes[start...].firstIndex(of: 0x0A) {
            let line = bytes[start..<end].filter { $0 != 0x0D }
            start = end + 1
            if !line.isEmpty { return Array(line) }
        }
        return nil
    }

    /// What came after the last line's end.
    var rest: [UInt8] { Array(bytes[start...]) }
}
