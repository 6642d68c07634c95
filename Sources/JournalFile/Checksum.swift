/// A cyclic redundancy check in the reflected form that gzip and xz use.
///
/// Either check finds every single flipped bit and every burst shorter than its width. Neither is meant to stop a person
/// who edits a journal on purpose: whoever may write the file may also compute the check.
struct Checksum: Sendable {
    /// CRC-32 of IEEE 802.3; of "123456789" it is cbf43926.
    static let crc32 = Checksum(reflectedPolynomial: 0xedb8_8320, width: 32)

    /// CRC-64 of ECMA-182 as xz uses it; of "123456789" it is 995dc9bbdf1939fa.
    static let crc64 = Checksum(reflectedPolynomial: 0xc96c_5795_d787_0f42, width: 64)

    private let table: [UInt64]
    private let ones: UInt64

    private init(reflectedPolynomial polynomial: UInt64, width: Int) {
        ones = UInt64.max >> UInt64(64 - width)
        table = (0..<256).map { index in
            (0..<8).reduce(UInt64(index)) { word, _ in word & 1 == 0 ? word >> 1 : (word >> 1) ^ polynomial }
        }
    }

    func callAsFunction(_ bytes: [UInt8]) -> UInt64 {
        var word = ones
        for byte in bytes { word = (word >> 8) ^ table[Int(UInt8(truncatingIfNeeded: word) ^ byte)] }
        return word ^ ones
    }
}
