import Glibc
import Testing
import UpgradeCore
import Wire

@testable import Backends

/// A home folder with what docker's client keeps there.
private struct DockerHome {
    let path: String

    static func with(_ body: (DockerHome) throws -> Void) throws {
        let home = DockerHome(path: "/tmp/owui-home-\(UInt64.random(in: 0...UInt64.max))")
        defer { home.remove(home.path) }
        try body(home)
    }

    func write(_ name: String, _ text: String) throws {
        let file = "\(path)/.docker/\(name)"
        try LocalFile.makeFolder(LocalFile.folder(of: file))
        try LocalFile.replace(file, with: Array(text.utf8))
    }

    func context(_ id: String, _ name: String, host: String) throws {
        try write(
            "contexts/meta/\(id)/meta.json",
            #"{"Name":"\#(name)","Metadata":{},"Endpoints":{"docker":{"Host":"\#(host)","SkipTLSVerify":false}}}"#)
    }

    func address(_ environment: [String: String] = [:]) throws(Fault) -> EngineAddress {
        try EngineAddress(environment: environment, home: path)
    }

    private func remove(_ path: String) {
        for name in LocalFile.names(in: path) ?? [] { remove("\(path)/\(name)") }
        if unlink(path) != 0 { rmdir(path) }
    }
}

@Suite struct `The engine that is meant` {
    @Test func `is that of the usual socket where nothing else is said`() throws {
        try DockerHome.with { home in
            let address = try home.address()
            #expect(address.way == .socket(path: "/var/run/docker.sock"))
            #expect(address.isOnThisMachine)
            #expect(try home.address(["DOCKER_HOST": ""]) == address)
        }
    }

    @Test func `is DOCKER_HOST's, then DOCKER_CONTEXT's, then that of the current context`() throws {
        try DockerHome.with { home in
            try home.write("config.json", #"{"currentContext":"current"}"#)
            try home.context("0a", "current", host: "unix:///current.sock")
            try home.context("0b", "named", host: "ssh://deploy@engine.example:2222")
            try home.write("contexts/meta/0c/meta.json", "damaged, and nobody's business")
            #expect(try home.address().way == .socket(path: "/current.sock"))
            #expect(try home.address(["DOCKER_CONTEXT": "named"]).text == "ssh://deploy@engine.example:2222")
            #expect(try home.address(["DOCKER_CONTEXT": "default"]).way == .socket(path: "/var/run/docker.sock"))
            let both = ["DOCKER_CONTEXT": "named", "DOCKER_HOST": "unix:///host.sock"]
            #expect(try home.address(both).way == .socket(path: "/host.sock"))
        }
    }

    @Test func `is looked for in the folder of DOCKER_CONFIG`() throws {
        try DockerHome.with { home in
            try home.write("config.json", #"{"currentContext":"current"}"#)
            try home.context("0a", "current", host: "unix:///current.sock")
            let environment = ["DOCKER_CONFIG": "\(home.path)/.docker"]
            #expect(
                try EngineAddress(environment: environment, home: "/nowhere").way == .socket(path: "/current.sock"))
        }
    }

    @Test func `has its own files of TLS in a context`() throws {
        try DockerHome.with { home in
            try home.context("0a", "far", host: "tcp://engine.example:2376")
            for name in ["ca", "cert", "key"] { try home.write("contexts/tls/0a/docker/\(name).pem", "…") }
            let folder = "\(home.path)/.docker/contexts/tls/0a/docker"
            let tls = HTTPSecurity(
                authorities: "\(folder)/ca.pem", certificate: "\(folder)/cert.pem", key: "\(folder)/key.pem")
            let address = try home.address(["DOCKER_CONTEXT": "far"])
            #expect(address.way == .tls(host: "engine.example", port: 2376, tls))
            #expect(!address.isOnThisMachine)
        }
    }

    @Test func `is verified where DOCKER_TLS_VERIFY is set to anything`() throws {
        try DockerHome.with { home in
            try home.write("certs/ca.pem", "…")
            var environment = ["DOCKER_HOST": "tcp://engine.example", "DOCKER_TLS_VERIFY": "0"]
            let bare = try home.address(environment)
            #expect(bare.way == .tls(host: "engine.example", port: 2376, HTTPSecurity()))
            environment["DOCKER_CERT_PATH"] = "\(home.path)/.docker/certs"
            let tls = HTTPSecurity(authorities: "\(home.path)/.docker/certs/ca.pem")
            #expect(try home.address(environment).way == .tls(host: "engine.example", port: 2376, tls))
            environment["DOCKER_TLS_VERIFY"] = nil
            #expect(try home.address(environment).way == .tcp(host: "engine.example", port: 2375))
            environment["DOCKER_TLS"] = "1"
            #expect(throws: Fault.unverifiedEngine("tcp://engine.example", "DOCKER_TLS")) {
                try home.address(environment)
            }
        }
    }

