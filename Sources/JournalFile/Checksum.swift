/// A cyclic redundancy check in the reflected form that `cksum`, gzip and xz use.
///
/// Either check finds every single flipped bit and every burst shorter than its width. Neither is meant to stop a person
/// who edits a journal on purpose: whoever may write the file may also compute the check.
struct Checksum<Word: FixedWidthInteger & UnsignedInteger & Sendable>: Sendable {
    private let table: [Word]

    init(reflectedPolynomial polynomial: Word) {
        table = (0..<256).map { index in
            (0..<8).reduce(Word(index)) { word, _ in word & 1 == 0 ? word >> 1 : (word >> 1) ^ polynomial }
        }
    }

    func callAsFunction(_ bytes: some Sequence<UInt8>) -> Word {
        ~bytes.reduce(~Word.zero) { word, byte in
            (word >> 8) ^ table[Int(UInt8(truncatingIfNeeded: word) ^ byte)]
        }
    }
}

/// CRC-32 of IEEE 802.3; of "123456789" it is cbf43926.
let crc32 = Checksum<UInt32>(reflectedPolynomial: 0xedb8_8320)

/// CRC-64 of ECMA-182 as xz uses it; of "123456789" it is 995dc9bbdf1939fa.
let crc64 = Checksum<UInt64>(reflectedPolynomial: 0xc96c_5795_d787_0f42)
