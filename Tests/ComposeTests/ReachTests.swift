import Testing

/// Projects that are reached through the engine alone.
@Suite(.tags(.engine))
struct `A project that only its own containers reach` {
    @Test func `is upgraded and goes back from inside, also after a kill, and nothing is left of that`() async throws {
        try await Workshop.inTurn {
            try await InsideProject.play { project in
                let plan = try await project.run("plan", "--to", "0.12.4")
                #expect(plan.exit == 0, "\(plan.story)")
                #expect(plan.out.contains("The database at db:5432 is asked from inside, through the container"))
                #expect(try await project.relays().isEmpty)
                let killed = try await project.run(
                    "--to", "0.12.4", "--yes", environment: ["OWUI_UPGRADE_KILL_AT": "before backUp #1"])
                #expect(killed.exit == Finished.killed, "\(killed.story)")
                let run = try await project.run("--to", "0.12.4", "--yes")
                #expect(run.exit == 0, "\(run.story)")
                #expect(try await project.complaint() == nil, "\(run.story)")
                #expect(try await project.serving() == ["0.12.4", "0.12.4"])
                #expect(try await project.revision() == "0bd252b206fb")
                #expect(try await project.relays().isEmpty)
                let back = try await project.run("rollback", "--restore", "--yes")
                #expect(back.exit == 0, "\(back.story)")
                #expect(try await project.complaint() == nil, "\(back.story)")
                #expect(try await project.serving() == ["0.6.43", "0.6.43"])
                #expect(try await project.revision() == "c440947495f3")
                #expect(try await project.relays().isEmpty)
                try await expectFound(project)
            }
        }
    }

    @Test func `has its database asked at a published port where that alone leads there`() async throws {
        try await Workshop.inTurn {
            let ports = try Ports(1)
            try await InsideProject.play(port: ports.numbers[0]) { project in
                let run = try await project.run("--to", "0.12.4", "--yes")
                #expect(run.exit == 0, "\(run.story)")
                let way = "is asked at the published port \(ports.numbers[0]) of \(project.name)-db-1"
                #expect(run.story.contains(way), "\(run.story)")
                #expect(try await project.complaint() == nil, "\(run.story)")
                #expect(try await project.serving() == ["0.12.4", "0.12.4"])
                #expect(try await project.revision() == "0bd252b206fb")
            }
        }
    }

    /// Labels tell no profile.
    @Test func `is found by its name where its service is in a profile`() async throws {
        try await Workshop.inTurn {
            try await ComposeSite.play(ComposeSite.Shape(replicas: 1, lines: ["profiles: [chat]"])) { site in
                let up = try await site.compose("--profile", "chat", "up", "--detach")
                #expect(up.exit == 0, "\(up.story)")
                let status = try await ChildProcess.run(
                    "/usr/bin/env", ["-C", "/", Workshop.tool, "status", "--project-name", site.name],
                    ["DOCKER_HOST": try TestEngine.address()])
                #expect(status.exit == 0 && status.out.contains(site.name), "\(status.story)")
            }
        }
    }

    /// By the labels of its containers, from a folder without a project.
    private func expectFound(_ project: InsideProject) async throws {
        let named = try await project.runElsewhere("status", "--project-name", project.name)
        #expect(named.exit == 0 && named.out.contains("\(project.name): run"), "\(named.story)")
        let absent = try await project.runElsewhere("status", "--project-name", "\(project.name)_not")
        #expect(absent.exit == 2 && absent.story.contains("There is no Compose project"), "\(absent.story)")
        try await ComposeSite.play(ComposeSite.Shape(replicas: 1)) { other in
            try await other.up()
            let unnamed = try await project.runElsewhere("status")
            #expect(unnamed.exit == 2, "\(unnamed.story)")
            for name in [project.name, other.name] {
                #expect(unnamed.story.contains("--project-name \(name)`"), "\(unnamed.story)")
            }
        }
    }
}
