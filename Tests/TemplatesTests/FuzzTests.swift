import Formats
import Foundation
import Testing

@testable import Templates

/// Broken templates: those that Nunjucks rendered, with pieces cut out, doubled, swapped and put in.
///
/// `ASSAY_FUZZ_COUNT` sets how many, `ASSAY_FUZZ_SEED` which.
@Suite("mutated templates")
struct FuzzTests {
  @Test("are rendered or refused, and never crash or hang")
  func mutations() throws {
    let settings = ProcessInfo.processInfo.environment
    let count = settings["ASSAY_FUZZ_COUNT"].flatMap { Int($0) } ?? 5000
    let seed = settings["ASSAY_FUZZ_SEED"].flatMap { UInt64($0) } ?? 1
    let cases = try NunjucksCase.all(in: "nunjucks.jsonl")
    let variables = try #require(cases.first).variables
    var random = SeededGenerator(seed: seed)
    var refused = 0
    for _ in 0..<count {
      var bytes = Array(cases[random.next(below: cases.count)].template.utf8)
      for _ in 0...random.next(below: 4) { mutate(&bytes, cases, &random) }
      let source = String(decoding: bytes.prefix(2000), as: UTF8.self)
      do throws(Problem) {
        let template = try Template(source)
        _ = (template.variables, template.neededVariables, template.readings)
        _ = try template.render(variables, limits: TemplateLimits(outputBytes: 1 << 16, steps: 20_000))
        _ = try PromptTemplate(source).render(["x": .string(source)], limits: TemplateLimits(steps: 20_000))
      } catch {
        refused += 1
        #expect(
          !error.message.isEmpty && error.location != nil || error.message.contains("grows"),
          "\(source.debugDescription)")
        if let line = error.location?.line { #expect(line >= 1 && line <= source.utf8.count + 1) }
      }
    }
    #expect(refused > 0 && refused < count)
  }

  private static let pieces = [
    "{{", "}}", "{%", "%}", "{#", "#}", "-%}", "{%-", "'", "\"", "\\", "(", ")", "[", "]", "{", "}", "|", ".",
    ",", ":", "=",
    "~", "**", "//", " not ", " in ", " is ", " if ", " else ", "{% raw %}", "{% endraw %}", "{% if x %}",
    "{% endif %}",
    "{% for x in nums %}", "{% endfor %}", "r/(/", "r/a/g", "é", "😀", "\u{0}", "999999999999999999999", "-1",
    "1e9", "none",
    "| dump", "| dump(", "| slice(", "| slice(0.0000000000000000000001)", "0 / 0", "1 / 0", "| batch(",
    "| sort(", "| replace(",
    "| truncate(-1)", "| indent(-5)",
    "| round(400)", "loop",
    ".push(nums)", ".slice(-1, 99)", ".substr(-9, 5)", ".substring(9, -1)", ".repeat(3)", ".toFixed(3)",
    "caller()", "super()",
  ]

  private func mutate(_ bytes: inout [UInt8], _ cases: [NunjucksCase], _ random: inout SeededGenerator) {
    let start = random.next(below: bytes.count + 1)
    let end = min(bytes.count, start + random.next(below: 12))
    switch random.next(below: 6) {
    case 0: bytes.removeSubrange(start..<end)
    case 1: bytes.insert(contentsOf: bytes[start..<end], at: start)
    case 2: bytes.insert(contentsOf: Self.pieces[random.next(below: Self.pieces.count)].utf8, at: start)
    case 3: if start < bytes.count { bytes[start] = UInt8(truncatingIfNeeded: random.next()) }
    case 4:
      let other = Array(cases[random.next(below: cases.count)].template.utf8)
      bytes.insert(contentsOf: other[random.next(below: other.count + 1)...], at: start)
    default: bytes.replaceSubrange(start..<end, with: Self.pieces[random.next(below: Self.pieces.count)].utf8)
    }
  }
}
