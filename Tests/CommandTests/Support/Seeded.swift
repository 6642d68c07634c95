import Glibc

@testable import open_webui_stand_in

/// Numbers that a seed decides (SplitMix64).
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// The seed of this process's tests: OWUI_TEST_SEED, or one of chance. Whoever uses it prints it.
    static let ofTests =
        getenv("OWUI_TEST_SEED").flatMap { UInt64(String(cString: $0)) } ?? UInt64.random(in: 0..<1_000_000)

    /// Whether OWUI_TEST_ALL asks for every case that there is.
    static let wantsAll = getenv("OWUI_TEST_ALL").map { String(cString: $0) == "1" } ?? false
}

/// Tells whoever runs the tests something at once.
func say(_ text: String) { System.write(text + "\n", to: STDERR_FILENO) }
