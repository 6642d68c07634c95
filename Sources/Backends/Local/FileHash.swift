/// FNV-1a with 128 bits: tells changed files from unchanged ones. It is no protection against someone who forges them.
struct FileHash {
    private var value: UInt128 = 0x6C62_272E_07BB_0142_62B8_2175_6295_C58D

    mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
            value ^= UInt128(byte)
            value &*= 0x0000_0000_0100_0000_0000_0000_0000_013B
        }
    }

    /// Name and text, each with its end, so that no two lists of files run into one.
    mutating func add(name: String, text: String) {
        add(name.utf8)
        add(CollectionOfOne(0))
        add(text.utf8)
        add(CollectionOfOne(0))
    }

    /// 32 hexadecimal digits.
    var text: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 32 - digits.count) + digits
    }
}
