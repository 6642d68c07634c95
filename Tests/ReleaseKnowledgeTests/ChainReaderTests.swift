import Testing
import UpgradeCore

@testable import ReleaseKnowledge

/// A migration file as releases write it.
func migration(_ id: String, after parent: String?, as name: String? = nil) -> MigrationFile {
    let value = parent.map { "\"\($0)\"" } ?? "None"
    return MigrationFile(
        name: name ?? "\(id)_made_up.py",
        text: """
            \"\"\"Made up

            Revision ID: \(id)
            Revises: something else

            \"\"\"

            from typing import Sequence, Union

            revision: str = "\(id)"
            down_revision: Union[str, None] = \(value)
            branch_labels: Union[str, Sequence[str], None] = None
            depends_on: Union[str, Sequence[str], None] = None

            def upgrade() -> None:
                revision = "a local name"
            """)
}

@Suite struct `The chain of migrations` {
    @Test func `is read from files in any order`() throws {
        let known = KnownRevision.known
        let files = known.reversed().map { migration($0.id, after: $0.parent) }
        let chain = try ChainReader.read(files)
        #expect(chain.revisions.map(\.id) == known.map(\.id))
        #expect(chain.head == "0bd252b206fb")
        #expect(chain.revisions[0].title == "Made up")
        #expect(chain.pending(after: "c440947495f3")?.count == 37)
        #expect(chain.pending(after: "0bd252b206fb")?.isEmpty == true)
        #expect(chain.pending(after: nil)?.count == 66)
        #expect(chain.pending(after: "ffffffffffff") == nil)
    }

    @Test(arguments: [
        "revision = \"aaa\"\ndown_revision = \"zzz\"",
        "revision: str = 'aaa'\ndown_revision: str | None = 'zzz'",
        "revision='aaa' # the id = 'x'\r\ndown_revision\t:  Union[ str,None ]='zzz'  # comment\r\n",
        "\u{FEFF}revision = (\n    'aaa'  # here\n)\ndown_revision = \\\n    \"zzz\"",
        "\"\"\"Title\nrevision = 'no'\n\"\"\"\nrevision = u'aaa'\ndown_revision = ('zzz',)",
        "x = '''\nrevision = 'no'\n'''\nrevision = r'aaa'; down_revision = ['zzz']\nf(revision='no', a=[1, {2: 'é'}])",
        "revision: str\nrevision = \"\"\"aaa\"\"\"\ndown_revision = 'zzz'\nclass A:\n    revision = 'no'\n",
        "# revision = 'no'\nrevision = 'aaa'\ndown_revision = 'zzz'\ndepends_on = None\nprint(revision == 'x')\n",
    ])
    func `is read from every plain way of writing it`(text: String) throws {
        let chain = try ChainReader.read([migration("zzz", after: nil), MigrationFile(name: "aaa.py", text: text)])
        #expect(chain.revisions.map(\.id) == ["zzz", "aaa"])
    }

    @Test func `leaves out what Alembic leaves out`() throws {
        let others = ["__init__.py", "README", ".#aaa.py", "aaa.pyc"].map {
            MigrationFile(name: $0, text: "not python '")
        }
        #expect(try ChainReader.read(others + [migration("aaa", after: nil)]).head == "aaa")
    }

    static let broken: [(files: [MigrationFile], words: String)] = [
        ([], "holds no migrations"),
        ([MigrationFile(name: "__init__.py", text: "")], "holds no migrations"),
        ([migration("a", after: nil), migration("b", after: "a"), migration("c", after: "a")], "2 heads"),
        ([migration("a", after: nil), migration("b", after: nil)], "2 heads"),
        ([migration("a", after: nil), migration("b", after: "x")], "is missing: x"),
        ([migration("a", after: "b"), migration("b", after: "a")], "in a circle"),
        ([migration("a", after: nil), migration("b", after: "c"), migration("c", after: "b")], "in a circle"),
        ([migration("a", after: nil), migration("b", after: "b")], "in a circle"),
        ([migration("a", after: nil), migration("a", after: nil, as: "copy.py")], "a is there twice"),
        ([MigrationFile(name: "m.py", text: "revision = 'm'\ndown_revision = ('a', 'b')")], "m merges others"),
    ]

