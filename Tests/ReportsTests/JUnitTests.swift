import Formats
import Foundation
import Ledger
import Testing
import Vocabulary

@testable import Reports

private let schemas = Tool.tests.appending(path: "EndToEndTests/Fixtures")

private func validate(_ path: String, _ schema: String) throws {
  let result = try Tool.run(
    "/usr/bin/xmllint", ["--noout", "--nonet", "--schema", schemas.appending(path: schema).path, path])
  #expect(result.status == 0, "\(schema): \(result.output.prefix(2_000))")
}

@Test("hostile content is valid in both dialects, by all three schemas")
func hostileSchemas() async throws {
  let hostile = try await ReportLedger.hostile()
  let rich = try hostile.report("r.junit.xml")
  _ = try hostile.report("r.strict.xml")
  try validate(hostile.path("r.junit.xml"), "rich-profile.xsd")
  try validate(hostile.path("r.strict.xml"), "jenkins-junit-10.xsd")
  try validate(hostile.path("r.strict.xml"), "windyroad-JUnit.xsd")
  for token in ["[[ATTACHMENT|", "##[error]", "##vso[", "<!ENTITY", "<!DOCTYPE", "<![CDATA[", "\u{1B}"] {
    #expect(!rich.contains(token), "\(token)")
  }
  #expect(rich.contains("nul #x00 escape red bell #x07"), "what XML can't hold is shown")
}

@Test("texts come out of the file as they went in")
func roundTrip() async throws {
  let text = "<b>&amp; ]]> \"quoted\" 'so' &xxe; — ünïcode 漢字 🎉"
  let made = try await ReportLedger(targets: ["one"], cases: 1) { $0.trial(.fail, reply: text, reason: text) }
  _ = try made.report("r.junit.xml")
  let read = try Tool.run(
    "/usr/bin/xmllint", ["--xpath", "string(//testcase/system-out)", made.path("r.junit.xml")])
  #expect(read.output.contains("--- output ---\n" + text))
  let failure = try Tool.run(
    "/usr/bin/xmllint", ["--xpath", "string(//failure)", made.path("r.junit.xml")])
  #expect(failure.output.contains("[FAIL] contains: " + text))
}

@Test("5,000 failures with a reply of 10 MB among them stay valid, small, and say what was cut")
func large() async throws {
  let huge = String(repeating: "a reply without end <&> ", count: 10_000_000 / 24)
  let made = try await ReportLedger(cases: 2_500) { place in
    place.trial(
      .fail, reply: place.caseNo == 17 && place.target == 0 ? huge : String(repeating: "x", count: 2_000))
  }
  let rich = try made.report("r.junit.xml")
  _ = try made.report("r.strict.xml")
  try validate(made.path("r.junit.xml"), "rich-profile.xsd")
  try validate(made.path("r.strict.xml"), "jenkins-junit-10.xsd")
  try validate(made.path("r.strict.xml"), "windyroad-JUnit.xsd")
  #expect(rich.utf8.count < 30_000_000, "GitLab takes 30 MB, here are \(rich.utf8.count)")
  #expect(rich.contains("more bytes cut]"))
  #expect(rich.contains("left out: the file would grow"))
}

@Test("a run without trials is one case that was skipped")
func empty() async throws {
  let made = try await ReportLedger(cases: 0) { $0.trial(.pass, reply: "") }
  let rich = try made.report("r.junit.xml")
  _ = try made.report("r.strict.xml")
  #expect(rich.contains("tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"1\""))
  try validate(made.path("r.junit.xml"), "rich-profile.xsd")
  try validate(made.path("r.strict.xml"), "jenkins-junit-10.xsd")
  try validate(made.path("r.strict.xml"), "windyroad-JUnit.xsd")
}

@Test("names have no dots where readers split at them, and none comes twice")
func names() async throws {
  let made = try await ReportLedger(targets: ["gpt-4.1 t=0", "gpt-4.1 t.0"], cases: 3, repetitions: 2) {
    $0.trial(.pass, reply: "yes", name: "the same")
  }
  _ = try made.report("r.junit.xml")
  func all(_ path: String) throws -> [String] {
    let read = try Tool.run("/usr/bin/xmllint", ["--xpath", path, made.path("r.junit.xml")])
    return read.output.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
  }
  let classes = try all("//testcase/@classname")
  let names = try all("//testcase/@name")
  #expect(classes.count == 12)
  #expect(Set(classes).count == 2, "\(Set(classes))")
  #expect(classes.allSatisfy { $0.filter { $0 == "." }.count == 1 })
  #expect(Set(zip(classes, names).map { $0 + $1 }).count == 12)
}

@Test(
  "independent readers count what the ledger counts", arguments: ["junitparser", "xunitparser", "junit2html"])
func readers(name: String) async throws {
  guard let python = Tool.python else {
    print("skipped: \(name) cannot be had (see Tests/tools/python-env)")
    return
  }
  // xunitparser knows one suite a file.
  let made = try await ReportLedger(targets: name == "xunitparser" ? ["one"] : ["one", "two"], cases: 23) {
    place in
    let outcomes: [Outcome] = [.pass, .fail, .pass, .error, .skipped]
    return place.trial(outcomes[(place.caseNo + place.target) % 5], reply: Hostile.texts[place.caseNo % 13])
  }
  _ = try made.report(name == "xunitparser" ? "r.strict.xml" : "r.junit.xml")
  let path = made.path(name == "xunitparser" ? "r.strict.xml" : "r.junit.xml")
  let script = Tool.fixtures.appending(path: "readers.py").path
  let result = try Tool.run(python, [script, name, path])
  #expect(result.status == 0, "\(result.output)")
  let whole = try made.summary.whole
  var milliseconds: Int64 = 0
  try made.ledger.forEachFigure(of: made.run.id) { (figure) throws(LedgerError) in
    milliseconds += (figure.total + 500) / 1_000
  }
  let expected =
    "tests=\(whole.trials) failures=\(whole.count(.fail)) errors=\(whole.count(.error)) skipped=\(whole.count(.skipped)) ms=\(milliseconds)"
  #expect(result.output.contains(expected), "\(result.output) is not \(expected)")
}
