import Glibc
import Testing

@testable import open_webui_stand_in

@Suite(.tags(.postgres)) struct `An installation` {
    @Test(arguments: ["0.5.0", "0.6.43", "0.12.4"])
    func `looks like the Python environment of its release`(version: String) throws {
        let site = try Site()
        _ = try site.start(version, ["STAND_IN_EXIT_AT_ONCE": "9"]).end()
        let packages = "\(site.folder)/\(version)/lib/python3.11/site-packages"
        let metadata = try #require(System.read("\(packages)/open_webui-\(version).dist-info/METADATA"))
        #expect(metadata.contains("Name: open-webui\nVersion: \(version)\n"))
        let files = System.names(in: "\(packages)/open_webui/migrations/versions")
        let chain = Chain(of: try #require(Version(version)))
        #expect(files.sorted() == chain.revisions.map { "\($0.id)_\($0.slug).py" }.sorted())
        #expect(System.exists("\(packages)/open_webui/migrations/env.py"))
        #expect(Installation(root: "\(site.folder)/\(version)")?.chain.head == chain.head)
    }

    @Test func `writes revisions as Alembic does`() throws {
        let chain = Chain.everything
        let first = PythonText.migration(chain[0], after: nil)
        #expect(first.contains("down_revision: Union[str, None] = None"))
        let second = PythonText.migration(chain[1], after: chain[0].id)
        #expect(second.contains("Revision ID: ca81bd47c050\nRevises: 7e5b5dc7342b\n"))
        #expect(second.contains("revision: str = \"ca81bd47c050\""))
        #expect(second.contains("down_revision: Union[str, None] = \"7e5b5dc7342b\""))
    }

    @Test func `of a release that never was is refused`() throws {
        let made = try Instance(Instance.binary, ["install", "--version", "0.6.17", "--into", "/nowhere"], [:])
        #expect(try made.end() == 70)
        #expect(made.log.contains("0.6.17 is no release"))
    }
}
