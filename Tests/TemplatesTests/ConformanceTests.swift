import Formats
import Testing

@testable import Templates

/// promptfoo's own answers, row by row. Files and packages are loaded by who calls, before the rendering:
/// here they are stood in for.
@Suite("promptfoo's rendering")
struct ConformanceTests {
  @Test("every row holds")
  func rows() throws {
    let rows = try Fixtures.rows("functions.jsonl")
    #expect(rows.count == 38)
    for row in rows {
      let name = row["test_name"]?.string ?? ""
      guard let result = try result(of: row, named: name) else { continue }
      let expected = row["expect"]?["$"]
      if let equal = expected?["equals"] { #expect(result == equal, "\(name)") }
      if let part = expected?["contains"]?.string {
        #expect(result.string?.contains(part) == true, "\(name): \(result.text)")
      }
    }
  }

  private func result(of row: JSON, named name: String) throws -> JSON? {
    let arguments = row["args"]?.array ?? []
    let first = arguments.first ?? .null
    switch row["function"]?.string {
    case "renderPrompt": return .string(try prompt(arguments, named: name))
    case "renderVarsInObject":
      let variables = arguments.count > 1 ? arguments[1].object : nil
      return try PromptRendering.renderVariables(in: first, variables: variables)
    case "resolveVariables":
      return .object(try PromptRendering.resolveVariables(first.object ?? JSONObject()))
    case "extractVariablesFromTemplate":
      return .array(PromptRendering.extractVariables(from: first.string ?? "").map { .string($0) })
    case "extractVariablesFromTemplates":
      let templates = (first.array ?? []).compactMap(\.string)
      return .array(PromptRendering.extractVariables(from: templates).map { .string($0) })
    case "generateVarCombinations":
      return nil  // what suites do, and tried there
    default:
      Issue.record("no such function: \(row.text)")
      return nil
    }
  }

  private func prompt(_ arguments: [JSON], named name: String) throws(Problem) -> String {
    var variables = arguments.count > 1 ? arguments[1].object ?? JSONObject() : JSONObject()
    for (key, value) in variables where value.string?.hasPrefix("package:") == true {
      variables[key] = .string("Dynamic value for \(key)")
    }
    let literals = arguments.count > 4 ? arguments[4].array?.compactMap(\.string) ?? [] : []
    return try PromptRendering.renderPrompt(
      raw: arguments.first?["raw"]?.string ?? "", variables: variables,
      environment: TemplateEnvironment(env: ["TEST_ENV_VAR": "env_value"]), literals: Set(literals),
      options: PromptOptions(rendersTemplates: !name.contains("templating is disabled")))
  }
}
