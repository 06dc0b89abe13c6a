import Checks
import Formats
import Suites
import Templates
import Vocabulary

/// `checks [BYTES]`: every check on replies made to be slow (10 MB each), and the slowest check on each kind.
func measureChecks(_ arguments: [String]) async throws {
  let bytes = arguments.first.flatMap { Int($0) } ?? 10_000_000
  let tools = CheckTools(
    run: { _, _ in throw Problem("no scripts") },
    ask: { question in
      Call(
        purpose: question.purpose, source: .local, target: "none", provider: "", model: "", request: .null,
        result: .failure(Failure(.config, "nobody is asked")), attempts: [], total: 0, scheduledAt: 0)
    }, post: { _ in throw Problem("no network") }, read: { _ in throw Problem("no files") },
    templates: .standard)
  let checker = Checker(tools)
  for (name, text) in hostileReplies(bytes) {
    let input = CheckInput(output: .string(text))
    var worst = (nanoseconds: Int64(0), what: "")
    var outcomes: [Outcome: Int] = [:]
    for (type, value) in hostileChecks {
      var spec = CheckSpec(type: type)
      spec.value = value.isNull ? Optional.none : value
      spec.threshold = type == "levenshtein" ? 1_000 : nil
      let start = MonotonicClock.now()
      let verdict = await checker.judge(input, checks: [spec], threshold: nil)
      let took = MonotonicClock.now() - start
      outcomes[verdict.outcome, default: 0] += 1
      if took > worst.nanoseconds { worst = (took, "\(type): \(verdict.checks[0].outcome)") }
    }
    let counts = outcomes.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.value) \($0.key)" }
    report(
      "\(name) (\(counts.joined(separator: ", "))), slowest \(worst.what)", Double(worst.nanoseconds) / 1e6,
      "ms",
      decimals: 0)
  }
}

private let hostileChecks: [(String, JSON)] = [
  ("equals", ["a": 1]), ("contains", "zzz"), ("icontains", "ZZZ"), ("contains-all", ["zzz", "yyy"]),
  ("contains-any", ["zzz", "yyy"]), ("starts-with", "zzz"), ("ends-with", "zzz"), ("regex", "(a+)+$"),
  ("regex", "(.*)*x(?=y)"), ("levenshtein", "kitten"), ("word-count", 3), ("character-count", 3),
  ("is-refusal", .null),
  ("number-close", -7), ("date-close", "2026-03-01"), ("set-equal", ["a"]), ("is-json", .null),
  ("is-json", ["type": "object"]), ("contains-json", .null), ("contains-json", ["required": ["zz"]]),
  ("json-path", "$..a"), ("is-xml", .null), ("contains-xml", .null), ("xpath", "//zzz"), ("is-html", .null),
  ("contains-html", .null), ("is-sql", .null), ("contains-sql", .null), ("rouge-n", "a b c"),
  ("rouge-l", "a b c"),
  ("bleu", "a b c"), ("gleu", "a b c"), ("meteor", "a b c"), ("tool-call-f1", ["a"]),
  ("tool-sequence", ["a"]),
  ("tool-args", ["a": ["b": 1]]), ("is-valid-openai-tools-call", .null), ("is-valid-function-call", .null),
]

private func hostileReplies(_ n: Int) -> [(String, String)] {
  func times(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }
  return [
    ("plain words", times("the quick brown fox, ", n / 21)), ("white space", times(" ", n)),
    ("open brackets", times("[", n)), ("open objects", times("{\"a\":", n / 5)),
    ("deep JSON", times("[", n / 2) + times("]", n / 2)), ("many objects", times("{\"a\":1} ", n / 8)),
    ("backtracking", times("a", n) + "!"),
    ("control characters", times("\u{0}\u{1B}[31m\u{202E}\u{FFFE}\r", n / 14)),
    ("unfinished tags", times("<div ", n / 5)), ("open tags", times("<a>", n / 3)),
    ("custom tags", (0..<n / 16).map { "<x-\($0 % 100_000)>" }.joined()), ("angles", times("<", n)),
    (
      "XML bomb",
      "<?xml version=\"1.0\"?><!DOCTYPE b [<!ENTITY a \"x\"><!ENTITY b \"&a;&a;&a;&a;&a;\">]><b>"
        + times("&b;", n / 3)
        + "</b>"
    ),
    ("combining marks", times("a\u{301}\u{302}\u{303}", n / 7)),
    ("broken numbers", times("1,234.5.6e", n / 10)),
    ("quotes and braces", times("\"{", n / 2)), ("SQL parentheses", "SELECT " + times("(", n)),
    ("near refusals", times("i cann i'm a ", n / 13)),
  ]
}
