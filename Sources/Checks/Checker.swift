import Formats
import Suites
import Templates
import Vocabulary

/// Judges replies: every check of a case in order, then all of them together.
public struct Checker: Sendable {
  var tools: CheckTools

  public init(_ tools: CheckTools) { self.tools = tools }

  public func judge(
    _ input: CheckInput, checks: [CheckSpec], threshold: Double?, options: CaseOptions = CaseOptions()
  )
    async -> TrialVerdict
  {
    let context = CheckContext(input: input, options: options, tools: tools)
    var results: [CheckResult] = []
    for spec in checks { results.append(await result(of: spec, context)) }
    return aggregate(results, threshold: threshold)
  }

  /// One check, or a set of them, with its name, metric and weight.
  func result(of spec: CheckSpec, _ context: CheckContext) async -> CheckResult {
    var result = spec.type == "assert-set" ? await set(spec, context) : await single(spec, context)
    result.type = spec.name
    result.weight = spec.weight
    result.threshold = spec.threshold
    result.location = spec.location
    result.metric = spec.metric.map { render($0, context.input.variables) ?? $0 }
    return result
  }

  private func set(_ spec: CheckSpec, _ context: CheckContext) async -> CheckResult {
    var components: [CheckResult] = []
    for component in spec.components { components.append(await result(of: component, context)) }
    let whole = aggregate(components, threshold: spec.threshold)
    var result = CheckResult(whole.outcome, score: whole.score, reason: whole.reason)
    result.components = components
    return result
  }

  private func single(_ spec: CheckSpec, _ context: CheckContext) async -> CheckResult {
    var context = context
    let view: CheckSpecView
    do {
      if let transform = spec.transform {
        context.input.output = try await transformed(context.input.output, by: transform, spec, context)
      }
      view = CheckSpecView(spec, value: try await resolved(spec, context))
    } catch {
      return .error(describe(error))
    }
    if let family = scriptLanguage(spec.type) { return await runScript(family, view, context) }
    if spec.type == "webhook" { return await webhook(view, context) }
    if let judge = JudgeChecks.all[spec.type] { return apply(await judge(view, context), view) }
    guard let check = PureChecks.all[spec.type] else {
      return .error("there is no check \"\(spec.type)\"")
    }
    var finding = spec.type == "matches-file" ? matchesFile(view, context) : check(view, context.input)
    if spec.isNegated { finding = finding.negated }
    return result(finding, view)
  }

  private func result(_ finding: Finding, _ view: CheckSpecView) -> CheckResult {
    var result: CheckResult
    switch finding {
    case .decided(let holds, let score, let because):
      result = CheckResult(holds ? .pass : .fail, score: min(1, max(0, score)), reason: because)
    case .undecided(let why): result = .error(why)
    }
    result.expected = view.value
    if view.spec.isNegated, Self.onceIgnoredNegation.contains(view.type) || view.type.hasPrefix("trace-") {
      result.note = "promptfoo 0.120 ignores not- on \(view.type); here it is honoured"
    }
    return result
  }

  /// A judge's or script's own result, turned round where the check is negated.
  private func apply(_ result: CheckResult, _ view: CheckSpecView) -> CheckResult {
    var result = result
    result.expected = result.expected ?? view.value
    guard view.spec.isNegated, result.outcome == .pass || result.outcome == .fail else { return result }
    result.outcome = result.outcome == .pass ? .fail : .pass
    result.score = 1 - result.score
    return result
  }

  private static let onceIgnoredNegation: Set<String> = [
    "levenshtein", "latency", "cost", "perplexity", "perplexity-score", "finish-reason",
    "is-valid-openai-tools-call", "is-valid-openai-function-call",
  ]

  // MARK: Values

  /// A string is a template or a file; strings in a list are templates; objects stay as they are.
  private func resolved(_ spec: CheckSpec, _ context: CheckContext) async throws -> JSON? {
    switch spec.value {
    case .string(let text):
      if text.hasPrefix("file://"), spec.type != "matches-file", scriptLanguage(spec.type) == nil {
        return try await loaded(String(text.dropFirst(7)), spec, context)
      }
      if scriptLanguage(spec.type) != nil { return spec.value }
      return .string(try rendered(text, context.input.variables, spec))
    case .array(let items):
      return .array(
        try items.map { item in
          guard case .string(let text) = item else { return item }
          return .string(try rendered(text, context.input.variables, spec))
        })
    case let other: return other
    }
  }

