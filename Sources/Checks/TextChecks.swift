import Formats

/// Checks of the output as text.
enum TextChecks {
  static let all: [String: PureCheck] = [
    "equals": equals,
    "contains": { contains($0, $1, fold: false) },
    "icontains": { contains($0, $1, fold: true) },
    "contains-any": { containsAny($0, $1, fold: false) },
    "icontains-any": { containsAny($0, $1, fold: true) },
    "contains-all": { containsAll($0, $1, fold: false) },
    "icontains-all": { containsAll($0, $1, fold: true) },
    "starts-with": { edge($0, $1, "start") { $0.starts(with: $1) } },
    "ends-with": { edge($0, $1, "end") { $0.reversed().starts(with: $1.reversed()) } },
    "regex": regex,
    "word-count": { count($0, $1.text.split(whereSeparator: \.isWhitespace).count, "word") },
    "character-count": { count($0, $1.text.count, "character") },
    "levenshtein": levenshtein,
    "set-equal": setEqual,
    "number-close": numberClose,
  ]

  private static func equals(_ check: CheckSpecView, _ input: CheckInput) -> Finding {
    guard let value = check.value else { return .undecided("\"equals\" needs a value") }
    switch value {
    case .array, .object:
      let found = input.output.isContainer ? input.output : try? JSON(parsing: input.text)
      guard let found else {
        return .holds(false, "the output is not JSON, so it does not equal \(excerpt(value.text))")
      }
      let same = found == value
      return .holds(same, "the output \(same ? "equals" : "does not equal") \(excerpt(value.text))")
    case .string, .number, .bool, .null:
      let wanted = scalarText(value) ?? "null"
      let same = Array(wanted.utf8) == Array(input.text.utf8)
      let shown = excerpt(input.text)
      return .holds(
        same, "the output \(quoted(shown)) \(same ? "equals" : "does not equal") \(quoted(excerpt(wanted)))")
    }
  }

  private static func contains(_ check: CheckSpecView, _ input: CheckInput, fold: Bool) -> Finding {
    guard let wanted = check.text, !wanted.isEmpty, check.value?.bool == nil else {
      return .undecided("\"\(check.type)\" needs a string or a number")
    }
    let found = has(input.text, wanted, fold: fold)
    return .holds(found, "the output \(found ? "contains" : "does not contain") \(quoted(excerpt(wanted)))")
  }

  private static func containsAny(_ check: CheckSpecView, _ input: CheckInput, fold: Bool) -> Finding {
    guard let wanted = check.list, !wanted.isEmpty else {
      return .undecided("\"\(check.type)\" needs a list or a string")
    }
    let text = Haystack(input.text, fold: fold)
    if let found = wanted.first(where: { text.contains($0) }) {
      return .holds(true, "the output contains \(quoted(excerpt(found)))")
    }
    return .holds(false, "the output contains none of \(quoted(excerpt(wanted.joined(separator: ", "))))")
  }

  private static func containsAll(_ check: CheckSpecView, _ input: CheckInput, fold: Bool) -> Finding {
    guard let wanted = check.list, !wanted.isEmpty else {
      return .undecided("\"\(check.type)\" needs a list or a string")
    }
    let text = Haystack(input.text, fold: fold)
    let missing = wanted.filter { !text.contains($0) }
    if missing.isEmpty {
      return .holds(true, "the output contains all of [\(excerpt(wanted.joined(separator: ", ")))]")
    }
    return .holds(
      false,
      "the output does not contain all of [\(excerpt(wanted.joined(separator: ", ")))]; missing: "
        + "[\(excerpt(missing.joined(separator: ", ")))]")
  }

  private static func edge(
    _ check: CheckSpecView, _ input: CheckInput, _ name: String, _ matches: ([UInt8], [UInt8]) -> Bool
  ) -> Finding {
    guard let wanted = check.text, !wanted.isEmpty else {
      return .undecided("\"\(check.type)\" needs a string")
    }
    let found = matches(Array(input.text.utf8), Array(wanted.utf8))
    return .holds(
      found, "the output \(found ? "\(name)s" : "does not \(name)") with \(quoted(excerpt(wanted)))")
  }

