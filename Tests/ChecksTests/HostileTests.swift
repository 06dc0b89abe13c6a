import Formats
import Foundation
import Suites
import Testing
import Vocabulary

@testable import Checks

/// Replies made to be slow or to break what reads them.
private enum Hostile {
  static func text(_ name: String, scale: Int) -> String {
    let n = scale
    switch name {
    case "plain": return String(repeating: "the quick brown fox, ", count: n / 21)
    case "spaces": return String(repeating: " ", count: n)
    case "deep arrays": return String(repeating: "[", count: n)
    case "deep objects": return String(repeating: "{\"a\":", count: n / 5)
    case "closed arrays": return String(repeating: "[", count: n / 2) + String(repeating: "]", count: n / 2)
    case "many objects": return String(repeating: "{\"a\":1} ", count: n / 8)
    case "backtracking": return String(repeating: "a", count: n) + "!"
    case "controls": return String(repeating: "\u{0}\u{1B}[31m\u{202E}\u{FFFE}\r", count: n / 14)
    case "tags": return String(repeating: "<div ", count: n / 5)
    case "open tags": return String(repeating: "<a>", count: n / 3)
    case "custom tags": return (0..<n / 16).map { "<x-\($0 % 100_000)>" }.joined()
    case "angles": return String(repeating: "<", count: n)
    case "bomb":
      return
        "<?xml version=\"1.0\"?><!DOCTYPE b [<!ENTITY a \"x\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]><b>"
        + String(repeating: "&b;", count: n / 3) + "</b>"
    case "outside": return "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>"
    case "marks": return String(repeating: "a\u{301}\u{302}\u{303}", count: n / 7)
    case "numbers": return String(repeating: "1,234.5.6e", count: n / 10)
    case "quotes": return String(repeating: "\"{", count: n / 2)
    case "brackets": return "SELECT " + String(repeating: "(", count: n)
    case "sorry": return String(repeating: "i cann i'm a ", count: n / 13)
    default: return ""
    }
  }

  static let names = [
    "plain", "spaces", "deep arrays", "deep objects", "closed arrays", "many objects", "backtracking",
    "controls",
    "tags", "open tags", "custom tags", "angles", "bomb", "outside", "marks", "numbers", "quotes", "brackets",
    "sorry",
  ]

  static let checks = [
    "{type: equals, value: {a: 1}}", "{type: contains, value: zzz}", "{type: icontains, value: ZZZ}",
    "{type: contains-all, value: [zzz, aaaaaaaaaaaaaaaaaaaaaaaaaaaaaab]}",
    "{type: contains-any, value: [zzz, yyy]}",
    "{type: starts-with, value: zzz}", "{type: ends-with, value: zzz}", "{type: regex, value: '(a+)+$'}",
    "{type: regex, value: '(.*)*x(?=y)'}", "{type: levenshtein, value: kitten}",
    "{type: levenshtein, value: kitten, threshold: 100000000}", "{type: word-count, value: 3}",
    "{type: character-count, value: 3}", "{type: is-refusal}", "{type: number-close, value: -7}",
    "{type: date-close, value: 2026-03-01}", "{type: set-equal, value: [a]}", "{type: is-json}",
    "{type: is-json, value: {type: object}}", "{type: contains-json}",
    "{type: contains-json, value: {required: [zz]}}",
    "{type: json-path, value: '$..a'}", "{type: is-xml}", "{type: contains-xml}",
    "{type: xpath, value: //zzz}",
    "{type: xpath, value: //zzz, html: true}", "{type: is-html}", "{type: contains-html}", "{type: is-sql}",
    "{type: contains-sql}", "{type: rouge-n, value: a b c}", "{type: rouge-l, value: a b c}",
    "{type: bleu, value: a b c}",
    "{type: gleu, value: a b c}", "{type: meteor, value: a b c}", "{type: tool-call-f1, value: [a]}",
    "{type: tool-sequence, value: [a]}", "{type: tool-args, value: {a: {b: 1}}}",
    "{type: is-valid-openai-tools-call}",
    "{type: is-valid-function-call}",
  ]
}

/// How long the slowest check of one kind of reply takes, in seconds.
private func slowest(_ name: String, scale: Int) async throws -> (seconds: Double, check: String) {
  let checker = Checker(TestTools.silent)
  let input = CheckInput(output: .string(Hostile.text(name, scale: scale)))
  var worst = (seconds: 0.0, check: "")
  for yaml in Hostile.checks {
    let spec = try spec(yaml)
    let start = ContinuousClock.now
    let verdict = await checker.judge(input, checks: [spec], threshold: nil)
    let took = start.duration(to: .now)
    let seconds = Double(took.components.seconds) + Double(took.components.attoseconds) / 1e18
    if seconds > worst.seconds { worst = (seconds, yaml) }
    #expect(verdict.checks.count == 1 && verdict.outcome != .skipped)
  }
  return worst
}

@Suite("hostile replies")
struct HostileTests {
  /// A debug build reads bytes many times slower than a release build, so what is held here is the growth: ten times
  /// the text may not take much more than ten times as long. bench/checks has the times themselves.
  @Test(
    "every check ends with a verdict or an error, in time that grows no faster than the text",
    arguments: Hostile.names)
  func ends(name: String) async throws {
    let small = try await slowest(name, scale: 4_000)
    let big = try await slowest(name, scale: 40_000)
    #expect(
      big.seconds < max(small.seconds, 0.01) * 40, "\(big.check): \(small.seconds) s, then \(big.seconds) s")
  }

  @Test("what is refused rather than read is an error, and not- does not make it a pass")
  func refused() async throws {
    let checker = Checker(TestTools.silent)
    let cases: [(String, String)] = [
      ("{type: is-xml}", Hostile.text("bomb", scale: 300)),
      ("{type: is-xml}", Hostile.text("outside", scale: 1)),
      ("{type: regex, value: '(a+)+$'}", Hostile.text("backtracking", scale: 100_000)),
      ("{type: contains-json}", Hostile.text("deep arrays", scale: 200_000)),
      ("{type: set-equal, value: [a]}", Hostile.text("plain", scale: 2_000_000)),
      ("{type: is-sql}", Hostile.text("plain", scale: 2_000_000)),
      ("{type: rouge-l, value: a}", Hostile.text("plain", scale: 2_000_000)),
      (
        "{type: levenshtein, value: \"\(String(repeating: "b", count: 30_000))\", threshold: 29000}",
        Hostile.text("backtracking", scale: 30_000)
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
