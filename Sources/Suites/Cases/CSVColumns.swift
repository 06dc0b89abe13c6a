import Formats

/// What each column of a table of cases is for: read once from the header.
struct CSVColumns {
  enum Role: Sendable, Hashable {
    case variable(String)
    /// Place among the expected columns, from 0.
    case expected(Int)
    case prefix, suffix, description, providerOutput, metric, threshold
    case metadata(String)
    case metadataList(String)
    /// `__config:__expected2:threshold`
    case configThreshold(of: Int)
    case ignored
  }

  private(set) var roles: [Role] = []
  /// So many fields a row must have: all but those at the end that nobody reads.
  var needed: Int { (roles.lastIndex { if case .ignored = $0 { false } else { true } } ?? -1) + 1 }
  /// There is nothing but variables.
  private(set) var isPlain = true
  private(set) var names: [String] = []
  private var expectedCount = 0

  init(_ header: [String], at location: SourceLocation, findings: Findings) {
    names = header.map(\.trimmed)
    for (place, name) in names.enumerated() {
      var place = location.advanced(by: place, in: names)
      place.column += 1
      if !name.isEmpty, names.filter({ $0 == name }).count > 1, names.firstIndex(of: name) == roles.count {
        findings.error("the column \"\(name)\" is here twice", at: place, mend: "rename one of the two")
      }
      let role = role(of: name, at: place, findings)
      if case .variable = role {} else { isPlain = false }
      roles.append(role)
    }
  }

  private mutating func role(of name: String, at location: SourceLocation, _ findings: Findings) -> Role {
    guard name.hasPrefix("__") else {
      if name.hasPrefix("_"), CSVColumns.special.contains("_" + name) || name.hasPrefix("_expected") {
        findings.warn(
          "the column \"\(name)\" is taken as a variable; did you mean \"_\(name)\"?", at: location)
      }
      if name.isEmpty { return .ignored }
      return .variable(name)
    }
    switch name {
    case "__prefix": return .prefix
    case "__suffix": return .suffix
    case "__description": return .description
    case "__providerOutput": return .providerOutput
    case "__metric": return .metric
    case "__threshold": return .threshold
    case "__metadata":
      findings.warn(
        "the column \"__metadata\" names no key and is left out", at: location,
        mend: "for example: __metadata:topic")
      return .ignored
    default: break
    }
    if name.hasPrefix("__expected") {
      expectedCount += 1
      return .expected(expectedCount - 1)
    }
    if name.hasPrefix("__metadata:") {
      let key = String(name.dropFirst(11))
      return key.hasSuffix("[]") ? .metadataList(String(key.dropLast(2))) : .metadata(key)
    }
    if name.hasPrefix("__config:") { return configRole(name, at: location, findings) }
    let meant = nearest(to: name, in: CSVColumns.special)
    findings.warn(
      "the column \"\(name)\" is taken as a variable" + (meant.map { "; did you mean \"\($0)\"?" } ?? ""),
      at: location,
      mend: meant == nil ? "special columns: \(CSVColumns.special.joined(separator: ", "))" : nil)
    return .variable(name)
  }

  private func configRole(_ name: String, at location: SourceLocation, _ findings: Findings) -> Role {
    let parts = name.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 3 else {
      findings.warn(
        "the column \"\(name)\" is left out", at: location, mend: "write __config:__expected1:threshold")
      return .ignored
    }
    let number = parts[1] == "__expected" ? 1 : Int(parts[1].dropFirst("__expected".count))
    guard parts[1].hasPrefix("__expected"), let number, number >= 1 else {
      findings.error(
        "invalid expected key \"\(parts[1])\" in a __config column", at: location,
        mend: "write __config:__expected1:threshold")
      return .ignored
    }
    guard parts[2] == "threshold" else {
      findings.error(
        "invalid config key \"\(parts[2])\" in a __config column", at: location,
        mend: "only \"threshold\" can be set so")
      return .ignored
    }
    return .configThreshold(of: number - 1)
  }

  private static let special = [
    "__expected", "__prefix", "__suffix", "__description", "__providerOutput", "__metric", "__threshold",
    "__metadata", "__config",
  ]
}

