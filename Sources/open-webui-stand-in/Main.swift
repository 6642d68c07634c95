import CPostgres

@main struct StandIn {
    static func main() { print(PQlibVersion()) }
}
