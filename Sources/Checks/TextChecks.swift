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
    "starts-with": { edge($0, $1, "start") { $0.utf8.starts(with: $1.utf8) } },
    "ends-with": {
      edge($0, $1, "end") {
        $0.utf8.count >= $1.utf8.count && $0.utf8.suffix($1.utf8.count).elementsEqual($1.utf8)
      }
    },
    "regex": regex,
    "word-count": { count($0, wordCount($1.text), "word") },
    "character-count": { count($0, $1.text.count, "character") },
    "levenshtein": levenshtein,
    "set-equal": setEqual,
    "number-close": CloseChecks.number,
    "date-close": CloseChecks.date,
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
    let found = Haystack(input.text, fold: fold).contains(wanted)
    return .holds(found, "the output \(found ? "contains" : "does not contain") \(quoted(excerpt(wanted)))")
  }

  private static func containsAny(_ check: CheckSpecView, _ input: CheckInput, fold: Bool) -> Finding {
    guard let wanted = check.list, !wanted.isEmpty else {
      return .undecided("\"\(check.type)\" needs a list or a string")
    }
    let text = Haystack(input.text, fold: fold)
    if let found = wanted.first(where: { !$0.isEmpty && text.contains($0) }) {
      return .holds(true, "the output contains \(quoted(excerpt(found)))")
    }
    guard !wanted.contains("") else { return hasEmptyItem(check) }
    return .holds(false, "the output contains none of \(quoted(excerpt(wanted.joined(separator: ", "))))")
  }

  private static func containsAll(_ check: CheckSpecView, _ input: CheckInput, fold: Bool) -> Finding {
    guard let wanted = check.list, !wanted.isEmpty else {
      return .undecided("\"\(check.type)\" needs a list or a string")
    }
    guard !wanted.contains("") else { return hasEmptyItem(check) }
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

  /// Every output contains an empty text: it is what a template made of nothing, not what was meant.
  private static func hasEmptyItem(_ check: CheckSpecView) -> Finding {
    .undecided("the list of \"\(check.type)\" has an empty item, which every output contains")
  }

  private static func edge(
    _ check: CheckSpecView, _ input: CheckInput, _ name: String, _ matches: (String, String) -> Bool
  ) -> Finding {
    guard let wanted = check.text, !wanted.isEmpty else {
      return .undecided("\"\(check.type)\" needs a string")
    }
    let found = matches(input.text, wanted)
    return .holds(
      found, "the output \(found ? "\(name)s" : "does not \(name)") with \(quoted(excerpt(wanted)))")
  }

  private static func regex(_ check: CheckSpecView, _ input: CheckInput) -> Finding {
    guard let source = check.value?.string, !source.isEmpty else {
      return .undecided("\"regex\" needs a pattern")
    }
    do {
      let found = try Compiled.pattern(source, flags: check.option("flags")?.string ?? "").matches(
        in: input.text)
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
    guard most.isFinite, most >= 0 else {
      return .undecided("\"levenshtein\" needs a threshold of 0 or more")
    }
    let (text, reference) = (Array(input.text.utf16), Array(wanted.utf16))
    let limit = Int(min(most, 1e9))
    // Only the diagonals within the limit are computed: what it takes is known beforehand.
    guard
      abs(text.count - reference.count) > limit
        || min(text.count, reference.count) * min(2 * limit + 1, max(text.count, reference.count))
          <= 100_000_000
    else {
      return .undecided("the texts are too long for a Levenshtein distance of up to \(limit)")
    }
    let distance = editDistance(text, reference, limit: limit)
    let known = distance.map(String.init) ?? "more than \(limit)"
    return .holds(
      distance.map { Double($0) <= most } ?? false,
      "the Levenshtein distance is \(known); at most \(shown(most))")
  }

  /// The same members in any order: lists, or texts split at commas or lines.
  private static func setEqual(_ check: CheckSpecView, _ input: CheckInput) -> Finding {
    guard let wanted = check.list else { return .undecided("\"set-equal\" needs a list or a string") }
    guard input.text.utf8.count <= 1 << 20 else {
      return .undecided("the output is longer than 1 MiB, which is too long for \"set-equal\"")
    }
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
}

func quoted(_ text: String) -> String { "\"\(text)\"" }
func shown(_ number: Double) -> String { NumberText.javaScript(number) }

/// At most so many characters of a text, for reasons; of characters made of many marks, fewer.
func excerpt(_ text: String, _ most: Int = 200) -> String {
  guard text.utf8.count > most else { return text }
  let scalars = text.unicodeScalars.prefix(most * 8)
  let start = String(scalars)
  if start.count <= most, scalars.endIndex == text.endIndex { return text }
  return start.prefix(most) + "…"
}

extension JSON {
  var isContainer: Bool {
    switch self {
    case .array, .object: true
    case .null, .bool, .number, .string: false
    }
  }
}
