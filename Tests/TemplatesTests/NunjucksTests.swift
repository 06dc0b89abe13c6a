import Formats
import Foundation
import Testing

@testable import Templates

@Suite("beside Nunjucks")
struct NunjucksTests {
  @Test("prints what Nunjucks printed, and refuses what it refused")
  func rendersAsRecorded() throws {
    for row in try NunjucksCase.all(in: "nunjucks.jsonl") {
      if let difference = row.difference { Issue.record("\(row.template)\n    \(difference)") }
    }
  }

  @Test("prints what the Nunjucks of this machine prints, for templates made up at random")
  func rendersMadeUpTemplates() throws {
    let settings = ProcessInfo.processInfo.environment
    let count = settings["ASSAY_FUZZ_COUNT"].flatMap { Int($0) } ?? 2000
    let seed = settings["ASSAY_FUZZ_SEED"].flatMap { UInt64($0) } ?? 1
    let shared = try Fixtures.rows("random.json").first ?? .null
    let variables = shared["variables"]?.object ?? JSONObject()
    var templates = RandomTemplates(seed: seed, values: variables.keys)
    let made = (0..<count).map { _ in templates.template() }
    guard let results = try Nunjucks.render([shared] + made.map { ["template": .string($0)] }) else {
      print("node-nunjucks is not installed: templates were not compared")
      return
    }
    try #require(results.count == made.count)
    var differences: [String] = []
    for (template, result) in zip(made, results) {
      let row = NunjucksCase(
        template: template, variables: variables, files: JSONObject(), expected: result["text"]?.string)
      if let difference = row.difference {
        differences.append("\(template)\n    \(difference) \(result["error"]?.string ?? "")")
      }
    }
    guard !differences.isEmpty else { return }
    let shown = differences.sorted { $0.utf8.count < $1.utf8.count }.prefix(20).joined(separator: "\n")
    Issue.record("\(differences.count) of \(count) differ, with seed \(seed):\n\(shown)")
  }
}

extension NunjucksCase {
  /// How this project's text differs from the expected one; nil when it does not.
  var difference: String? {
    let result = Result { () throws(Problem) in try rendered() }
    switch (result, expected) {
    case (.success(let text), let expected?):
      if text.utf8.elementsEqual(expected.utf8) { return nil }
      return "gives \(text.debugDescription), should be \(expected.debugDescription)"
    case (.success(let text), nil): return "should be refused, gives \(text.debugDescription)"
    case (.failure(let problem), let expected?):
      return "should give \(expected.debugDescription), is refused: \(problem.message)"
    case (.failure, nil): return nil
    }
  }
}

/// The real Nunjucks, where Debian's package of it is installed.
enum Nunjucks {
  /// One result for each row but the first; nil when there is no node or no Nunjucks.
  static func render(_ rows: [JSON]) throws -> [JSON]? {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("assay-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let cases = folder.appendingPathComponent("cases.jsonl")
    let results = folder.appendingPathComponent("results.jsonl")
    try rows.map(\.text).joined(separator: "\n").write(to: cases, atomically: true, encoding: .utf8)
    try Data().write(to: results)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "node", Fixtures.folder.appendingPathComponent("Fixtures/nunjucks.js").path, cases.path,
    ]
    process.standardOutput = try FileHandle(forWritingTo: results)
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    // 127: no node; 3: no Nunjucks.
    if [3, 127].contains(process.terminationStatus) { return nil }
    return try String(contentsOf: results, encoding: .utf8).split(separator: "\n").map {
      try JSON(parsing: String($0))
    }
  }
}
