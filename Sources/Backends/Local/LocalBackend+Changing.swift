import Glibc
import UpgradeCore

extension LocalBackend {
    /// Tells the instances that are too many, or not right, to end.
    func stopSurplus(_ desired: Change.Desired, in known: inout [LocalInstance]) throws(Fault) {
        let kept = Set(Self.kept(desired, in: known).map(\.id))
        for index in known.indices {
            let instance = known[index]
            guard instance.workload == desired.workload, instance.exit == nil, !kept.contains(instance.id),
                instance.stoppingSince == nil
            else { continue }
            // Told first, written then: a change that dies in between tells it again.
            try signal(instance, SIGTERM)
            try passing(.told(instance.id))
            known[index].stoppingSince = LocalFile.millisecondsSinceBoot
            try store.write(known[index])
        }
    }

    /// The instances that stay: oldest write first, then lowest number.
    private static func kept(_ desired: Change.Desired, in known: [LocalInstance]) -> [LocalInstance] {
        let right = known.filter {
            $0.workload == desired.workload && $0.exit == nil && $0.stoppingSince == nil && desired.accepts($0.told())
        }
        let ordered = right.sorted { ($0.generation.number, $0.ordinal) < ($1.generation.number, $1.ordinal) }
        return Array(ordered.prefix(desired.settings.replicas))
    }

    /// Starts what is missing of a workload.
    func startMissing(_ desired: Change.Desired, in known: inout [LocalInstance]) throws(Fault) {
        let missing = desired.settings.replicas - Self.kept(desired, in: known).count
        guard missing > 0 else { return }
        let ports = try portList(of: desired.workload)
        let program = try program(version: desired.settings.image)
        let environment = try group.environment(of: desired.workload, in: store.folder)
        for _ in 0..<missing {
            let port = try freePort(of: desired.workload, in: ports, known)
            let instance = identity(desired, port: port, known, program: program)
            known.append(try start(instance, desired.settings, environment))
        }
    }

    private func portList(of workload: String) throws(Fault) -> [Int] {
        if workload == group.name { return group.ports.ports }
        guard let companion = group.companions.first(where: { $0.name == workload }) else {
            throw .noWorkload(workload)
        }
        return companion.ports.ports
    }

    private func freePort(of workload: String, in list: [Int], _ known: [LocalInstance]) throws(Fault) -> Int {
        let living = known.filter { $0.exit == nil }
        let free = list.filter { port in !living.contains { $0.port == port } }
        if let port = free.first(where: { LocalSocket.isFree(host: group.host, port: $0) }) { return port }
        let stopping = living.filter { $0.stoppingSince != nil && list.contains($0.port) }
        if !stopping.isEmpty { throw .portNotYetFree(workload, until: stopping.map(\.id)) }
        throw .noPort(workload, used: free.map { ($0, LocalSocket.listener(on: $0)) })
    }

    /// An instance of this write with the lowest number that the write has not used.
    private func identity(
        _ desired: Change.Desired, port: Int, _ known: [LocalInstance], program: String
    ) -> LocalInstance {
        let used = Set(known.map(\.id))
        var ordinal = 1
        while used.contains(LocalInstance.id(desired.workload, desired.naming, ordinal)) { ordinal += 1 }
        let id = LocalInstance.id(desired.workload, desired.naming, ordinal)
        let words = template.filled([
            .version: desired.settings.image, .port: String(port), .host: group.host, .group: group.name,
            .instance: id,
        ])
        return LocalInstance(
            workload: desired.workload, image: desired.settings.image, generation: desired.naming, ordinal: ordinal,
            host: group.host, port: port, command: [program] + words.dropFirst(), log: "\(logFolder)/\(id).log")
    }

    /// Writes an instance down, starts it, and writes down which process it is.
    private func start(
        _ instance: LocalInstance, _ settings: Settings, _ environment: [String: String]
    ) throws(Fault) -> LocalInstance {
        try fence.check()
        try LocalFile.makeFolder(logFolder)
        try store.write(instance)
        try passing(.identityWritten(instance.id))
        let launch = ProcessGroup.Launch(
            program: instance.command[0], arguments: instance.command,
            environment: carried(by: instance, settings, environment),
            directory: group.workingDirectory.map { LocalGroup.path($0, in: store.folder) } ?? store.folder,
            log: instance.log)
        let process: ProcessGroup
        try fence.check()
        do throws(Errno) { process = try ProcessGroup.spawn(launch) } catch {
            try store.forget(instance)
            throw .notStarted(instance.id, why: "\(instance.command[0]) in \(launch.directory): \(error.text)")
        }
        try passing(.spawned(instance.id))
        var instance = instance
        instance.pid = process.leader
        instance.start = ProcessTable.process(process.leader)?.start
        instance.boot = ProcessTable.boot
        try store.write(instance)
        return instance
    }

    /// The environment of an instance: the group's, the settings of the deployment, and what tells it from others.
    private func carried(
        by instance: LocalInstance, _ settings: Settings, _ environment: [String: String]
    ) -> [String: String] {
        var variables = environment
        variables["UVICORN_WORKERS"] = settings.workers
        variables["ENABLE_DB_MIGRATIONS"] = settings.migrations
        // libpq gives every session of the instance its name, also where the URL has `options` of its own.
        variables["PGAPPNAME"] = instance.id
        variables[ProcessTable.groupVariable] = store.folder
        variables[ProcessTable.instanceVariable] = instance.id
        variables[ProcessTable.generationVariable] = instance.generation.description
        return variables
    }

    var logFolder: String { LocalGroup.path(group.logs, in: store.folder) }

    /// The program that the command leads to for a version. Throws `.missing` where it does not exist.
    func program(version: String) throws(Fault) -> String {
        let values: [CommandTemplate.Placeholder: String] = [
            .version: version, .host: group.host, .group: group.name, .port: "", .instance: "",
        ]
        let word = template.filled(values)[0]
        if word.contains("/") {
            let path = LocalGroup.path(word, in: store.folder)
            if !LocalFile.exists(path) { throw .noProgram(path, version: version, why: "there is no such file") }
            if !LocalFile.isExecutable(path) { throw .noProgram(path, version: version, why: "it cannot be executed") }
            return path
        }
        let path = try group.environment(of: group.name, in: store.folder)["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        let found = path.split(separator: ":").map { "\($0)/\(word)" }.first(where: LocalFile.isExecutable)
        guard let found else { throw .noProgram(word, version: version, why: "it is in no folder of PATH") }
        return found
    }
}