  private static func regex(_ check: CheckSpecView, _ input: CheckInput) -> Finding {
    guard let source = check.value?.string, !source.isEmpty else {
      return .undecided("\"regex\" needs a pattern")
    }
    do {
      let found = try Pattern(source, flags: check.option("flags")?.string ?? "").matches(in: input.text)
      return .holds(found, "the output \(found ? "matches" : "does not match") /\(excerpt(source))/")
    } catch {
      return .undecided("/\(excerpt(source))/: \(error)")
    }
  }

  private static func count(_ check: CheckSpecView, _ n: Int, _ what: String) -> Finding {
    guard let value = check.value, !value.isNull else { return .undecided("\"\(check.type)\" needs a value") }
    let found = "the output has \(n) \(what)\(n == 1 ? "" : "s")"
    if case .object(let range) = value {
      let least = range["min"]?.double
      let most = range["max"]?.double
      guard least != nil || most != nil else {
        return .undecided("\"\(check.type)\" needs a number, or an object with min or max")
      }
      if let least, let most, least > most {
        return .undecided("\"\(check.type)\": min \(shown(least)) is more than max \(shown(most))")
      }
      let holds = Double(n) >= least ?? 0 && Double(n) <= most ?? .infinity
      let wanted = [least.map { "at least \(shown($0))" }, most.map { "at most \(shown($0))" }]
      return .holds(holds, "\(found); wanted: \(wanted.compactMap { $0 }.joined(separator: ", "))")
    }
    guard let exact = value.double ?? value.string.flatMap({ Double($0.trimmed) }), exact.isFinite else {
      return .undecided("\"\(check.type)\" needs a number, or an object with min or max")
    }
    return .holds(Double(n) == exact, "\(found); wanted: \(shown(exact))")
  }

  private static func levenshtein(_ check: CheckSpecView, _ input: CheckInput) -> Finding {
    guard let wanted = check.value?.string else { return .undecided("\"levenshtein\" needs a string") }
    let most = check.threshold ?? 5
    guard input.text.utf16.count <= 200_000, wanted.utf16.count <= 200_000 else {
      return .undecided("the texts are too long for a Levenshtein distance")
    }
    let limit = most.isFinite && most >= 0 ? Int(min(most, 1e9)) : 0
    let distance = editDistance(Array(input.text.utf16), Array(wanted.utf16), limit: limit)
    let known = distance.map(String.init) ?? "more than \(limit)"
    return .holds(
      distance.map { Double($0) <= most } ?? false,
      "the Levenshtein distance is \(known); at most \(shown(most))")
  }

  /// The same members in any order: lists, or texts split at commas or lines.
  private static func setEqual(_ check: CheckSpecView, _ input: CheckInput) -> Finding {
    guard let wanted = check.list else { return .undecided("\"set-equal\" needs a list or a string") }
    let parsed = input.output.array ?? (try? JSON(parsing: input.text))?.array
    let found: [String] =
      parsed?.map { scalarText($0) ?? $0.text }
      ?? input.text.split(whereSeparator: { $0 == "," || $0.isNewline }).map { String($0).trimmed }
    let (want, have) = (Set(wanted), Set(found.filter { !$0.isEmpty }))
    let missing = want.subtracting(have).sorted()
    let extra = have.subtracting(want).sorted()
    let score =
      want.isEmpty && have.isEmpty
      ? 1 : Double(want.intersection(have).count) / Double(want.union(have).count)
    if missing.isEmpty, extra.isEmpty {
      return .decided(holds: true, score: 1, because: "the sets are equal")
    }
    let facts = [
      missing.isEmpty ? nil : "missing: \(excerpt(missing.joined(separator: ", ")))",
      extra.isEmpty ? nil : "extra: \(excerpt(extra.joined(separator: ", ")))",
    ]
    return .decided(
      holds: false, score: score,
      because: "the sets differ; " + facts.compactMap { $0 }.joined(separator: "; "))
  }

  /// The last number in the output, against a value with a tolerance (`threshold`, or `relative`).
  private static func numberClose(_ check: CheckSpecView, _ input: CheckInput) -> Finding {
    guard let wanted = check.value?.double ?? check.value?.string.flatMap({ Double($0.trimmed) }) else {
      return .undecided("\"number-close\" needs a number")
    }
    let relative = check.option("relative")?.double
    guard let found = input.output.double ?? lastNumber(in: input.text) else {
      return .holds(false, "the output has no number; wanted \(shown(wanted))")
    }
    let slack = relative.map { abs($0 * wanted) } ?? check.threshold ?? 1e-9
    let off = abs(found - wanted)
    return .holds(
      off <= slack * (1 + 1e-12),
      "\(shown(found)) is \(shown(off)) off \(shown(wanted)); at most \(shown(slack))")
  }
}

