/// Why a start of Open WebUI ends, with the exit code that it ends with.
///
/// 1 is a failure while the program is imported, 3 one in uvicorn's lifespan (STARTUP_FAILURE).
struct StartFailure: Error {
    let exit: Int32
    let lines: String

    init(exit: Int32, lines: String) {
        self.exit = exit
        self.lines = lines
    }
}
