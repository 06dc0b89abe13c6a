import Formats

/// A call that can't be understood: one line for the person, exit code 2.
public struct UsageError: Error, Sendable {
  public var message: String
  public var mend: String?
  public init(_ message: String, mend: String? = nil) {
    self.message = message
    self.mend = mend
  }
}

/// The words of a call, sorted by what the command declares.
public struct Arguments: Sendable {
  public private(set) var command: Command
  /// Names from the program down: `["ledger", "merge"]`.
  public private(set) var path: [String]
  public private(set) var words: [String] = []
  private var given: [String: [String]] = [:]
  private var order: [String] = []

  /// Sorts `tokens` (without the program's name) by `root` and its subcommands.
  ///
  /// `--help` and `-h` anywhere before `--` win over any mistake.
  public init(_ tokens: [String], for root: Command) throws(UsageError) {
    command = root
    path = []
    var rest = tokens[...]
    while let token = rest.first, !token.hasPrefix("-"), !command.subcommands.isEmpty {
      guard let next = command.subcommands.first(where: { $0.name == token }) else {
        throw Self.unknown(token, in: command, path: path)
      }
      command = next
      path.append(next.name)
      rest = rest.dropFirst()
    }
    if rest.prefix(while: { $0 != "--" }).contains(where: { $0 == "--help" || $0 == "-h" }) {
      given["help"] = [""]
      return
    }
    try sort(rest)
  }

  public func has(_ option: String) -> Bool { given[option] != nil }
  public func value(_ option: String) -> String? { given[option]?.last }
  public func values(_ option: String) -> [String] { given[option] ?? [] }

  /// The greatest whole number that an option takes unless it says otherwise: as the keys of suites, since such
  /// numbers are multiplied.
  public static let greatest = 1_000_000_000_000

  public func integer(
    _ option: String, atLeast least: Int = .min, atMost most: Int = greatest
  ) throws(UsageError) -> Int? {
    guard let text = value(option) else { return nil }
    let isTooLong = Int(text) == nil && !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    guard let number = isTooLong ? .max : Int(text), number >= least else {
      let wanted = least == .min ? "a whole number" : "a whole number, at least \(least)"
      throw UsageError("--\(option) takes \(wanted), not \"\(text)\"")
    }
    guard number <= most, !isTooLong else {
      throw UsageError("--\(option) takes a whole number, at most \(most), not \"\(text)\"")
    }
    return number
  }

  public func number(
    _ option: String, above least: Double = -.infinity, atMost most: Double = .infinity
  ) throws(UsageError) -> Double? {
    guard let text = value(option) else { return nil }
    guard let number = Double(text), number.isFinite, number > least, number <= most else {
      var wanted = "a number"
      if least.isFinite { wanted += " above \(NumberText.javaScript(least))" }
      if most.isFinite { wanted += "\(least.isFinite ? "," : "") at most \(NumberText.javaScript(most))" }
      throw UsageError("--\(option) takes \(wanted), not \"\(text)\"")
    }
    return number
  }

  private mutating func sort(_ tokens: ArraySlice<String>) throws(UsageError) {
    var rest = tokens
    var onlyWords = false
    while let token = rest.popFirst() {
      if onlyWords || token == "-" || !token.hasPrefix("-") || Self.isNegative(token) {
        words.append(token)
      } else if token == "--" {
        onlyWords = true
      } else if token.hasPrefix("--") {
        try takeLong(token, &rest)
      } else {
        try takeShort(token, &rest)
      }
    }
    try checkWords()
  }

  /// `-1` and `-0.5` are values: no option begins with a digit.
  private static func isNegative(_ token: String) -> Bool {
    guard let first = token.dropFirst().first, first == "." || first.isNumber else { return false }
    return Double(token) != nil
  }

  private mutating func takeLong(_ token: String, _ rest: inout ArraySlice<String>) throws(UsageError) {
    let parts = token.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    guard let option = command.options.first(where: { $0.long == name }) else {
      let near = nearest(to: name, in: command.options.map(\.long) + ["help"])
      throw UsageError(
        "unknown option --\(name)" + (near.map { "; did you mean --\($0)?" } ?? ""),
        mend: "see: \(callName) --help")
    }
    try take(option, attached: parts.count == 2 ? String(parts[1]) : nil, as: "--\(name)", &rest)
  }

  private mutating func takeShort(_ token: String, _ rest: inout ArraySlice<String>) throws(UsageError) {
    var letters = token.dropFirst()
    while let letter = letters.popFirst() {
      guard let option = command.options.first(where: { $0.short == letter }) else {
        throw UsageError("unknown option -\(letter)", mend: "see: \(callName) --help")
      }
      if case .flag = option.kind {
        note(option, "")
        continue
      }
      let attached = letters.isEmpty ? nil : String(letters.first == "=" ? letters.dropFirst() : letters)
      try take(option, attached: attached, as: "-\(letter)", &rest)
      return
    }
  }

  private mutating func take(
    _ option: Option, attached: String?, as spelling: String, _ rest: inout ArraySlice<String>
  ) throws(UsageError) {
    guard let placeholder = option.placeholder else {
      if attached != nil { throw UsageError("\(spelling) takes no value") }
      return note(option, "")
    }
    guard let value = attached ?? rest.popFirst() else {
      throw UsageError("\(spelling) needs a value: \(spelling) \(placeholder)")
    }
    if !option.choices.isEmpty, !option.choices.contains(value) {
      let near = nearest(to: value, in: option.choices)
      throw UsageError(
        "\(spelling) can't be \"\(value)\"" + (near.map { "; did you mean \"\($0)\"?" } ?? ""),
        mend: "one of: " + option.choices.joined(separator: ", "))
    }
    note(option, value)
  }

  private mutating func note(_ option: Option, _ value: String) {
    given[option.long, default: []].append(value)
  }

  private func checkWords() throws(UsageError) {
    let needed = command.arguments.filter { !$0.isOptional }
    if words.count < needed.count {
      throw UsageError(
        "\(callName) needs \(needed[words.count].name)", mend: "see: \(callName) --help")
    }
    if words.count > command.arguments.count, command.arguments.last?.repeats != true {
      let extra = words[command.arguments.count]
      throw UsageError("\(callName) does not take \"\(extra)\"", mend: "see: \(callName) --help")
    }
  }

  private var callName: String { (["assay"] + path).joined(separator: " ") }

  private static func unknown(_ token: String, in command: Command, path: [String]) -> UsageError {
    let call = (["assay"] + path).joined(separator: " ")
    let near = nearest(to: token, in: command.subcommands.map(\.name))
    return UsageError(
      "unknown command \"\(token)\"" + (near.map { "; did you mean \"\(call) \($0)\"?" } ?? ""),
      mend: "see: \(call) --help")
  }
}
