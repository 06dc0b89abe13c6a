import Formats
import Foundation
import Suites
import Testing
import Vocabulary

@testable import Checks

/// Nanoseconds that this thread has worked, whatever else the machine does.
private func threadTime() -> Int64 {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// How long the slowest check of one kind of reply works, in seconds, with the reply as output and as a judge's answer.
private func slowest(_ text: String) async throws -> (seconds: Double, check: String) {
  var worst = (seconds: 0.0, check: "")
  func time(_ tools: CheckTools, _ input: CheckInput, _ type: String, _ value: JSON, _ more: JSONObject) async
  {
    var spec = CheckSpec(type: type)
    spec.value = value
    if value.isNull { spec.value = nil }
    spec.threshold = more["threshold"]?.double
    spec.config = more
    let start = threadTime()
    let verdict = await Checker(tools).judge(input, checks: [spec], threshold: nil)
    // Nothing here waits, so that the thread is the same; were it another, the time would tell nothing.
    let seconds = Double(threadTime() - start) / 1e9
    if seconds > worst.seconds { worst = (seconds, "\(type) \(value.text)") }
    #expect(verdict.checks.count == 1 && verdict.outcome != .skipped)
  }
  var input = CheckInput(output: .string(text))
  for (type, value, more) in hostileChecks {
    await time(TestTools.silent, input, type, value, more)
  }
  input = CheckInput(output: "a reply", variables: ["context": "a context", "query": "a question"])
  input.prompt = "a question"
  for (type, value) in hostilelyJudged {
    await time(TestTools.judge(text), input, type, value, ["against": "b"])
  }
  return worst
}

private func hostile(_ name: String, scale: Int) throws -> String {
  try #require(hostileReplies(scale).first { $0.name == name }).text
}

@Suite("hostile replies")
struct HostileTests {
  /// A debug build reads bytes many times slower than a release build, so what is held here is the growth of the work:
  /// ten times the text may not take much more than ten times as much. bench/checks has the times themselves.
  @Test(
    "every check ends with a verdict or an error, in work that grows no faster than the text",
    arguments: hostileReplies(1).map(\.name))
  func ends(name: String) async throws {
    let small = try await slowest(hostile(name, scale: 1_500))
    let big = try await slowest(hostile(name, scale: 15_000))
    #expect(
      big.seconds < max(small.seconds, 0.01) * 40, "\(big.check): \(small.seconds) s, then \(big.seconds) s")
  }

  @Test("what is refused rather than read is an error, and not- does not make it a pass")
  func refused() async throws {
    let checker = Checker(TestTools.silent)
    let cases: [(String, String)] = try [
      ("{type: is-xml}", hostile("XML bomb", scale: 300)),
      ("{type: is-xml}", "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>"),
      ("{type: is-xml}", hostile("attributes", scale: 2_000_000)),
      ("{type: xpath, value: //a, html: true}", hostile("bare attributes", scale: 2_000_000)),
      ("{type: is-sql, value: {databaseType: PostgreSQL}}", hostile("SQL sum", scale: 900_000)),
      ("{type: equals, value: a}", hostile("one combined letter", scale: 10_000_000)),
      ("{type: is-json}", "[\"" + String(repeating: "\\u0301", count: 1_000_000) + "\"]"),
      (
        "{type: is-json, value: {items: {pattern: '^(a+)+$'}}}",
        hostile("strings that backtrack", scale: 2_000)
      ),
      (
        "{type: json-path, value: \"$[?search(@, '^(a+)+$')]\"}",
        hostile("strings that backtrack", scale: 2_000)
      ),
      (
        "{type: tool-args, value: {a: {b: {regex: '^(a+)+$'}}}}", hostile("a tool's argument", scale: 100_000)
      ),
      ("{type: is-sql, value: {databaseType: SQLite}}", hostile("SQL columns", scale: 500_000)),
      ("{type: is-sql, value: {databaseType: SQLite}}", hostile("SQL closed parentheses", scale: 50_000)),
      ("{type: regex, value: '(a+)+$'}", hostile("backtracking", scale: 100_000)),
      ("{type: contains-json}", hostile("open brackets", scale: 200_000)),
      ("{type: set-equal, value: [a]}", hostile("plain words", scale: 2_000_000)),
      ("{type: is-sql}", hostile("plain words", scale: 2_000_000)),
      ("{type: rouge-l, value: a}", hostile("plain words", scale: 2_000_000)),
      (
        "{type: levenshtein, value: \"\(String(repeating: "b", count: 30_000))\", threshold: 29000}",
        hostile("backtracking", scale: 30_000)
      ),
    ]
    for (yaml, text) in cases {
      for isNegated in [false, true] {
        var spec = try spec(yaml)
        spec.isNegated = isNegated
        let verdict = await checker.judge(CheckInput(output: .string(text)), checks: [spec], threshold: nil)
        #expect(verdict.outcome == .error, "\(spec.name): \(verdict.reason)")
      }
    }
  }
}
