import Testing

@testable import open_webui_stand_in