    @Test(arguments: broken.indices) func `is refused when it is not one line`(place: Int) {
        let (files, words) = Self.broken[place]
        let fault = #expect(throws: Fault.self) { try ChainReader.read(files) }
        #expect(fault?.kind == .invalid)
        #expect(fault?.what.contains(words) == true, "\(fault?.what ?? "")")
        #expect(fault?.why.isEmpty == false)
        #expect(fault?.remedy.isEmpty == false)
    }

    @Test(arguments: [
        "", "revision = 'a'", "down_revision = None", "revision = 'a'\ndown_revision = make()",
        "revision = 'a' + 'b'\ndown_revision = None", "revision = f'a'\ndown_revision = None",
        "revision = 'a\\x62'\ndown_revision = None", "revision = 'a' 'b'\ndown_revision = None",
        "revision = 'a'\nrevision = 'b'\ndown_revision = None", "revision, down_revision = 'a', None",
        "revision = down_revision = None", "revision = 'a'\ndown_revision = None\nrevision += 'b'",
        "revision = 'a'\ndown_revision = None\nif True:\n    revision = 'b'",
        "revision = 'a'\ndown_revision = None\nif True: revision = 'b'",
        "revision = 'a'\ndown_revision = None\ndepends_on = 'b'", "revision = 'a'\ndown_revision = ()",
        "revision = ''\ndown_revision = None", "revision = 'a b'\ndown_revision = None",
        "revision = None\ndown_revision = None",
        "revision = 'a'\ndown_revision = ''", "revision = 'a'\ndown_revision = None\n'", "\"\"\"open\nrevision = 'a'",
        "revision = ('a'\ndown_revision = None", "revision = 'a')\ndown_revision = None",
        "revision = 'a\ndown_revision = None",
        "revision = 'a' \\ \ndown_revision = None",
        "revision = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'\ndown_revision = None",
    ])
    func `is refused when a file cannot be read`(text: String) {
        let fault = #expect(throws: Fault.self) { try ChainReader.read([MigrationFile(name: "file.py", text: text)]) }
        #expect(fault?.kind == .invalid)
        #expect(fault?.what == "The migration file file.py cannot be read.")
        #expect(fault?.why.isEmpty == false)
    }

    @Test func `is read or refused at every length of a file`() {
        let text = migration("aaa", after: nil).text
        for length in 0..<text.utf8.count {
            let cut = String(decoding: text.utf8.prefix(length), as: UTF8.self)
            do {
                let chain = try ChainReader.read([MigrationFile(name: "a.py", text: cut)])
                #expect(chain.head == "aaa")
            } catch {
                #expect(error.kind == .invalid)
            }
        }
    }
}

@Suite struct `The version of a release` {
    @Test(arguments: [
        "Metadata-Version: 2.4\nName: open-webui\nVersion: 0.12.4\n\nVersion: 9.9.9\n",
        "name: Open_WebUI\r\nVERSION:0.12.4  \r\nLicense: a\r\n   Version: 3\r\n\r\nbody",
    ])
    func `is read from METADATA`(text: String) throws {
        #expect(try ReleaseMetadata.version(inMetadata: text) == "0.12.4")
    }

    @Test(arguments: [
        "", "Name: open-webui", "Name: other\nVersion: 1.0", "Version: 1.0", "Name: open-webui\nVersion:\n",
        "Name: open-webui\nVersion: 1\nVersion: 2", "Name: open-webui\nVersion: 1 2", "\nName: open-webui\nVersion: 1",
    ])
    func `is not guessed from other METADATA`(text: String) {
        #expect(throws: Fault.self) { try ReleaseMetadata.version(inMetadata: text) }
    }

    @Test func `is read from package_json`() throws {
        let text = #"{"name": "open-webui", "private": true, "x": {"version": "9"}, "version": "0.12.4", "n": -1.5e3}"#
        #expect(try ReleaseMetadata.version(inPackageJSON: text) == "0.12.4")
    }

    @Test(arguments: [
        "", "{", #"{"name": "open-webui"}"#, #"{"name": "vue", "version": "1.0.0"}"#,
        #"{"name": "open-webui", "version": 12}"#, #"{"name": "open-webui", "version": "1", "version": "2"}"#,
        #"{"x": {"name": "open-webui", "version": "1"}}"#,
    ])
    func `is not guessed from another package_json`(text: String) {
        #expect(throws: Fault.self) { try ReleaseMetadata.version(inPackageJSON: text) }
    }
}
