import Formats
import Foundation
import Ledger
import Testing
import Vocabulary

@testable import Reports

private func rendered(_ markdown: String) throws -> String {
  let command = "/usr/bin/cmark-gfm"
  try #require(FileManager.default.isExecutableFile(atPath: command), "bin/prepare installs cmark-gfm")
  let extensions = ["table", "autolink", "strikethrough", "tasklist"].flatMap { ["-e", $0] }
  return try Tool.run(command, ["--unsafe"] + extensions, input: markdown).output
}

@Test("Markdown with hostile content has tables of even rows, and no link, picture, mention or markup in it")
func markdown() async throws {
  let made = try await ReportLedger.hostile()
  let html = try rendered(try made.report("r.md"))
  for tag in ["<a ", "<img", "<script", "<h1", "<del", "<b>", "<input", "<hr"] {
    #expect(!html.contains(tag), "\(tag) in \(html)")
  }
  #expect(!html.contains("@octocat") && !html.contains("@you"))
  for table in html.components(separatedBy: "<table>").dropFirst() {
    let rows = table.components(separatedBy: "</table>")[0].components(separatedBy: "<tr>").dropFirst()
    let cells = rows.map { $0.components(separatedBy: "<th").count + $0.components(separatedBy: "<td").count }
    #expect(Set(cells).count == 1, "\(cells)")
  }
  #expect(html.components(separatedBy: "<table>").count == 3, "gates and targets")
  #expect(html.contains("window.pwned=1"), "what was said is shown, as text")
}

@Test("Markdown stays below what GitHub takes, whatever fails, and says where the rest is")
func markdownSize() async throws {
  let made = try await ReportLedger(cases: 400) {
    $0.trial(.fail, reply: String(repeating: Hostile.all, count: 3), reason: Hostile.all)
  }
  let comment = try MarkdownReport.text(try made.summary, ledger: made.ledger)
  #expect(comment.utf8.count < 65_536)
  #expect(comment.contains("and 7") && comment.contains("more: `assay show 20260301-0930-test --failed`"))
  let job = try MarkdownReport.text(try made.summary, ledger: made.ledger, maxBytes: 900_000)
  #expect(job.utf8.count < 1 << 20)
}

@Test("no cell of a CSV file is a formula")
func formulas() async throws {
  let made = try await ReportLedger.hostile()
  let text = try made.report("r.csv")
  // Another reader than ours takes it apart.
  let script = """
    import csv, io, sys
    csv.field_size_limit(1 << 24)
    rows = list(csv.reader(io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", newline="")))
    assert len({len(row) for row in rows}) == 1, {len(row) for row in rows}
    bad = [c for row in rows for c in row if c[:1] in "=+-@\\t\\r\\uff1d\\uff0b\\uff0d\\uff20" and c]
    numbers = [c for c in bad if c.replace(".", "").lstrip("+-").isdigit()]
    assert bad == numbers, bad
    guarded = [c for row in rows for c in row if c.startswith("'=HYPERLINK")]
    assert guarded, "the formula is not there as text"
    assert not any(ord(x) < 32 and x not in "\\t\\n" for row in rows for c in row for x in c)
    print("ok", len(rows))
    """
  let result = try Tool.run("/usr/bin/env", ["python3", "-c", script], input: text)
  #expect(result.output.contains("ok 27"), "\(result.output)")
}

@Test("JSON, JSON Lines and promptfoo's JSON give back what was said, to the letter")
func json() async throws {
  let made = try await ReportLedger.hostile()
  let lines = try made.report("r.jsonl").split(separator: "\n").map { try JSON(parsing: String($0)) }
  let whole = try JSON(parsing: try made.report("r.json"))
  let promptfoo = try JSON(parsing: try made.report("r.promptfoo.json"))
  let results = try #require(promptfoo["results"]?["results"]?.array)
  let trials = try #require(whole["trials"]?.array)
  #expect(lines.count == 26 && trials.count == 26 && results.count == 26)
  for (place, line) in lines.enumerated() {
    let outcome = line["outcome"]?.string
    guard outcome == "pass" || outcome == "fail" else { continue }
    let said = Hostile.texts[place / 2]
    #expect(line["output"]?.string == said)
    #expect(trials[place]["output"]?.string == said)
    #expect(results[place]["response"]?["output"]?.string == said)
  }
}

@Test("annotations are one line each, and no text of a model becomes a command")
func annotations() async throws {
  let made = try await ReportLedger.hostile()
  let lines = try Annotations.gitHub(try made.summary, ledger: made.ledger, most: 50)
  #expect(lines.count == 14)
  for line in lines {
    #expect(line.hasPrefix("::error file=suites/a.yaml,line="))
    #expect(!line.contains("\n") && !line.contains("\r") && !line.contains("##["))
    // Five parts: the command, its data, and what was escaped in between.
    #expect(line.dropFirst(2).firstRange(of: "::") != nil)
  }
  #expect(lines.contains { $0.contains(",line=17,") })
}

@Test("OpenMetrics' labels end where they should")
func labels() async throws {
  let made = try await ReportLedger(targets: ["a\"b\\c\nd} 1", "two"], cases: 3) {
    $0.trial(.pass, reply: "yes")
  }
  let text = try made.report("r.metrics.txt")
  #expect(text.hasSuffix("# EOF\n"))
  #expect(text.contains("assay_trials{target=\"a\\\"b\\\\c d} 1\"} 3\n"))
}

@Test(
  "a mark that joins the next letter hides nothing from those who escape",
  arguments: ["\u{600}", "\u{6DD}", "\u{110BD}", "\r"])
func joiningMarks(mark: String) {
  let page = HTMLText.escaped("\(mark)<meta \(mark)\"\(mark)'\(mark)&\(mark)>")
  #expect(page.utf8.allSatisfy { !"<>\"'".utf8.contains($0) })
  #expect(page.components(separatedBy: ";").count == 6, "\(page)")
  for token in ["[[ATTACHMENT|", "[[PROPERTY|", "##[", "##vso[", "##teamcity["] {
    #expect(Data(Scrub.plain("\u{7}\(mark)\(token)x").utf8).range(of: Data(token.utf8)) == nil)
  }
  let code = MarkdownReport.code("a\(mark)`b")
  #expect(code.hasPrefix("`` ") && code.hasSuffix(" ``"), "\(code)")
  for (needle, other) in [("%", "%25"), ("\n", "%0A"), ("\\", "\\\\"), ("|", "\\|")] {
    #expect("a\(mark)\(needle)b".replacing(needle, with: other) == "a\(mark)\(other)b")
  }
}
