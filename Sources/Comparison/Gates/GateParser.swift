import Formats

extension Gate {
  /// Reads a gate. `location` is where the text begins in its file; mistakes point into it.
  public init(parsing text: String, at location: SourceLocation? = nil) throws(Problem) {
    var parser = GateParser(text: text, location: location)
    self = try parser.gate()
  }
}

/// `quantity operator limit`, where a quantity is a metric or a function of one.
private struct GateParser {
  let characters: [Character]
  let text: String
  let location: SourceLocation?
  var place = 0

  static let metrics = Metric.names
  static let functions = [
    "lower", "upper", "mean", "total", "per_1000", "max", "regression", "p50", "p90", "p95", "p99",
  ]

  init(text: String, location: SourceLocation?) {
    self.text = text
    characters = Array(text)
    self.location = location
  }

  mutating func gate() throws(Problem) -> Gate {
    let (quantity, start) = try quantity()
    let comparison = try comparison()
    let limit = try limit(for: quantity)
    skipSpaces()
    guard place == characters.count else {
      throw problem("nothing may follow the limit; found \"\(rest)\"", at: place)
    }
    let gate = Gate(
      text: text.trimmed, quantity: quantity, comparison: comparison, limit: limit)
    if gate.needsBaseline, comparison == .atLeast || comparison == .above {
      throw problem("regression(...) is how much worse it may be: use <= or <", at: start)
    }
    return gate
  }

  private mutating func quantity() throws(Problem) -> (Gate.Quantity, Int) {
    skipSpaces()
    let start = place
    let name = word()
    guard !name.isEmpty else {
      throw problem("a gate begins with what it measures", at: place, mend: "such as: pass_rate >= 0.95")
    }
    skipSpaces()
    guard place < characters.count, characters[place] == "(" else {
      if name == "fallback_rate" { return (.fallbackRate, start) }
      if name == "same_reply" { return (.sameReply, start) }
      if name == "trials" { return (.trials, start) }
      return (.figure(try metric(name, at: start)), start)
    }
    place += 1
    skipSpaces()
    let inner = place
    let argument = word()
    let metric = try metric(argument, at: inner)
    skipSpaces()
    guard place < characters.count, characters[place] == ")" else {
      throw problem("expected \")\" after \"\(argument)\"", at: place)
    }
    place += 1
    return (try function(name, metric, at: start), start)
  }

  private func function(_ name: String, _ metric: Metric, at start: Int) throws(Problem) -> Gate.Quantity {
    switch name {
    case "lower": return .lower(metric)
    case "upper": return .upper(metric)
    case "mean", "avg": return .mean(metric)
    case "total", "sum": return .total(metric)
    case "max": return .largest(metric)
    case "per_1000":
      guard metric == .cost || metric == .tokens else {
        throw problem("per_1000() is of cost or tokens", at: start)
      }
      return .perThousandCalls(metric)
    case "median": return .percentile(0.5, metric)
    case "regression": return .regression(metric)
    default: break
    }
    if name.first == "p", let percent = Double(name.dropFirst()), percent > 0, percent < 100 {
      return .percentile(percent / 100, metric)
    }
    let near = nearest(to: name, in: Self.functions)
    throw problem(
      "unknown function \"\(name)\"" + (near.map { "; did you mean \"\($0)\"?" } ?? ""), at: start,
      mend: "known: " + Self.functions.joined(separator: ", "))
  }

  private func metric(_ name: String, at start: Int) throws(Problem) -> Metric {
    if let metric = Metric(name: name) { return metric }
    let near = nearest(to: name, in: Self.metrics + ["metric.NAME"])
    throw problem(
      name.isEmpty
        ? "a metric is missing"
        : "unknown metric \"\(name)\"" + (near.map { "; did you mean \"\($0)\"?" } ?? ""),
      at: start,
      mend: "known: " + Self.metrics.joined(separator: ", ")
        + ", metric.NAME, same_reply, fallback_rate, trials")
  }

  private mutating func comparison() throws(Problem) -> Gate.Operator {
    skipSpaces()
    for op in [Gate.Operator.atLeast, .atMost, .above, .below] {
      let symbol = Array(op.rawValue)
      if characters[place...].starts(with: symbol) {
        place += symbol.count
        return op
      }
    }
    for (symbol, op) in [("≥", Gate.Operator.atLeast), ("≤", .atMost)]
    where characters[place...].first == Character(symbol) {
      place += 1
      return op
    }
    throw problem(
      "expected >=, <=, > or <" + (place < characters.count ? ", found \"\(rest)\"" : ""), at: place)
  }

