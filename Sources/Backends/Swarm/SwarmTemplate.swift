extension EngineValue {
    /// Of a task's template, what it is in short but for what this tool itself writes there: 32 hexadecimal digits.
    var templateMark: String {
        var rest = self
        rest["ForceUpdate"] = .null
        // Services say it, and tasks do not.
        rest["Runtime"] = .null
        rest["ContainerSpec"]["Image"] = .null
        let lines = self["ContainerSpec"]["Env"].list.filter { line in
            !EngineService.ownVariables.contains { line.text?.hasPrefix("\($0)=") ?? false }
        }
        rest["ContainerSpec"]["Env"] = lines.isEmpty ? .null : .list(lines)
        var hash = FileHash()
        hash.add(value: rest)
        return hash.text
    }
}

extension FileHash {
    /// A value, whatever the order of its members. What holds nothing is the same as nothing.
    fileprivate mutating func add(value: EngineValue) {
        switch value {
        case .null: add(name: "null", text: "")
        case .flag(let flag): add(name: "flag", text: "\(flag)")
        case .integer(let integer): add(name: "integer", text: "\(integer)")
        case .number(let number): add(name: "number", text: "\(number)")
        case .text(let text): add(name: "text", text: text)
        case .list(let list):
            add(name: "list", text: "\(list.count)")
            for item in list { add(value: item) }
        case .object(let object):
            let members = object.filter { !$0.value.holdsNothing }.sorted { $0.key < $1.key }
            add(name: "object", text: "\(members.count)")
            for (name, member) in members {
                add(name: "member", text: name)
                add(value: member)
            }
        }
    }
}

extension EngineValue {
    /// Whether an engine may leave it out as well.
    fileprivate var holdsNothing: Bool {
        switch self {
        case .null, .flag(false), .integer(0), .number(0), .text(""): true
        case .list(let list): list.isEmpty
        case .object(let object): object.values.allSatisfy(\.holdsNothing)
        default: false
        }
    }
}
