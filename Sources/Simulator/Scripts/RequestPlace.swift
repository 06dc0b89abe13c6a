import Formats

/// A place in a request: `$.messages[0].content`, `tools[*].function.name`.
struct RequestPlace: Sendable {
  private enum Step: Sendable { case member(String), item(Int), all }
  private var steps: [Step] = []

  init(_ text: String) throws(Problem) {
    for part in text.split(separator: ".") where part != "$" {
      var rest = part
      if let bracket = part.firstIndex(of: "[") {
        rest = part[..<bracket]
        if !rest.isEmpty, rest != "$" { steps.append(.member(String(rest))) }
        for index in part[bracket...].split(whereSeparator: { $0 == "[" || $0 == "]" }) {
          if index == "*" {
            steps.append(.all)
          } else if let number = Int(index) {
            steps.append(.item(number))
          } else {
            throw Problem("cannot read the path \"\(text)\"", mend: "write it as $.messages[0].content")
          }
        }
      } else {
        steps.append(.member(String(rest)))
      }
    }
  }

  func values(in root: JSON) -> [JSON] {
    var found = [root]
    for step in steps {
      found = found.flatMap { value -> [JSON] in
        switch step {
        case .member(let name): value[name].map { [$0] } ?? []
        case .item(let number): value[number].map { [$0] } ?? []
        case .all: value.array ?? value.object.map { Array($0.values) } ?? []
        }
      }
    }
    return found
  }
}
