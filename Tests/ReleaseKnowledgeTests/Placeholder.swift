import Testing

@testable import ReleaseKnowledge
