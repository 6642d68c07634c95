/// A small generator whose numbers follow from its seed alone (Steele, Lea and Flood: "Fast Splittable Pseudorandom Number
/// Generators", 2014).
struct SplitMix64: Sendable {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    /// A generator whose numbers have nothing to do with those of its neighbours.
    init(seed: UInt64, stream: UInt64) {
        var mixer = SplitMix64(seed: seed &* 0x2545_F491_4F6C_DD1D &+ stream)
        state = mixer.next()
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(truncatingIfNeeded: next() >> 33) % bound }

    mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

    mutating func within(_ range: ClosedRange<Int64>) -> Int64 {
        range.lowerBound + Int64(below(Int(range.upperBound - range.lowerBound) + 1))
    }

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }
}
