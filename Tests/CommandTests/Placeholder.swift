import Testing

@testable import owui_upgrade
