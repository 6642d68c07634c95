import Glibc
import Testing

@testable import open_webui_stand_in

/// Settings of the database that mean one thing to the version that runs and another to the target.
@Suite(.onStage) struct `A database setting` {
    @Test func `that would lead the target to an empty schema is refused, and what to do about it works`() throws {
        let scene = try Scene()
        try scene.writeGroup(settings: ["DATABASE_SCHEMA": "owui"])
        try scene.up("0.6.43")
        let living = scene.instances()
        let planned = try scene.tool(["plan", "--to", "0.12.4"])
        planned.expect(2, saying: "This upgrade would be refused.", "owui does not exist")
        try scene.session().run("CREATE SCHEMA owui")
        try scene.upgrade().expect(
            2, what: "0.12.4 would not find the tables: it works in the schema owui, and they are in public.",
            why: "owui is empty", remedy: "remove DATABASE_SCHEMA from the deployment's environment")
        #expect(scene.instances() == living)
        #expect(try scene.value("SELECT count(*) FROM pg_tables WHERE schemaname = 'owui'") == "0")
        try scene.writeGroup()
        try scene.upgrade().expect(0)
        try scene.expect("0.12.4", times: 2)
    }

    @Test func `that the version which runs would refuse when it is started again is refused`() throws {
        let scene = try Scene()
        try scene.up("0.6.43")
        let url = scene.url.replacing("postgresql://", with: "postgresql+asyncpg://")
        try scene.writeGroup(settings: ["DATABASE_URL": url])
        try scene.upgrade().expect(
            2, what: "refuses a database URL with a driver in its scheme", why: "0.6.43 runs now",
            remedy: "write it as postgresql://")
        try scene.expect("0.6.43", times: 2)
    }

    @Test func `names a password file, which others must not be able to read`() throws {
        let scene = try Scene()
        try scene.up("0.6.43")
        let file = "\(scene.folder)/pgpass"
        try Files.write("*:*:*:*:\(scene.password)\n", to: file)
        #expect(chmod(file, 0o644) == 0)
        let url = scene.url.replacing(":\(scene.password)@", with: "@")
        try scene.writeGroup(settings: ["DATABASE_URL": url, "PGPASSFILE": file])
        let planned = try scene.tool(["plan", "--to", "0.12.4"])
        planned.expect(
            2, what: "the password file \(file) is not used", why: "may be read by others",
            remedy: "chmod 600 \(file)")
        #expect(!planned.story.contains("WARNING"), "what libpq says itself is not for people:\n\(planned.story)")
        #expect(chmod(file, 0o600) == 0)
        try scene.tool(["plan", "--to", "0.12.4"]).expect(0, saying: "From 0.6.43 to 0.12.4")
    }
}
