import Formats
import Suites
import Synchronization
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
    results.reserveCapacity(checks.count)
    for spec in checks { results.append(await result(of: spec, context)) }
    return Self.verdict(results, of: checks, threshold: threshold)
  }

  /// All together. A reply that guardrails blocked is what a suite with `purpose: redteam` is there to see.
  private static func verdict(_ results: [CheckResult], of checks: [CheckSpec], threshold: Double?)
    -> TrialVerdict
  {
    var verdict = aggregate(results, threshold: threshold)
    let blocked = zip(checks, results).contains { spec, result in
      spec.type == "guardrails" && !spec.isNegated && result.outcome == .fail
        && spec.config["purpose"]?.string == "redteam"
    }
    if blocked {
      verdict.outcome = .pass
      verdict.reason = "guardrails blocked the content, as a red-team case wants"
    }
    return verdict
  }

  /// One check, or a set of them, with its name, metric and weight.
  func result(of spec: CheckSpec, _ context: CheckContext) async -> CheckResult {
    var result = spec.type == "assert-set" ? await set(spec, context) : await single(spec, context)
    result.type = spec.name
    result.weight = spec.weight
    result.threshold = spec.threshold
    result.location = spec.location
    result.hasOwnTransform = spec.name == "matches-file" && spec.transform != nil
    // A name that renders to nothing is no name.
    result.metric = spec.metric.map { render($0, context.input.variables) ?? $0 }.flatMap {
      $0.isEmpty ? nil : $0
    }
    if tools.matchesPromptfoo, result.outcome == .error {
      // promptfoo knows no third outcome: what can't be decided fails there.
      result.outcome = .fail
      result.score = 0
    }
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
    guard let transform = spec.transform else { return await judged(spec, context) }
    var context = context
    do {
      context.input.output = try await transformed(
        context.input.output, by: transform, CheckSpecView(spec), context)
    } catch {
      return .error(describe(error))
    }
    return await judged(spec, context)
  }

  private func judged(_ spec: CheckSpec, _ context: CheckContext) async -> CheckResult {
    let view: CheckSpecView
    do {
      view = CheckSpecView(spec, value: try await resolved(spec, context))
    } catch {
      return .error(describe(error))
    }
    let looks =
      PureChecks.all[spec.type] != nil && MeasureChecks.all[spec.type] == nil
      || JudgeChecks.all[spec.type] != nil
    if looks, MarkRuns.areTooLong(in: context.input.output) { return .error(MarkRuns.refusal) }
    if let check = PureChecks.all[spec.type] {
      var finding = check(view, context.input)
      if spec.isNegated { finding = Compatibility.negated(finding, view, context) }
      return result(finding, view)
    }
    if let family = scriptLanguage(spec.type) { return await runScript(family, view, context) }
    if let judge = JudgeChecks.all[spec.type] {
      let name = JudgeName()
      var noting = context
      noting.tools.ask = name.noting(context.tools.ask)
      var result = apply(await judge.asked(view, noting), view)
      result.judge = name.text
      return result
    }
    switch spec.type {
    case "webhook": return await webhook(view, context)
    case "matches-file": return result(matchesFile(view, context), view)
    case "select-best", "max-score":
      var waiting = CheckResult(.skipped, score: 0, reason: "decided when all replies of the case are there")
      waiting.expected = view.value
      return waiting
    default: return .error("there is no check \"\(spec.type)\"")
    }
  }

  private func result(_ finding: Finding, _ view: CheckSpecView) -> CheckResult {
    var result: CheckResult
    switch finding {
    case .decided(let holds, let score, let because):
      result = CheckResult(holds ? .pass : .fail, score: min(1, max(0, score)), reason: because)
    case .undecided(let why): result = .error(why)
    }
    result.expected = view.value
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

  // MARK: Values

  /// A string is a template or a file; strings in a list are templates; objects stay as they are.
  func resolved(_ spec: CheckSpec, _ context: CheckContext) async throws -> JSON? {
    switch spec.value {
    case .string(let text):
      if text.hasPrefix("package:") {
        throw Problem("\(excerpt(text)): functions of packages are not called; give a file: file://check.js")
      }
      if text.hasPrefix("file://"), spec.type != "matches-file" {
        if scriptLanguage(spec.type) != nil { return spec.value }
        return try await loaded(String(text.dropFirst(7)), spec, context)
      }
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
    guard text.hasBrace(before: "{%") else { return text }
    let place = spec.location
    return try Template(text, file: place?.file ?? "check", line: place?.line ?? 1)
      .render(variables, environment: tools.templates)
  }

  func render(_ text: String, _ variables: JSONObject) -> String? {
    guard text.hasBrace(before: "{") else { return text }
    return try? Template(text, file: "check").render(variables, environment: tools.templates)
  }

  func transformed(_ output: JSON, by source: String, _ view: CheckSpecView, _ context: CheckContext)
    async throws
    -> JSON
  {
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
    let output = context.input.text.trimmed
    let same = approved.utf8.elementsEqual(output.utf8)
    let place = same ? "" : firstDifference(approved, output)
    let finding = Finding.holds(
      same, "the output \(same ? "is" : "is not") what was approved in \(path)\(place)")
    return view.spec.isNegated ? finding.negated : finding
  }

  private func firstDifference(_ approved: String, _ output: String) -> String {
    let (a, b) = (
      approved.split(separator: "\n", omittingEmptySubsequences: false),
      output.split(separator: "\n", omittingEmptySubsequences: false)
    )
    let line = zip(a, b).prefix { $0 == $1 }.count
    func text(_ lines: [Substring]) -> String {
      line < lines.count ? quoted(excerpt(String(lines[line]), 80)) : "nothing"
    }
    return "; line \(line + 1): approved \(text(a)), now \(text(b))"
  }
}

/// Who was asked for a verdict: the first of them.
private final class JudgeName: Sendable {
  private let first = Mutex<String?>(nil)

  var text: String? { first.withLock { $0 } }

  func noting(
    _ ask: @escaping @Sendable (CheckTools.Question) async -> Call
  ) -> @Sendable (CheckTools.Question) async -> Call {
    { question in
      let call = await ask(question)
      self.first.withLock { $0 = $0 ?? call.target }
      return call
    }
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