/// The last number written in a text; thousands separated by commas are read as one.
func lastNumber(in text: String) -> Double? {
  var last: Double?
  var digits = ""
  var previous: Character = " "
  func finish() {
    while digits.last == "." || digits.last == "," || digits.last == "e" || digits.last == "E" {
      digits.removeLast()
    }
    if let number = Double(digits.filter { $0 != "," }) { last = number }
    digits = ""
  }
  for character in text {
    let isDigit = character.isASCII && character.isNumber
    if isDigit {
      if digits.isEmpty, previous == "-" { digits = "-" }
      digits.append(character)
    } else if !digits.isEmpty, ".,".contains(character) {
      digits.append(character)
    } else if !digits.isEmpty {
      finish()
    }
    previous = character
  }
  if !digits.isEmpty { finish() }
  return last
}

/// A text that is searched many times, folded once.
struct Haystack {
  private let bytes: [UInt8]
  private let fold: Bool

  init(_ text: String, fold: Bool) {
    self.fold = fold
    bytes = Array((fold ? text.lowercased() : text).utf8)
  }

  func contains(_ needle: String) -> Bool {
    find(Array((fold ? needle.lowercased() : needle).utf8), in: bytes)
  }
}

private func has(_ text: String, _ needle: String, fold: Bool) -> Bool {
  Haystack(text, fold: fold).contains(needle)
}

/// Bytes in bytes, by the first byte and then the rest.
private func find(_ needle: [UInt8], in text: [UInt8]) -> Bool {
  guard let first = needle.first else { return true }
  guard needle.count <= text.count else { return false }
  return text.withUnsafeBufferPointer { text in
    needle.withUnsafeBufferPointer { needle in
      var i = 0
      let last = text.count - needle.count
      while i <= last {
        if text[i] == first {
          var j = 1
          while j < needle.count, text[i + j] == needle[j] { j += 1 }
          if j == needle.count { return true }
        }
        i += 1
      }
      return false
    }
  }
}

/// Levenshtein's distance in UTF-16 units, as JavaScript counts; nil when it is above the limit (banded).
func editDistance(_ a: [UInt16], _ b: [UInt16], limit: Int) -> Int? {
  if abs(a.count - b.count) > limit { return nil }
  var (start, endA, endB) = (0, a.count, b.count)
  while start < endA, start < endB, a[start] == b[start] { start += 1 }
  while endA > start, endB > start, a[endA - 1] == b[endB - 1] {
    endA -= 1
    endB -= 1
  }
  let (x, y) = (a[start..<endA], b[start..<endB])
  if x.isEmpty || y.isEmpty { return max(x.count, y.count) <= limit ? max(x.count, y.count) : nil }
  let far = limit + 1
  var last = (0...y.count).map { min($0, far) }
  for (i, unit) in x.enumerated() {
    let (low, high) = (max(1, i + 1 - limit), min(y.count, i + 1 + limit))
    if low > high { return nil }
    var row = [Int](repeating: far, count: y.count + 1)
    row[0] = min(i + 1, far)
    for j in low...high {
      let cost = last[j - 1] + (unit == y[y.startIndex + j - 1] ? 0 : 1)
      row[j] = min(far, cost, last[j] + 1, row[j - 1] + 1)
    }
    last = row
  }
  return last[y.count] <= limit ? last[y.count] : nil
}

func quoted(_ text: String) -> String { "\"\(text)\"" }
func shown(_ number: Double) -> String { NumberText.javaScript(number) }

/// At most so many characters of a text, for reasons.
func excerpt(_ text: String, _ most: Int = 200) -> String {
  guard text.utf8.count > most, text.count > most else { return text }
  return text.prefix(most) + "…"
}

extension JSON {
  var isContainer: Bool {
    switch self {
    case .array, .object: true
    case .null, .bool, .number, .string: false
    }
  }
}
