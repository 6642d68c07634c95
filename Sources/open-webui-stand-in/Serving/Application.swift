/// What Open WebUI answers, by release and by what the database says to that release's queries.
struct Application {
    let version: Version
    let session: Session
    let tokens: Tokens
    private let queries: Queries

    init(version: Version, session: Session, key: String) {
        self.version = version
        self.session = session
        tokens = Tokens(key: key)
        queries = Queries(version: version)
    }

    func answer(_ request: Request) -> Response {
        // These two touch no database, whatever state it is in.
        if request.path != "/health" && request.path != "/api/version" { session.restore() }
        do throws(DatabaseFailure) {
            switch request.path {
            case "/health": return readiness("health") ?? .fine
            case "/health/db":
                try session.run("SELECT 1")
                return .fine
            case "/ready": return try ready()
            case "/api/version": return .json(shownVersion)
            case "/api/config": return try config()
            case "/api/v1/auths/signin" where request.method == "POST": return try signIn(request)
            default: return try request.path.hasPrefix("/api/v1/") ? resource(request) : .index
            }
        } catch {
            Log.traceback(error.description)
            return .broken
        }
    }

    /// `STAND_IN_NEVER_READY=ready|health`: the endpoint that never says yes; by default the newest that there is.
    private func readiness(_ endpoint: String) -> Response? {
        guard let order = Trouble.neverReady.value else { return nil }
        let chosen = ["ready", "health"].contains(order) ? order : version >= "0.8.11" ? "ready" : "health"
        return chosen == endpoint ? .detail("Startup not complete", status: 503) : nil
    }

    private func ready() throws(DatabaseFailure) -> Response {
        guard version >= "0.8.11" else { return .index }
        if let refusal = readiness("ready") { return refusal }
        do throws(DatabaseFailure) { try session.run("SELECT 1") } catch {
            return .detail("Database not ready", status: 503)
        }
        return .fine
    }

    private var shownVersion: String {
        let shown = Trouble.wrongVersion.value ?? "\(version)"
        return version >= "0.6.37" ? "{\"version\":\"\(shown)\",\"deployment_id\":\"\"}" : "{\"version\":\"\(shown)\"}"
    }

    private func config() throws(DatabaseFailure) -> Response {
        let someone = try session.value("SELECT id FROM \"user\" LIMIT 1") != nil
        let shown = Trouble.wrongVersion.value ?? "\(version)"
        return .json(
            """
            {\(someone ? "" : "\"onboarding\":true,")"status":true,"name":"Open WebUI","version":"\(shown)",\
            "default_locale":"","oauth":{"providers":{}},"features":{"auth":true,"enable_signup":\(!someone)}}
            """)
    }

    private func signIn(_ request: Request) throws(DatabaseFailure) -> Response {
        let wrong = "The email or password provided is incorrect. Please check for typos and try logging in again."
        let user = try session.value(queries.signIn, [request.body])
        guard let user else { return .detail(wrong, status: 400) }
        return .json("{\"id\":\"\(user)\",\"token\":\"\(tokens.token(for: user))\",\"token_type\":\"Bearer\"}")
    }

    /// Everything that wants a token.
    private func resource(_ request: Request) throws(DatabaseFailure) -> Response {
        let path = String(request.path.dropFirst(8))
        guard let query = queries.resources[path] else { return .index }
        guard let token = request.token else { return .detail("Not authenticated", status: 401) }
        guard let user = tokens.user(of: token),
            try session.value("SELECT id FROM \"user\" WHERE id = $1", [user]) != nil
        else { return .detail("401 Unauthorized", status: 401) }
        do throws(DatabaseFailure) {
            return .json(try session.value(query.sql, query.parameters(user, request.body)) ?? "null")
        } catch {
            guard let told = query.whenItFails else { throw error }
            Log.traceback(error.description)
            return told
        }
    }
}