  private func loaded(_ reference: String, _ spec: CheckSpec, _ context: CheckContext) async throws -> JSON {
    let (path, function) = splitFunction(reference)
    if let language = scriptLanguage(ofFile: path) {
      let code = CheckTools.Code(
        language: language, source: .file(path: path, function: function),
        defaultFunction: language == .javascript ? nil : "get_assert")
      let value = try await tools.run(
        code, [context.input.output, context.scriptContext(CheckSpecView(spec))])
      if value.bool != nil || value["pass"] != nil {
        throw Problem("the script for \"\(spec.type)\" gave a verdict where a value is wanted")
      }
      return value
    }
    let bytes = try tools.read(path)
    if path.hasSuffix(".json") { return try JSON(parsing: bytes) }
    let text = String(decoding: bytes, as: UTF8.self)
    if path.hasSuffix(".yaml") || path.hasSuffix(".yml") {
      return try Node(parsingYAML: text, file: path).json
    }
    return .string(try rendered(text.trimmed, context.input.variables, spec))
  }

  private func rendered(_ text: String, _ variables: JSONObject, _ spec: CheckSpec) throws -> String {
    guard text.contains("{{") || text.contains("{%") else { return text }
    let place = spec.location
    return try Template(text, file: place?.file ?? "check", line: place?.line ?? 1)
      .render(variables, environment: tools.templates)
  }

  func render(_ text: String, _ variables: JSONObject) -> String? {
    guard text.contains("{{") else { return text }
    return try? Template(text, file: "check").render(variables, environment: tools.templates)
  }

  private func transformed(_ output: JSON, by source: String, _ spec: CheckSpec, _ context: CheckContext)
    async throws
    -> JSON
  {
    let view = CheckSpecView(spec)
    let code: CheckTools.Code
    if source.hasPrefix("file://") {
      let (path, function) = splitFunction(String(source.dropFirst(7)))
      code = CheckTools.Code(
        language: scriptLanguage(ofFile: path) ?? .javascript, source: .file(path: path, function: function),
        defaultFunction: "get_transform")
    } else {
      code = CheckTools.Code(language: .javascript, source: .inline(source))
    }
    return try await tools.run(code, [output, context.scriptContext(view)])
  }

  // MARK: Files

  private func matchesFile(_ view: CheckSpecView, _ context: CheckContext) -> Finding {
    guard var path = view.value?.string else { return .undecided("\"matches-file\" needs a file") }
    if path.hasPrefix("file://") { path.removeFirst(7) }
    guard let bytes = try? tools.read(path) else {
      return .undecided("there is no approved \(path) yet; look at the output, then: assay approve")
    }
    let approved = String(decoding: bytes, as: UTF8.self).trimmed
    let same = approved == context.input.text.trimmed
    return .holds(same, "the output \(same ? "is" : "is not") what was approved in \(path)")
  }
}

func describe(_ error: any Error) -> String {
  if let problem = error as? Problem { return problem.message }
  if let failure = error as? Failure { return failure.message }
  return String(describing: error)
}

func splitFunction(_ reference: String) -> (path: String, function: String?) {
  guard let colon = reference.lastIndex(of: ":"), reference[..<colon].contains(".") else {
    return (reference, nil)
  }
  let function = reference[reference.index(after: colon)...]
  guard !function.isEmpty, !function.contains("/"), !function.contains("\\") else { return (reference, nil) }
  return (String(reference[..<colon]), String(function))
}

func scriptLanguage(_ type: String) -> CheckTools.Code.Language? {
  switch type {
  case "javascript": .javascript
  case "python": .python
  case "ruby": .ruby
  default: nil
  }
}

func scriptLanguage(ofFile path: String) -> CheckTools.Code.Language? {
  if [".js", ".mjs", ".cjs", ".ts", ".mts", ".cts"].contains(where: path.hasSuffix) { return .javascript }
  if path.hasSuffix(".py") { return .python }
  return path.hasSuffix(".rb") ? .ruby : nil
}
