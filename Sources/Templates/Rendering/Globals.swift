/// The functions that every template has: `range`, `cycler` and `joiner`.
enum Globals {
  static let functions: Set<String> = ["range", "cycler", "joiner"]
  static let names = functions.union(["env"])

  static func function(_ name: String) -> Function? {
    switch name {
    case "range": Function("range") { (renderer, arguments) throws(Fault) in try range(renderer, arguments) }
    case "cycler": Function("cycler") { (_, arguments) throws(Fault) in cycler(arguments.positional) }
    case "joiner": Function("joiner") { (_, arguments) throws(Fault) in joiner(arguments[0]) }
    default: nil
    }
  }

  /// `range(stop)`, `range(start, stop)`, `range(start, stop, step)`
  private static func range(_ renderer: Renderer, _ arguments: CallArguments) throws(Fault) -> Value {
    let hasStop = !arguments[1].isUndefined
    var next = hasStop ? try arguments[0].number() : 0
    let stop = try arguments[hasStop ? 1 : 0].number()
    let step = hasStop && arguments[2].isTrue ? try arguments[2].number() : 1
    var items: [Value] = []
    guard !next.isNaN, !stop.isNaN, !step.isNaN else { return .array(ArrayBox(items)) }
    while step > 0 ? next < stop : next > stop {
      try renderer.step()
      items.append(.number(next))
      next += step
    }
    return .array(ArrayBox(items))
  }

  /// Gives its items in turn, again and again: `next()`, `current`, `reset()`.
  private static func cycler(_ items: [Value]) -> Value {
    let box = ObjectBox([("current", .null)])
    var place = -1
    box["reset"] = .function(
      Function("reset") { [weak box] (_, _) throws(Fault) in
        place = -1
        box?["current"] = .null
        return .undefined
      })
    box["next"] = .function(
      Function("next") { [weak box] (_, _) throws(Fault) in
        place = place + 1 < items.count ? place + 1 : 0
        let item = items.isEmpty ? Value.undefined : items[place]
        box?["current"] = item
        return item
      })
    return .object(box)
  }

  /// Gives nothing the first time, and the separator from then on.
  private static func joiner(_ separator: Value) -> Value {
    let separator = separator.isTrue ? separator : .string(",")
    var isFirst = true
    return .function(
      Function("joiner") { (_, _) throws(Fault) in
        defer { isFirst = false }
        return isFirst ? .string("") : separator
      })
  }
}
