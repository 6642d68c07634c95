import Testing

@testable import UpgradeCore
