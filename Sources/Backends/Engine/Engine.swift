import Synchronization
import UpgradeCore
import Wire

/// A Docker engine, spoken to through its own API.
///
/// Nothing is waited for, retried or decided here. Whatever goes wrong is a fault with the engine's words as its why.
package final class Engine: Sendable {
    package let address: EngineAddress
    private let session: HTTPSession
    private let greeting = Mutex<EngineGreeting?>(nil)
    private let line: EngineLine
    let stops = EngineStops()
    /// Whether it is here, once that was seen.
    let nearness = Mutex<Bool?>(nil)

    package convenience init(_ address: EngineAddress) {
        self.init(address, ssh: "ssh")
    }

    /// `ssh` is a program by its name or path.
    init(_ address: EngineAddress, ssh: String) {
        self.address = address
        session = HTTPSession(connections: address.connections)
        line = EngineLine(to: address, ssh: ssh)
    }

    /// The whole answer to a request that the engine granted.
    func send(_ call: EngineCall) async throws(Fault) -> HTTPResponse {
        let request = try await request(for: call)
        let response: HTTPResponse
        do throws(Fault) { response = try await session.send(request) } catch {
            throw await line.explained(error)
        }
        guard call.isGranted(response.status) else {
            let refusal = refusal(of: call, response.status, response.body)
            if refusal.kind == .failed { try await expectThere() }
            throw await explained(refusal, of: call)
        }
        return response
    }

    /// Throws where the engine does not answer any more: one that is told to end fails at what it was asked in many words,
    /// and takes no more requests.
    func expectThere() async throws(Fault) {
        let call = EngineCall("GET", "/_ping", to: "answer")
        do throws(Fault) { _ = try await session.send(try await request(for: call)) } catch {
            throw await line.explained(error)
        }
    }

    /// The answer as it comes; one that is no success is read to its end and thrown.
    func stream(_ call: EngineCall) async throws(Fault) -> HTTPStream {
        let request = try await request(for: call)
        do throws(Fault) {
            let stream = try await session.stream(request)
            if call.isGranted(stream.head.status) { return stream }
            var said: [UInt8] = []
            while said.count < 1 << 16, let part = try await stream.body.next() { said += part }
            throw refusal(of: call, stream.head.status, said)
        } catch {
            throw error.kind == .unavailable ? await line.explained(error) : error
        }
    }

    /// What the engine says of itself, asked once.
    func greet() async throws(Fault) -> EngineGreeting {
        if let known = greeting.withLock({ $0 }) { return known }
        let call = EngineCall("GET", "/version", to: "say its version")
        let request = try line.request(for: call, version: nil)
        let response: HTTPResponse
        do throws(Fault) { response = try await session.send(request) } catch {
            throw await line.explained(error)
        }
        guard call.isGranted(response.status) else { throw refusal(of: call, response.status, response.body) }
        let said = try EngineJSON.read(EngineGreeting.self, response.body, of: "its version")
        greeting.withLock { $0 = said }
        return said
    }

    /// What the engine answers; nil where it does not have what it is asked for.
    func ifHere<Answer>(_ ask: () async throws(Fault) -> Answer) async throws(Fault) -> Answer? {
        do throws(Fault) { return try await ask() } catch {
            guard error.kind == .missing else { throw error }
            return nil
        }
    }

    private func request(for call: EngineCall) async throws(Fault) -> HTTPRequest {
        let greeting = try await greet()
        return try line.request(for: call, version: greeting.spoken(at: address))
    }

    private func refusal(of call: EngineCall, _ status: Int, _ body: [UInt8]) -> Fault {
        let said = EngineJSON.readable(EngineRefusal.self, body)?.message
        return .engineRefused(
            call.purpose, status: status, said: said ?? String(decoding: body.prefix(500), as: UTF8.self))
    }
}

/// What an engine says to `/version`, which it answers to clients of every age.
struct EngineGreeting: Decodable, Equatable, Sendable {
    /// Of the engine, such as `20.10.24`.
    let version: String
    let apiVersion: EngineVersion
    let minAPIVersion: EngineVersion?
    /// As images name it: `amd64`.
    let arch: String
    let os: String

    /// The version that both sides know.
    func spoken(at address: EngineAddress) throws(Fault) -> EngineVersion {
        guard apiVersion >= .oldest else { throw .oldEngine(address.text, version, apiVersion) }
        if let minAPIVersion, minAPIVersion > .newest { throw .newEngine(address.text, version, minAPIVersion) }
        return min(apiVersion, .newest)
    }
}

/// A version of the engine's API, such as `1.41`.
struct EngineVersion: Comparable, Decodable, Sendable, CustomStringConvertible {
    let major: Int
    let minor: Int

    /// Engine 20.10, the oldest that this client is tried with, and the first with the jobs that Swarm needs.
    static let oldest = EngineVersion(major: 1, minor: 41)
    /// The newest whose rules this client knows: Engine 28.
    static let newest = EngineVersion(major: 1, minor: 51)

    var description: String { "\(major).\(minor)" }

    init(major: Int, minor: Int) {
        (self.major, self.minor) = (major, minor)
    }

    init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        let numbers = text.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
        guard numbers.count == 2, let major = numbers[0], let minor = numbers[1] else {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: text))
        }
        self.init(major: major, minor: minor)
    }

    static func < (left: Self, right: Self) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }
}

/// What the engine says with every status that is no success.
private struct EngineRefusal: Decodable {
    let message: String
}
