import Glibc
import Testing

/// Three engines that are the managers of one swarm, each in a network of its own that a bridge joins to that of the
/// tests. All of it ends with the process of the tests, and a manager ends when it is killed.
///
/// A command given on a manager is given in its network. Only the first two have images, and a way to make containers.
final class Managers: Sendable {
    static let count = 3
    /// The tests' own address on the bridge, where their servers answer.
    static let gateway = "10.77.0.1"

    private let folder: String
    private let bridge: String
    /// The end of a pipe that every engine reads: it is closed when this process ends.
    private let alive: Int32

    /// Makes them, plays with them, and clears them away whatever comes of it.
    static func play<Value>(_ game: (Managers) async throws -> Value) async throws -> Value {
        let managers = try Managers()
        let result: Result<Value, any Error>
        do {
            try await managers.make()
            Tally.count(asked: "swarm")
            result = .success(try await game(managers))
        } catch { result = .failure(error) }
        try await managers.clear()
        return try result.get()
    }

    private init() throws {
        let salt = String(UInt32.random(in: 0...UInt32.max), radix: 36)
        bridge = "owm\(salt)"
        folder = "\(try Workshop.root())/\(bridge)"
        try Files.makeFolder(folder)
        guard mkfifo("\(folder)/alive", 0o600) == 0 else { throw Trouble("cannot make a pipe in \(folder)") }
        alive = open("\(folder)/alive", O_RDWR | O_CLOEXEC)
    }

    deinit { close(alive) }

    private func make() async throws {
        try await shell(
            """
            ip link add "$bridge" type bridge
            ip addr add \(Self.gateway)/24 dev "$bridge"
            ip link set "$bridge" up
            # An engine in the network of the tests forwards nothing that it does not know.
            iptables -I FORWARD -i "$bridge" -o "$bridge" -j ACCEPT
            """)
        let images = ["0.6.43", "0.12.4"].map { "\(SwarmSite.repository):v\($0)" }
        try await TestEngine.docker(["save", "--output", "\(folder)/images"] + images)
        for manager in 1...Self.count { try await start(manager) }
        for manager in 1...2 { try await docker(manager, ["load", "--quiet", "--input", "\(folder)/images"]) }
        try await docker(1, ["swarm", "init", "--advertise-addr", Self.address(of: 1)])
        let token = try await docker(1, ["swarm", "join-token", "--quiet", "manager"]).filter { !$0.isNewline }
        for manager in 2...Self.count {
            try await docker(
                manager,
                ["swarm", "join", "--token", token, "--advertise-addr", Self.address(of: manager), Self.address(of: 1)])
        }
    }

    static func address(of manager: Int) -> String { "10.77.0.\(10 + manager)" }

    private func socket(_ manager: Int) -> String { "unix://\(folder)/\(manager)/docker.sock" }

    /// Starts an engine, or starts it again with what it knew, and returns when it answers.
    func start(_ manager: Int) async throws {
        try await shell(
            """
            mkdir -p "$place"
            ip link del "$wire" 2>/dev/null || true
            setsid unshare --net --mount --uts --pid --fork --mount-proc -- bash -c "$engine" "$0" \
                >"$place/log" 2>&1 </dev/null &
            echo $! >"$place/shell"
            until [ "$(readlink /proc/$!/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done
            ip link add "$wire" type veth peer name eth0 netns $!
            ip link set "$wire" master "$bridge" up
            """, manager)
        for _ in 0..<300 {
            if try await ask(manager, ["version"]).exit == 0 { return }
            guard try Files.exists("/proc/\(shell(of: manager))") else { break }
            await Task.yield()
        }
        throw Trouble("manager \(manager) does not start: \(try Files.read("\(folder)/\(manager)/log").suffix(600))")
    }

