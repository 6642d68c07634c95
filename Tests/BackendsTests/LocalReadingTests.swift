import Glibc
import Testing
import UpgradeCore

@testable import Backends

extension LocalSite {
    fileprivate var root: String { "\(folder)/opt/1.0.0" }
    fileprivate var packages: String { "\(root)/lib/python3.11/site-packages" }
}

@Suite struct `An installation` {

    @Test func `is read without running anything of it`() async throws {
        try await LocalSite.with { site in
            try site.install("1.0.0", script: "#!/bin/sh\ntouch ran\n")
            let facts = try await site.backend().read(image: "1.0.0")
            #expect(facts.image == "1.0.0")
            #expect(facts.version == "1.0.0")
            #expect(facts.chain == ["aaaaaaaaaaaa", "bbbbbbbbbbbb"])
            #expect(!LocalFile.exists("\(site.folder)/ran"))
            #expect(facts.digest.hasPrefix("fnv1a-128:"))
            #expect(try await site.backend().read(image: "1.0.0") == facts)
        }
    }

    @Test func `has another digest when a file of it changes`() async throws {
        try await LocalSite.with { site in
            let before = try await site.backend().read(image: "1.0.0")
            let file = "\(site.packages)/open_webui/migrations/versions/bbbbbbbbbbbb_second.py"
            try site.write(file, "revision = 'bbbbbbbbbbbb'\ndown_revision = 'aaaaaaaaaaaa'\n# another\n")
            let after = try await site.backend().read(image: "1.0.0")
            #expect(after.chain == before.chain)
            #expect(after.digest != before.digest)
        }
    }

    @Test func `has the digest that its algorithm is known by`() {
        var hash = FileHash()
        #expect(hash.text == "6c62272e07bb014262b821756295c58d")
        hash.add("a".utf8)
        #expect(hash.text == "d228cb696f1a8caf78912b704e4a8964")
    }

    @Test(
        arguments: [
            Defect("a link") { site in
                symlink("\(site.folder)/opt/1.0.0/bin/open-webui", "\(site.folder)/wrappers/1.0.0")
            },
            Defect("a script of shell") { site in
                let program = "\(site.folder)/wrappers/1.0.0"
                try site.program(program, "#!/bin/sh\nexec \"\(site.folder)/opt/1.0.0/bin/open-webui\" \"$@\"\n")
                chmod(program, 0o755)
            },
            Defect("the interpreter of its first line") { site in
                let program = "\(site.folder)/wrappers/1.0.0"
                let python = "\(site.folder)/opt/1.0.0/bin/python3"
                symlink("/bin/sh", python)
                try site.program(program, "#!\(python) -I\nimport sys\n")
                chmod(program, 0o755)
            },
        ] as [Defect<LocalSite>])
    func `is found through`(way: Defect<LocalSite>) async throws {
        try await LocalSite.with { site in
            site.group.command = "wrappers/{version} serve --port {port}"
            try LocalFile.makeFolder("\(site.folder)/wrappers")
            try way.spoil(&site)
            #expect(try await site.backend().read(image: "1.0.0").chain.count == 2)
        }
    }

    @Test(
        arguments: [
            Defect("is not there", .missing) { site in try LocalFile.remove("\(site.root)/bin/open-webui") },
            Defect("is not there", .missing) { site in chmod("\(site.root)/bin/open-webui", 0o644) },
            Defect("cannot be run", .missing) { site in
                try site.program("\(site.root)/bin/open-webui", "#!\(site.root)/bin/python3\n")
                chmod("\(site.root)/bin/open-webui", 0o755)
            },
            Defect("does not lead to", .invalid) { site in
                rename("\(site.packages)/open_webui", "\(site.packages)/other")
            },
            Defect("more than one", .invalid) { site in
                try site.write("\(site.root)/lib/python3.12/site-packages/open_webui/__init__.py", "")
            },
            Defect("which version", .invalid) { site in
                rename("\(site.packages)/open_webui-1.0.0.dist-info", "\(site.packages)/x.dist-info")
            },
            Defect("which version", .invalid) { site in
                try site.write("\(site.packages)/open_webui-0.9.0.dist-info/METADATA", "Name: open-webui\n")
            },
            Defect("cannot be read", .invalid) { site in
                try site.write(
                    "\(site.packages)/open_webui-1.0.0.dist-info/METADATA", "Name: gradio\nVersion: 1.0.0\n")
            },
            Defect("no migrations", .invalid) { site in
                rename("\(site.packages)/open_webui/migrations", "\(site.packages)/open_webui/m")
            },
            Defect("is missing", .invalid) { site in
                try LocalFile.remove("\(site.packages)/open_webui/migrations/versions/aaaaaaaaaaaa_first.py")
            },
            Defect("2 heads", .invalid) { site in
                try site.write(
                    "\(site.packages)/open_webui/migrations/versions/c.py",
                    "revision = 'cccccccccccc'\ndown_revision = 'aaaaaaaaaaaa'\n")
            },
            Defect("cannot be read", .invalid) { site in
                try site.write(
                    "\(site.packages)/open_webui/migrations/versions/c.py", "revision = make()\n")
            },
        ] as [Defect<LocalSite>])
    func `is refused with its defect named`(defect: Defect<LocalSite>) async throws {
        try await LocalSite.with { site in
            try defect.spoil(&site)
            let fault = await #expect(throws: Fault.self) { try await site.backend().read(image: "1.0.0") }
            #expect(fault?.kind == defect.kind)
            #expect(fault?.what.contains(defect.name) == true)
            #expect(fault?.remedy.isEmpty == false)
        }
    }
}
