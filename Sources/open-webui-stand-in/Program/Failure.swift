/// Why a command of the stand-in could not be done, with what to do about it.
struct Failure: Error, CustomStringConvertible {
    let what: String
    let remedy: String

    var description: String { "\(what)\n  do:  \(remedy)" }

    static func usage(_ what: String) -> Failure {
        Failure(
            what: what,
            remedy: """
                use one of
                  open-webui-stand-in install --version 0.6.43 --into FOLDER
                  FOLDER/bin/open-webui serve [--host HOST] [--port PORT] [--workers N]
                  open-webui-stand-in witness URL init|report|check     (URL - means STAND_IN_WITNESS)
                """)
    }

    static func unknownRelease(_ text: String) -> Failure {
        Failure(
            what: "\(text) is no release that the stand-in can play",
            remedy: "ask for one of 0.5.0 to 0.12.4, without the v")
    }

    static func noInstallation(_ program: String) -> Failure {
        Failure(
            what: "\(program) does not belong to an installation",
            remedy: "make one with `open-webui-stand-in install`, or name its folder in OPEN_WEBUI_STAND_IN_ROOT")
    }

    static func system(_ doing: String) -> Failure {
        Failure(what: "cannot \(doing): \(System.error)", remedy: "look at the path or port it names, and its owner")
    }

    static func witness(_ why: String) -> Failure {
        Failure(
            what: "the witness cannot be reached or refuses: \(why)",
            remedy: "start its server, make its tables with `open-webui-stand-in witness URL init`, "
                + "or unset STAND_IN_WITNESS")
    }
}
