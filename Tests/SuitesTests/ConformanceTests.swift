import Formats
import Foundation
import Testing

@testable import Suites

/// Rows with known answers: `functions.jsonl` beside this file.
struct ConformanceRow: Sendable, CustomTestStringConvertible {
  var function: String
  var arguments: [JSON]
  var expected: JSONObject
  var number: Int
  var testDescription: String { "\(function) \(number)" }

  static let all: [ConformanceRow] = {
    let text = (try? Here.text(Here.folder + "/Fixtures/functions.jsonl")) ?? ""
    return text.split(separator: "\n").enumerated().compactMap { index, line in
      guard let row = try? JSON(parsing: String(line)), let name = row["function"]?.string else { return nil }
      return ConformanceRow(
        function: name, arguments: row["args"]?.array ?? [], expected: row["expect"]?.object ?? JSONObject(),
        number: index + 1)
    }
  }()

  static func of(_ function: String) -> [ConformanceRow] { all.filter { $0.function == function } }

  /// Holds the result against the matchers; a thrown text counts for `throws`.
  func check(_ result: JSON?, thrown: String? = nil) {
    for (path, matchers) in expected {
      let value = path == "$" ? result : result?[path]
      for (matcher, wanted) in matchers.object ?? JSONObject() {
        switch matcher {
        case "equals": #expect(value == wanted, "\(path)")
        case "close_to": #expect(abs((value?.double ?? .nan) - (wanted.double ?? 0)) < 1e-9)
        case "throws": #expect(thrown != nil, "expected a mistake like: \(wanted.string ?? "")")
        default: Issue.record("unknown matcher \(matcher)")
        }
      }
    }
  }
}

@Suite("what promptfoo's own tests say")
struct ConformanceTests {
  @Test("there are rows for each function")
  func rows() {
    #expect(ConformanceRow.all.count == 72)
  }

  @Test("one-line checks", arguments: ConformanceRow.of("assertionFromString"))
  func expectedGrammar(_ row: ConformanceRow) {
    row.check(ExpectedGrammar.read(row.arguments[0].string ?? "").check.promptfooJSON)
  }

  @Test("rows of tables", arguments: ConformanceRow.of("testCaseFromCsvRow"))
  func tableRows(_ row: ConformanceRow) {
    let object = row.arguments[0].object ?? JSONObject()
    let findings = Findings()
    let location = SourceLocation(file: "cases.csv", line: 1, column: 1)
    let columns = CSVColumns(object.keys, at: location, findings: findings)
    let reader = CSVRowReader(columns: columns, keepsAssumedThresholds: true)
    let draft = reader.read(object.values.map { $0.string ?? "" }, at: location, number: 1, findings)
    let thrown = findings.problems.first { $0.severity == .error }?.message
    row.check(draft.promptfooJSON(hasDescription: object.contains("__description")), thrown: thrown)
  }

  @Test("texts that mean files", arguments: ConformanceRow.of("maybeFilePath"))
  func paths(_ row: ConformanceRow) {
    guard let text = row.arguments[0].string else {
      // A value that is no text cannot be given to the function.
      #expect(row.expected["$"]?["throws"] != nil)
      return
    }
    row.check(.bool(FileReference.looksLikePath(text)))
  }

  @Test("combinations of variables", arguments: ConformanceRow.of("generateVarCombinations"))
  func combinations(_ row: ConformanceRow) {
    let rows = VariableExpander.combinations(of: row.arguments[0].object ?? JSONObject()) { _, _ in
      ["greeting1.txt", "greeting2.txt"]
    }
    row.check(.array(rows.map(JSON.object)))
  }

  @Test("prompts in their forms", arguments: ConformanceRow.of("normalizeInput"))
  func prompts(_ row: ConformanceRow) {
    let findings = Findings()
    var reader = PromptReader(folder: ".", environment: [:], findings: findings)
    let location = SourceLocation(file: "suite.yaml", line: 1, column: 1)
    let node = Node(row.arguments[0], at: location)
    Validator(findings: findings).check(Node(["prompts": row.arguments[0]], at: location), as: .suite)
    reader.read(node)
    let isMistake = findings.hasErrors || reader.prompts.isEmpty
    let prompts = reader.prompts.map { prompt -> JSON in
      if case .template(let text) = prompt.body { return ["raw": .string(text)] }
      return .null
    }
    row.check(.array(prompts), thrown: isMistake ? "mistake" : nil)
  }
}

extension CheckSpec {
  /// As promptfoo's tests write an assertion.
  var promptfooJSON: JSON {
    var object = JSONObject()
    object["type"] = .string(name)
    object["value"] = self.value
    object["threshold"] = self.threshold.map { JSON($0) }
    object["metric"] = self.metric.map(JSON.string)
    return .object(object)
  }
}

extension CaseDraft {
  func promptfooJSON(hasDescription: Bool) -> JSON {
    var object = JSONObject()
    object["vars"] = .object(own.variables)
    object["assert"] = .array(own.checks.map(\.promptfooJSON))
    object["options"] = .object(options)
    if hasDescription { object["description"] = own.description.map(JSON.string) }
    object["providerOutput"] = own.givenOutput
    object["threshold"] = own.threshold.map { JSON($0) }
    if !own.metadata.isEmpty { object["metadata"] = .object(own.metadata) }
    return .object(object)
  }
}