  private mutating func limit(for quantity: Gate.Quantity) throws(Problem) -> Double {
    skipSpaces()
    let start = place
    let isDollars = place < characters.count && characters[place] == "$"
    if isDollars { place += 1 }
    var digits = ""
    while place < characters.count, characters[place].isNumber || ".-+".contains(characters[place]) {
      digits.append(characters[place])
      place += 1
    }
    guard let number = Double(digits) else { throw problem("expected a number", at: start) }
    skipSpaces()
    let unitStart = place
    var unit = ""
    while place < characters.count,
      characters[place].isLetter || characters[place] == "%" || characters[place] == "µ"
    {
      unit.append(characters[place])
      place += 1
    }
    return try scaled(
      number, unit, isDollars: isDollars, quantity, at: unit.isEmpty ? start : unitStart, limitStart: start)
  }

  /// A rate beyond 0 and 1 can't be reached or can't be missed: it was meant in per cent, or is a slip.
  private func checkShare(_ limit: Double, _ quantity: Gate.Quantity, at start: Int) throws(Problem) {
    let least: Double
    switch quantity {
    case .figure(let m), .mean(let m), .lower(let m), .upper(let m), .percentile(_, let m), .largest(let m):
      guard m.isShare else { return }
      least = 0
    case .regression(let m):
      guard m.isShare else { return }
      least = -1
    case .sameReply, .fallbackRate: least = 0
    case .total, .perThousandCalls, .trials: return
    }
    guard !(least...1).contains(limit) else { return }
    let written = NumberText.javaScript(limit)
    throw problem(
      "a rate lies between 0 and 1, and \(written) does not", at: start,
      mend: limit > 1 && limit <= 100 ? "write \(NumberText.javaScript(limit / 100)) or \(written) %" : nil)
  }

  private func scaled(
    _ number: Double, _ unit: String, isDollars: Bool, _ quantity: Gate.Quantity, at start: Int,
    limitStart: Int
  ) throws(Problem) -> Double {
    let metric = Gate(text: "", quantity: quantity, comparison: .atMost, limit: 0).metric
    let isTime = metric == .latency || metric == .timeToFirstToken
    let isRelative = {
      if case .regression = quantity { metric == .cost || metric == .tokens || isTime } else { false }
    }()
    switch unit {
    case "%", "pp":
      try checkShare(number / 100, quantity, at: limitStart)
      return number / 100
    case "us", "µs", "ms", "s", "m", "min":
      guard isTime, !isRelative else {
        throw problem("\"\(unit)\" is a unit of time, which this is not", at: start)
      }
      return number * (["us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "min": 60][unit] ?? 1)
    case "USD", "usd", "":
      if isTime, unit.isEmpty, !isRelative {
        throw problem(
          "a time needs its unit", at: start,
          mend: "such as \(NumberText.javaScript(number))s or \(NumberText.javaScript(number))ms")
      }
      if isDollars || !unit.isEmpty, metric != .cost {
        throw problem("only cost is measured in dollars", at: start)
      }
      try checkShare(number, quantity, at: limitStart)
      return number
    default: throw problem("unknown unit \"\(unit)\"", at: start, mend: "known: s, ms, %, pp, $")
    }
  }

  private mutating func word() -> String {
    var name = ""
    while place < characters.count,
      characters[place].isLetter || characters[place].isNumber || "_.-".contains(characters[place])
    {
      name.append(characters[place])
      place += 1
    }
    return name
  }

  private mutating func skipSpaces() {
    while place < characters.count, characters[place].isWhitespace { place += 1 }
  }

  private var rest: String { String(characters[place...]).trimmed }

  private func problem(_ message: String, at offset: Int, mend: String? = nil) -> Problem {
    let here = location.map { SourceLocation(file: $0.file, line: $0.line, column: $0.column + offset) }
    let note = location == nil ? " (in gate \"\(text)\", column \(offset + 1))" : ""
    return Problem(message + note, at: here, mend: mend)
  }
}