    @Test func `is refused where the context does not exist or names none`() throws {
        try DockerHome.with { home in
            try home.write("contexts/meta/0a/meta.json", #"{"Name":"empty","Endpoints":{"kubernetes":{"Host":"h"}}}"#)
            let missing = #expect(throws: Fault.self) { try home.address(["DOCKER_CONTEXT": "no"]) }
            #expect(missing?.kind == .missing)
            let empty = #expect(throws: Fault.self) { try home.address(["DOCKER_CONTEXT": "empty"]) }
            #expect(empty?.kind == .invalid)
            try home.write("config.json", "{")
            let damaged = #expect(throws: Fault.self) { try home.address() }
            #expect(damaged?.what == "\(home.path)/.docker/config.json cannot be understood.")
        }
    }

    @Test(arguments: [
        ("unix:///a.sock", EngineAddress.Way.socket(path: "/a.sock")),
        ("unix://", .socket(path: "/var/run/docker.sock")),
        ("tcp://10.0.0.1:99", .tcp(host: "10.0.0.1", port: 99)),
        ("tcp://[::1]:99/", .tcp(host: "[::1]", port: 99)),
        ("tcp://:99", .tcp(host: "localhost", port: 99)),
        ("engine:99", .tcp(host: "engine", port: 99)),
    ])
    func `is read as docker reads it`(host: String, way: EngineAddress.Way) throws {
        #expect(try EngineAddress(host: host).way == way)
    }

    @Test(arguments: [
        "npipe:////./pipe/docker", "http://h:1", "tcp://h:port", "tcp://user@h:1", "ssh://", "ssh://a:b@h",
    ])
    func `is refused in a form that this tool does not know`(host: String) {
        let fault = #expect(throws: Fault.self) { try EngineAddress(host: host) }
        #expect(fault?.kind == .invalid)
        #expect(fault?.what.contains("a:b") == false)
    }

    @Test(arguments: [
        ("ssh://h", ["--", "h", "docker", "system", "dial-stdio"]),
        ("ssh://u@h:22", ["-l", "u", "-p", "22", "--", "h", "docker", "system", "dial-stdio"]),
        (
            "ssh://u@h/run/d.sock",
            ["-l", "u", "--", "h", "docker", "--host", "unix:///run/d.sock", "system", "dial-stdio"]
        ),
        ("ssh://[::1]", ["--", "::1", "docker", "system", "dial-stdio"]),
    ])
    func `is gone to by ssh as docker goes`(host: String, arguments: [String]) throws {
        guard case .ssh(let destination) = try EngineAddress(host: host).way else {
            Issue.record("it is no ssh")
            return
        }
        let options = "-o ConnectTimeout=30 -o ServerAliveInterval=15 -o BatchMode=yes -T".split(separator: " ").map(
            String.init)
        #expect(destination.arguments == Array(options) + arguments)
        #expect(destination.text == host)
    }

    @Test(arguments: ["ssh://-oProxyCommand=x", "ssh://-l@h"])
    func `never becomes an option of ssh`(host: String) {
        #expect(throws: Fault.self) { try EngineAddress(host: host) }
    }
}
