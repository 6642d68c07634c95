internal import Glibc

/// A password file that libpq passes over, with a warning of its own on standard error.
///
/// https://www.postgresql.org/docs/15/libpq-pgpass.html
struct PasswordFile: Equatable {
    let path: String
    /// Why libpq passes it over, in words that follow "it".
    let objection: String

    /// A place where no file is; libpq says nothing of one that is not there.
    static let nowhere = "/dev/null/none"

    /// The file that libpq would look into for these parameters; nil where it needs none, finds none, or takes it.
    init?(passedOverFor parameters: PostgresKeywords) {
        let home = getenv("HOME").map { String(cString: $0) + "/.pgpass" }
        guard parameters.password == nil, let path = parameters["passfile"] ?? home else { return nil }
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        if status.st_mode & S_IFMT != S_IFREG {
            objection = "is not a plain file"
        } else if status.st_mode & 0o077 != 0 {
            objection = "may be read by others than its owner"
        } else {
            return nil
        }
        self.path = path
    }
}
