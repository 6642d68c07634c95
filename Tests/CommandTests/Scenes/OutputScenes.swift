import Testing

@testable import open_webui_stand_in

/// Where what the program says is to go to.
@Suite(.onStage) struct `Standard output` {
    private static let full = ["/bin/bash", "-c", "exec \"$@\" >/dev/full", "bash"]
    private static let gone = ["/bin/bash", "-c", "exec 3> >(exec true); wait $!; exec \"$@\" >&3 3>&-", "bash"]

    @Test func `without a reader does not end a run`() throws {
        let scene = try Scene()
        try scene.up("0.6.43")
        let ended = try scene.start(["--to", "0.12.4", "--yes", "--output", "json"], prefix: Self.gone).end()
        ended.expect(0)
        #expect(ended.out + ended.error == "")
        try scene.expect("0.12.4", times: 2)
        try scene.tool(["status"]).expect(0, saying: "ended as asked")
    }

    @Test func `on a full disk is told of, and the run is in the journal`() throws {
        let scene = try Scene()
        try scene.up("0.6.43")
        try scene.start(["status", "--output", "json"], prefix: Self.full).end().expect(
            1, what: "The result could not be written.", why: "No space left on device", remedy: "owui-upgrade status")
        try scene.start(["--to", "0.12.4", "--yes"], prefix: Self.full).end().expect(
            1, what: "The result could not be written.", why: "No space left on device", remedy: "owui-upgrade status")
        try scene.expect("0.12.4", times: 2)
        try scene.tool(["status"]).expect(0, saying: "ended as asked")
    }
}
