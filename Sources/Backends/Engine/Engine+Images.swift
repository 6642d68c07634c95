package import UpgradeCore
import Wire

extension Engine {
    /// What the engine says of itself.
    package func info() async throws(Fault) -> EngineSummary {
        let greeting = try await greet()
        let call = EngineCall("GET", "/info", to: "say what it is")
        let answer = try EngineJSON.read(EngineSummaryAnswer.self, try await send(call).body, of: "what it is")
        guard let time = EngineTime.nanoseconds(answer.systemTime) else {
            throw .unreadEngineAnswer("its time", why: answer.systemTime)
        }
        return EngineSummary(answer, greeting, time: time, spoken: try greeting.spoken(at: address))
    }

    /// One image, by its id or any of its names; `.missing` where the engine does not have it.
    package func image(_ name: String) async throws(Fault) -> EngineImage {
        let call = EngineCall("GET", EngineCall.image(name, "json"), to: "show the image \(name)")
        return try EngineJSON.read(EngineImage.self, try await send(call).body, of: "the image \(name)")
    }

    /// The same; nil where the engine does not have it.
    func imageIfHere(_ name: String) async throws(Fault) -> EngineImage? {
        try await ifHere { () async throws(Fault) in try await image(name) }
    }

    /// Every image that has a name, as `name:tag`.
    package func images() async throws(Fault) -> [String] {
        struct Listed: Decodable {
            let repoTags: [String]?
        }
        let call = EngineCall("GET", "/images/json", to: "list its images")
        let listed = try EngineJSON.read([Listed].self, try await send(call).body, of: "its list of images")
        return listed.flatMap { $0.repoTags ?? [] }.filter { $0 != "<none>:<none>" }.sorted()
    }

    /// The networks that bear all of these labels, by their names.
    package func networks(labels: [String] = []) async throws(Fault) -> [EngineNetwork] {
        var query: [String: String] = [:]
        if !labels.isEmpty {
            query["filters"] = String(decoding: try EngineJSON.write(["label": labels]), as: UTF8.self)
        }
        let call = EngineCall("GET", "/networks", query, to: "list its networks")
        return try EngineJSON.read([EngineNetwork].self, try await send(call).body, of: "its list of networks")
            .sorted { $0.name < $1.name }
    }
}

/// The engine's way to write a moment.
package enum EngineTime {
    /// Nanoseconds since 1970 of `2026-11-22T22:35:39.914330333Z`, or with an offset such as `+01:00`; nil for anything
    /// else. https://www.rfc-editor.org/rfc/rfc3339#section-5.6
    package static func nanoseconds(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes[4] == 0x2D, bytes[7] == 0x2D, bytes[13] == 0x3A, bytes[16] == 0x3A else {
            return nil
        }
        let number = { (range: Range<Int>) in Int64(String(decoding: bytes[range], as: UTF8.self)) }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
            let minute = number(14..<16), let second = number(17..<19), 1...12 ~= month
        else { return nil }
        var rest = bytes[19...]
        var fraction: Int64 = 0
        if rest.first == 0x2E {
            let digits = rest.dropFirst().prefix { 0x30...0x39 ~= $0 }
            guard 1...9 ~= digits.count else { return nil }
            let padded = String(decoding: digits, as: UTF8.self) + String(repeating: "0", count: 9 - digits.count)
            fraction = Int64(padded) ?? 0
            rest = rest[digits.endIndex...]
        }
        guard let offset = offset(String(decoding: rest, as: UTF8.self)) else { return nil }
        let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset
        return seconds * 1_000_000_000 + fraction
    }

    /// Seconds east of Greenwich.
    private static func offset(_ text: String) -> Int64? {
        if text == "Z" { return 0 }
        let parts = text.dropFirst().split(separator: ":").map { Int64($0) }
        guard let sign = text.first, "+-".contains(sign), parts.count == 2, let hours = parts[0], let minutes = parts[1]
        else { return nil }
        return (sign == "-" ? -1 : 1) * (hours * 3600 + minutes * 60)
    }

    /// Days since 1970 of the Gregorian calendar, whose years are taken to begin in March.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return 365 * year + year / 4 - year / 100 + year / 400 + dayOfYear - 719_468
    }
}
