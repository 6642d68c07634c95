import ArgumentParser
import Yams

@main struct OWUIUpgrade: ParsableCommand {
    func run() throws {
        print(try Yams.load(yaml: "a: 1") as Any)
    }
}
