import UpgradeCore

@testable import Backends

/// A registry of one test on this machine, and a web server before it that answers some repositories by itself.
struct Registry {
    /// `127.0.0.1:PORT`, of the web server. What is under `slow/` comes slowly, as long as the site has no file `fast`.
    let host: String
    private let daemons: [Daemon]

    /// The one login that a closed registry takes: `someone`, `pass:word`.
    private static let htpasswd = "someone:$2b$04$rc2Qsmlbynv6dctUmuVs7uU6STS50vOi2V2WonneuKhpPOsvDh.ae\n"

    static func with(
        _ site: EngineSite, isClosed: Bool = false, _ body: (Registry) async throws -> Void
    ) async throws {
        let (registry, port) = try await Daemon.listening {
            try await Self.registry(site, port: $0, isClosed: isClosed)
        }
        let (server, front) = try await Daemon.listening { try await Self.server(site, port: $0, before: port) }
        let lent = Registry(host: "127.0.0.1:\(front)", daemons: [server, registry])
        let result: Result<Void, any Error>
        do { result = .success(try await body(lent)) } catch { result = .failure(error) }
        for daemon in lent.daemons { try await daemon.stop() }
        try result.get()
    }

    private static func registry(_ site: EngineSite, port: Int, isClosed: Bool) async throws -> Daemon? {
        let folder = site.folder
        try site.write("htpasswd", htpasswd)
        try site.write(
            "registry.yml",
            """
            version: 0.1
            log: {level: error}
            storage: {filesystem: {rootdirectory: \(folder)/registry}, cache: {blobdescriptor: inmemory}}
            http: {addr: "127.0.0.1:\(port)"}
            \(isClosed ? "auth: {htpasswd: {realm: test, path: \(folder)/htpasswd}}" : "")
            """)
        return try await Daemon.start(
            "docker-registry serve registry.yml", in: folder, log: "registry.log",
            until: "curl -s http://127.0.0.1:\(port)/v2/", within: 300)
    }

    private static func server(_ site: EngineSite, port: Int, before registry: Int) async throws -> Daemon? {
        let folder = site.folder
        let answer = { (name: String, status: Int, code: String, message: String) in
            """
            location ^~ /v2/\(name)/ {
                return \(status) '{"errors":[{"code":"\(code)","message":"\(message)"}]}';
            }
            """
        }
        try site.write(
            "nginx.conf",
            """
            daemon off;
            master_process off;
            pid \(folder)/nginx.pid;
            error_log \(folder)/nginx-error.log;
            events {}
            http {
                access_log off;
                client_body_temp_path \(folder)/body; proxy_temp_path \(folder)/proxy;
                fastcgi_temp_path \(folder)/fastcgi; scgi_temp_path \(folder)/scgi; uwsgi_temp_path \(folder)/uwsgi;
                server {
                    listen 127.0.0.1:\(port);
                    default_type application/json;
                    client_max_body_size 0;
                    \(answer("limited", 429, "TOOMANYREQUESTS", "You have reached your pull rate limit."))
                    \(answer("broken", 500, "UNKNOWN", "the storage of the registry is away"))
                    proxy_set_header Host $http_host;
                    location ^~ /v2/slow/ {
                        set $limit_rate 50k;
                        if (-f \(folder)/fast) { set $limit_rate 0; }
                        proxy_pass http://127.0.0.1:\(registry);
                    }
                    location / { proxy_pass http://127.0.0.1:\(registry); }
                }
            }
            """)
        return try await Daemon.start(
            "nginx -p \(folder) -c \(folder)/nginx.conf", in: folder, log: "nginx.log",
            until: "curl -s http://127.0.0.1:\(port)/v2/", within: 300)
    }
}
