/// What a terminal shows of the bytes that were written to it: enough of one to see what a person sees.
struct Screen {
    private(set) var lines: [String] = [""]
    private(set) var column = 0
    private(set) var showsCursor = true
    private let columns: Int

    init(_ text: String, columns: Int) {
        self.columns = columns
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\r": column = 0
            case "\n": goDown()
            case "\u{1B}": obey(&rest)
            default: show(Character(scalar))
            }
        }
    }

    /// The line that the cursor is on.
    var last: String { lines.last ?? "" }

    /// Whether what is written next begins a line, and the cursor can be seen.
    var isInOrder: Bool { last.allSatisfy { $0 == " " } && column == 0 && showsCursor }

    private mutating func goDown() {
        lines.append("")
        // The kernel writes a carriage return before each line feed, so that the column is 0 by then.
    }

    private mutating func show(_ character: Character) {
        if column == columns {
            goDown()
            column = 0
        }
        var line = Array(last)
        while line.count <= column { line.append(" ") }
        line[column] = character
        lines[lines.count - 1] = String(line)
        column += 1
    }

    /// A control sequence: `ESC [`, parameters, one letter.
    private mutating func obey(_ rest: inout Substring.UnicodeScalarView) {
        guard rest.popFirst() == "[" else { return }
        var parameters = ""
        while let scalar = rest.popFirst() {
            guard scalar.properties.isAlphabetic else {
                parameters.unicodeScalars.append(scalar)
                continue
            }
            switch (parameters, scalar) {
            case ("2", "K"): lines[lines.count - 1] = ""
            case ("?25", "l"): showsCursor = false
            case ("?25", "h"): showsCursor = true
            default: break
            }
            return
        }
    }
}
