/// What a person says about a Compose project, in the words that `docker compose` itself takes.
package struct ComposeWishes: Equatable, Sendable {
    /// The folder in which the person would type `docker compose`; an absolute path.
    package var folder: String
    /// `-f`, in order; relative to the folder.
    package var files: [String]
    package var projectDirectory: String?
    package var projectName: String?
    package var profiles: [String]
    /// `--env-file`, in order; relative to the folder.
    package var envFiles: [String]
    /// The service that is Open WebUI, where its image does not say so.
    package var service: String?

    package init(
        folder: String, files: [String] = [], projectDirectory: String? = nil, projectName: String? = nil,
        profiles: [String] = [], envFiles: [String] = [], service: String? = nil
    ) {
        self.folder = folder
        self.files = files
        self.projectDirectory = projectDirectory
        self.projectName = projectName
        self.profiles = profiles
        self.envFiles = envFiles
        self.service = service
    }

    /// The wishes that the labels of a running container amount to; nil where they name no file.
    ///
    /// Profiles are not in the labels: the caller gives those under which the container's service is there.
    package init?(labels: [String: String], profiles: [String] = [], service: String? = nil) {
        let list = { (name: String) in
            (labels["com.docker.compose.project" + name] ?? "").split(separator: ",").map(String.init)
        }
        let files = list(".config_files")
        guard let folder = labels["com.docker.compose.project.working_dir"], !files.isEmpty else { return nil }
        self.init(
            folder: folder, files: files, projectDirectory: folder, projectName: labels["com.docker.compose.project"],
            profiles: profiles, envFiles: list(".environment_file"), service: service)
    }
}
