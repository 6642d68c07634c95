/// The releases that the stand-in can play, and where each one's migrations end.
enum Releases {
    /// Every release on PyPI from 0.5.0 to 0.12.4: the last patch of each minor, and what was never published.
    private static let minors: [(minor: Int, lastPatch: Int, absent: Set<Int>)] = [
        (5, 20, []), (6, 43, [17]), (7, 2, []), (8, 12, []), (9, 6, []), (10, 2, []), (11, 4, []), (12, 4, []),
    ]

    static let all: [Version] = minors.flatMap { line in
        (0...line.lastPatch).filter { !line.absent.contains($0) }.map { Version(0, line.minor, $0) }
    }

    /// The release that moved the head, and to where; the releases between two lines share a head.
    static let heads: [(since: Version, head: String)] = [
        ("0.5.0", "7826ab40b532"), ("0.5.3", "3781e22d8b01"), ("0.6.6", "9f0c9cd09105"), ("0.6.16", "d31026856c01"),
        ("0.6.23", "3af16a1c9fb6"), ("0.6.27", "38d63c18f30f"), ("0.6.32", "a5c220713937"), ("0.6.37", "37f288994c47"),
        ("0.6.41", "3e0e00844bb0"), ("0.6.42", "c440947495f3"), ("0.8.0", "a1b2c3d4e5f6"), ("0.8.1", "b2c3d4e5f6a7"),
        ("0.9.0", "56359461a091"), ("0.9.3", "a0b1c2d3e4f5"), ("0.9.6", "461111b60977"), ("0.10.0", "42e2978c7933"),
        ("0.11.0", "f0bd01a18a3d"), ("0.11.1", "d4c1a8e37b62"), ("0.12.0", "b8f2c6d91a04"), ("0.12.1", "0bd252b206fb"),
    ]

    static func head(of version: Version) -> String? {
        heads.last { $0.since <= version }?.head
    }
}
