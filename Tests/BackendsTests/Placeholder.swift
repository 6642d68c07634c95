import Testing

@testable import Backends
