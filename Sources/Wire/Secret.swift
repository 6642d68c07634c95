/// A password, key or token. Whatever prints it prints dots, and it cannot be encoded.
package struct Secret: Equatable, Sendable {
    private let value: String

    package init(_ value: String) {
        self.value = value
    }

    /// The value itself, for the one place that hands it to the other side.
    package func reveal() -> String {
        value
    }

    /// Lends the value for the time of a call, so that it gets no name of its own.
    package func withValue<Result, Failure: Error>(
        _ body: (String) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(value)
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always the same dots, so that not even the length is told.
    package var description: String { "••••••" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}