extension SourceLocation {
  /// The column at which a field of a plain header begins.
  fileprivate func advanced(by place: Int, in names: [String]) -> SourceLocation {
    var copy = self
    copy.column += names.prefix(place).reduce(0) { $0 + $1.count + 1 } - 1
    return copy
  }
}

/// Turns rows of a table into cases.
struct CSVRowReader {
  let columns: CSVColumns
  /// Thresholds as promptfoo assumes them, also where they make no sense.
  var keepsAssumedThresholds = false

  func read(_ fields: [String], at location: SourceLocation, number: Int, _ findings: Findings) -> CaseDraft {
    var draft = CaseDraft(at: location)
    draft.isFromDataFile = true
    if fields.count > columns.roles.count || fields.count < columns.needed {
      findings.error(
        "the row has \(fields.count) fields, and the header \(columns.roles.count)", at: location,
        mend: fields.count > columns.roles.count
          ? "put fields that hold commas in double quotes" : "write the commas of empty fields, too")
    }
    var metric: String?
    var thresholds: [Int: Double] = [:]
    var readings: [Int: ExpectedGrammar.Reading] = [:]
    for (role, field) in zip(columns.roles, fields) {
      switch role {
      case .variable(let name): draft.own.variables[name] = .string(field)
      case .ignored: continue
      case _ where field.isEmpty: continue
      case .expected(let place): readings[place] = ExpectedGrammar.read(field)
      case .prefix: draft.options["prefix"] = .string(field)
      case .suffix: draft.options["suffix"] = .string(field)
      case .description: draft.own.description = field
      case .providerOutput: draft.own.givenOutput = .string(field)
      case .metric: metric = field
      case .threshold: draft.own.threshold = self.number(field, "__threshold", at: location, findings)
      case .metadata(let key): draft.own.metadata[key] = .string(field)
      case .metadataList(let key): draft.own.metadata[key] = .array(CSVRowReader.list(field).map(JSON.string))
      case .configThreshold(let place):
        guard let value = self.number(field, "__config", at: location, findings) else { continue }
        thresholds[place] = value
        draft.own.metadata["threshold"] = JSON(value)
      }
    }
    for place in readings.keys.sorted() {
      guard let reading = readings[place] else { continue }
      draft.own.checks += check(reading, metric, thresholds[place], at: location, findings)
    }
    if draft.own.description == nil { draft.own.description = "Row #\(number)" }
    return draft
  }

  private func check(
    _ reading: ExpectedGrammar.Reading, _ metric: String?, _ threshold: Double?, at location: SourceLocation,
    _ findings: Findings
  ) -> [CheckSpec] {
    var check = reading.check
    check.metric = metric
    check.location = location
    if let resembles = reading.resembles {
      findings.warn(
        "the cell is taken as text to be equalled, though it resembles the check \"\(resembles)\"",
        at: location,
        mend: "write \(resembles):... or equals:...")
    }
    if let threshold {
      check.threshold = threshold
    } else if reading.hasAssumedThreshold, !keepsAssumedThresholds {
      switch check.type {
      case "latency", "cost":
        findings.error(
          "\"\(check.name)\" needs a threshold: \(check.type == "cost" ? "USD" : "milliseconds")",
          at: location,
          mend: "for example: \(check.type == "cost" ? "cost(0.01)" : "latency(2000)")")
        return []
      case "levenshtein": check.threshold = nil
      default: break
      }
    }
    if let type = CheckTypes.named(check.type), case .required(let what) = type.value, check.value == nil {
      findings.error(
        "\"\(check.name)\" needs a value: \(what)", at: location, mend: "for example: \(check.type):...")
      return []
    }
    return [check]
  }

  private func number(_ field: String, _ column: String, at location: SourceLocation, _ findings: Findings)
    -> Double?
  {
    guard let value = Double(field.trimmed) else {
      findings.error("\"\(column)\" must be a number, not \"\(field)\"", at: location)
      return nil
    }
    return value
  }

  /// Split at commas that no backslash precedes.
  static func list(_ field: String) -> [String] {
    var parts = [""]
    var isEscaped = false
    for character in field {
      if isEscaped {
        parts[parts.count - 1] += character == "," ? "," : "\\\(character)"
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else if character == "," {
        parts.append("")
      } else {
        parts[parts.count - 1].append(character)
      }
    }
    if isEscaped { parts[parts.count - 1] += "\\" }
    return parts.map(\.trimmed)
  }
}
