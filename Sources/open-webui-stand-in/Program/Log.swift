/// The lines that Open WebUI, Alembic and uvicorn print, on the streams where they print them.
enum Log {
    static func app(_ logger: String, _ message: String) { System.write("INFO:\(logger):\(message)\n", to: 1) }

    static func alembic(_ message: String) {
        System.write("INFO  [alembic.runtime.migration] \(message)\n", to: 2)
    }

    static func uvicorn(_ message: String) { System.write("INFO:     \(message)\n", to: 2) }

    static func plain(_ message: String) { System.write("\(message)\n", to: 1) }

    static func error(_ logger: String, _ message: String) { System.write("ERROR [\(logger)] \(message)\n", to: 2) }

    /// How an error that nobody caught looks in Python.
    static func traceback(_ message: String) {
        System.write("Traceback (most recent call last):\n\(message)\n", to: 2)
    }
}
