import Glibc

@testable import Backends

// Images with the files of a release.
extension EngineSite {
    /// The built stand-in, which lies beside the test bundle.
    private static let standIn = LocalFile.folder(of: LocalFile.link("/proc/self/exe") ?? "") + "/open-webui-stand-in"

    /// The layout of the project's own image.
    func projectImage(_ version: String, _ image: String, besides line: String = "", changes: String = "") async throws
    {
        try await shell(
            """
            set -e
            rm -rf image installed && mkdir -p image/app/backend installed
            \(Self.standIn) install --version \(version) --into installed >/dev/null
            mv installed/lib/python3.11/site-packages/open_webui image/app/backend/
            echo '{"name": "open-webui", "version": "\(version)", "private": true}' >image/app/package.json
            \(line)
            head -c 200000 /dev/urandom >image/app/own
            tar -C image -c . | /usr/bin/docker import \(changes) - \(image)
            """)
    }

    /// An image with the package of a release in an environment of Python, among others.
    func packageImage(_ version: String, _ image: String, root: String, path: String) async throws {
        try await shell(
            """
            set -e
            rm -rf image && mkdir -p image\(root)
            \(Self.standIn) install --version \(version) --into image\(root) >/dev/null
            cd image\(root)/lib/python3.11/site-packages
            mkdir -p anyio torch && head -c 3000000 /dev/zero >torch/large.bin && echo 'x = 1' >anyio/__init__.py
            mkdir open_webui_extra-9.9.dist-info && echo 'Name: other' >open_webui_extra-9.9.dist-info/METADATA
            cd \(folder) && tar -C image -c . | /usr/bin/docker import --change 'ENV PATH=\(path)' - \(image)
            """)
    }
}
