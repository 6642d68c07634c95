/// Session tokens bound to WEBUI_SECRET_KEY: a token of one key says nothing to another.
///
/// It stands for a signed JWT where it matters (same key or not) and guards nothing.
struct Tokens {
    private let key: String

    init(key: String) { self.key = key }

    func token(for user: String) -> String { "stand-in.\(user).\(seal(user))" }

    /// The user whom a token names; nil when it was made with another key.
    func user(of token: some StringProtocol) -> String? {
        let parts = token.split(separator: ".")
        guard parts.count == 3, parts[0] == "stand-in", parts[2] == seal(String(parts[1])) else { return nil }
        return String(parts[1])
    }

    private func seal(_ user: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in (key + "\u{0}" + user + "\u{0}" + key).utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }
}