    /// The first process of an engine's own process ids.
    private static let engine = """
        set -eu
        exec 0<"$folder/alive"
        hostname "m$manager"
        ip link set lo up
        until ip link show eth0 >/dev/null 2>&1; do sleep 0.02; done
        ip addr add "$address/24" dev eth0
        ip link set eth0 up
        ip route add default via \(Managers.gateway)
        mkdir -p /run/containerd /run/docker
        mount -t tmpfs tmpfs /run/containerd
        mount -t tmpfs tmpfs /run/docker
        # What an engine leaves of its processes means others after it is started again.
        rm -rf "$place/pid" "$place/exec"
        echo '{}' >"$place/daemon.json"
        dockerd --config-file="$place/daemon.json" --data-root="$place/data" --exec-root="$place/exec" \
            --pidfile="$place/pid" --host="unix://$place/docker.sock" \
            --exec-opt=native.cgroupdriver=cgroupfs --cgroup-parent="/$bridge.$manager" &
        cat >/dev/null
        """

    private func shell(of manager: Int) throws -> String {
        try Files.read("\(folder)/\(manager)/shell").filter { !$0.isNewline }
    }

    /// Ends an engine as a power cut would, with all that runs on it.
    func kill(_ manager: Int) async throws {
        let shell = try shell(of: manager)
        let first = try Files.read("/proc/\(shell)/task/\(shell)/children").split(separator: " ").first.flatMap {
            pid_t($0)
        }
        guard let first, Glibc.kill(first, SIGKILL) == 0 else { throw Trouble("manager \(manager) does not run") }
        while try await ask(manager, ["version"]).exit == 0 {}
    }

    // Commands

    func ask(_ manager: Int, _ words: [String]) async throws -> Finished {
        try await ChildProcess.run("/usr/bin/env", ["docker"] + words, ["DOCKER_HOST": socket(manager)])
    }

    @discardableResult
    func docker(_ manager: Int, _ words: [String]) async throws -> String {
        let said = try await ask(manager, words)
        guard said.exit == 0 else {
            throw Trouble("docker \(words.joined(separator: " ")) on manager \(manager): \(said.story)")
        }
        return said.out
    }

    /// Starts the tool on a manager's machine.
    func start(
        _ words: [String], on manager: Int, environment: [String: String] = [:]
    ) throws -> ChildProcess {
        let home = "\(folder)/home-\(manager)"
        try Files.makeFolder(home)
        let own = ["DOCKER_HOST": socket(manager), "HOME": home]
        return try ChildProcess(
            "/usr/bin/nsenter", ["--net=/proc/\(try shell(of: manager))/ns/net", "--", Workshop.tool] + words,
            own.merging(environment) { $1 })
    }

    func run(_ words: [String], on manager: Int, environment: [String: String] = [:]) async throws -> Finished {
        try await start(words, on: manager, environment: environment).end()
    }

    private func shell(_ script: String, _ manager: Int = 0) async throws {
        let place = "\(folder)/\(manager)"
        let said = try await ChildProcess.run(
            "/bin/bash", ["-euc", "PATH=$PATH:/usr/sbin:/sbin\n\(script)", folder],
            [
                "folder": folder, "bridge": bridge, "manager": "\(manager)", "place": place,
                "wire": "\(bridge).\(manager)", "address": Self.address(of: manager), "engine": Self.engine,
            ])
        guard said.exit == 0 else { throw Trouble("the managers cannot be had: \(said.story)") }
    }

    private func clear() async throws {
        for manager in 1...Self.count where Files.exists("\(folder)/\(manager)/shell") {
            if Files.exists("/proc/\(try shell(of: manager))") { try await kill(manager) }
        }
        try await shell(
            """
            iptables -D FORWARD -i "$bridge" -o "$bridge" -j ACCEPT || true
            ip link del "$bridge" || true
            find /sys/fs/cgroup -depth -type d -path "*/$bridge.*" -exec rmdir {} + 2>/dev/null || true
            rm -rf "$folder"
            """)
    }
}
