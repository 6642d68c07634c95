import Testing

/// What is said where an upgrade is refused.
struct Refusing: Sendable {
    /// Each is in what is said.
    var saying: [String]
    /// None is in it.
    var hiding: [String] = []

    init(_ saying: String..., hiding: [String] = []) { (self.saying, self.hiding) = (saying, hiding) }

    /// Asks for a plan and for the upgrade itself, and expects both to be refused in these words.
    func expect(
        _ words: [String], _ environment: [String: String], by prefix: [String] = [], tool: String = Workshop.tool
    ) async throws {
        for command in [["plan", "--to", "v0.12.4"], ["--to", "v0.12.4", "--yes"]] {
            let line = prefix + [tool] + command + words
            let said = try await ChildProcess.run("/usr/bin/env", line, environment)
            #expect(said.exit == 2, "\(command): \(said.story)")
            for text in saying { #expect(said.story.contains(text), "“\(text)” is not in:\n\(said.story)") }
            for text in hiding { #expect(!said.story.contains(text), "“\(text)” is in:\n\(said.story)") }
            // What happened, why, and what to do.
            #expect(said.story.contains("  why: ") && said.story.contains("  do:  "), "\(said.story)")
        }
    }
}

/// An engine that says of itself what it is told to say, at a socket of its own.
struct FakeEngine {
    let address: String

    /// - Parameter swarm: what `/info` says of the swarm
    static func with(
        _ site: EngineSite, api: String = "1.41", swarm: String = "null", _ body: (FakeEngine) async throws -> Void
    ) async throws {
        let folder = site.folder
        let time = "2026-01-01T00:00:00.000000000Z"
        let about = #""ID": "x", "Name": "x", "DockerRootDir": "/x", "MemTotal": 1, "SystemTime": "\#(time)""#
        let version =
            #"{"Version": "19.03.15", "ApiVersion": "\#(api)", "MinAPIVersion": "1.12", "Arch": "amd64", "Os": "linux"}"#
        try site.write(
            "nginx.conf",
            """
            pid \(folder)/nginx.pid; daemon off; master_process off; error_log \(folder)/nginx-error.log; events {}
            http {
                access_log off;
                client_body_temp_path \(folder)/body; proxy_temp_path \(folder)/proxy;
                fastcgi_temp_path \(folder)/fastcgi; scgi_temp_path \(folder)/scgi; uwsgi_temp_path \(folder)/uwsgi;
                server {
                    listen unix:\(folder)/fake.sock;
                    default_type application/json;
                    location = /version { return 200 '\(version)'; }
                    location ~ /info$ { return 200 '{\(about), "Swarm": \(swarm)}'; }
                }
            }
            """)
        let started = try await Daemon.start(
            "nginx -p \(folder) -c \(folder)/nginx.conf", in: folder, log: "nginx.log",
            until: "curl -s --unix-socket fake.sock http://d/version")
        guard let daemon = started else { throw Trouble(try site.text("\(folder)/nginx.log")) }
        let result: Result<Void, any Error>
        do { result = .success(try await body(FakeEngine(address: "unix://\(folder)/fake.sock"))) } catch {
            result = .failure(error)
        }
        try await daemon.stop()
        try result.get()
    }
}
