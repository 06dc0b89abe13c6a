import Formats
import Models
import Suites
import Templates
import Terminal
import Wire

/// `assay check`: read and explain suites, call nobody.
enum CheckCommand {
  static let entry = Program.Entry(
    Command(
      "check", "read and explain a suite, call nobody", section: "evaluate",
      arguments: SuiteOptions.arguments,
      options: [
        .init("print", nil, .flag, "print the suite as it is read, everything resolved"),
        .init("json", nil, .flag, "as JSON"), LedgerFile.option,
      ] + SuiteOptions.all,
      examples: [
        Example("assay check suite.yaml", "trials, files, keys that are missing, what it may cost"),
        Example("assay check suite.yaml --print", "the resolved suite"),
      ]), run)

  static func run(_ arguments: Arguments, _ console: Console) async throws -> ExitCode {
    let environment = try RunSession.environment(arguments, console)
    let scripts = SuiteScripts(allowed: !arguments.has("no-scripts")) { console.note(printable($0)) }
    var options = try SuiteOptions.load(
      arguments, environment: environment, ledger: LedgerFile.path(arguments, environment))
    if !arguments.has("no-scripts") { options.scripts = scripts.caller }
    let loaded = try await SuiteLoader.load(
      try SuiteOptions.paths(arguments), options: options, environment: environment)
    _ = try RunGates(loaded.suite.gates)
    if arguments.has("print") {
      console.print(loaded.resolved.pretty)
      return .held
    }
    let explanation = try SuiteExplanation(loaded)
    if arguments.has("json") {
      var json = explanation.json.object ?? JSONObject()
      if let cost = cost(loaded, explanation, environment) { json["cost_usd"] = cost.json }
      console.print(JSON.object(json).pretty)
      return .held
    }
    for note in explanation.notes { console.note(printable(note.rendered())) }
    show(explanation, cost(loaded, explanation, environment), console)
    return .held
  }

  /// What all trials may cost: from replies of a quarter of the allowed length to replies of all of it.
  private struct CostRange {
    var least: Double
    var most: Double
    var unknown: [String]

    var json: JSON {
      ["least": JSON(least), "most": JSON(most), "unknown": .array(unknown.map { .string($0) })]
    }
  }

  private static func cost(
    _ loaded: LoadedSuite, _ explanation: SuiteExplanation, _ environment: [String: String]
  )
    -> CostRange?
  {
    var known = loaded.environment
    for need in explanation.keys where !need.isSet { for name in need.variables { known[name] = "not-sent" } }
    let book = try? PriceBook.configured(
      environment: environment, files: loaded.suite.priceFiles, rows: loaded.suite.prices,
      folder: loaded.suite.folder)
    let client = ModelClient(http: HTTPClient(), prices: book ?? .builtIn, environment: known)
    var range = CostRange(least: 0, most: 0, unknown: [])
    for line in explanation.targets {
      guard let target = loaded.suite.targets.first(where: { $0.label == line.label }),
        let endpoint = try? client.endpoint(
          id: target.id, label: target.label, config: target.config, environment: known,
          folder: loaded.suite.folder,
          simulatorURL: "http://127.0.0.1:9"),
        let prompt = loaded.suite.prompts.first, case .template(let text) = prompt.body,
        let test = explanation.sample.first
      else { continue }
      let rendered = (try? PromptTemplate(text).render(test.variables)) ?? text
      guard let asked = try? RenderedPrompt(text: rendered),
        let call = try? client.prepare(endpoint, prompt: asked),
        let worst = client.estimatedCost(of: call)?.dollars
      else {
        range.unknown.append(line.label)
        continue
      }
      range.most += worst * Double(line.trials)
      range.least += worst / 4 * Double(line.trials)
    }
    return range
  }

  private static func show(_ explanation: SuiteExplanation, _ cost: CostRange?, _ console: Console) {
    let style = console.output
    console.print(style.bold(printable(explanation.description ?? explanation.file)))
    console.print(
      "\(explanation.trials) trials: \(explanation.prompts.count) prompts x \(explanation.targets.count) targets x "
        + "\(explanation.cases) cases"
        + (explanation.cases == explanation.casesInSuite ? "" : " (of \(explanation.casesInSuite))"))
    let calls = explanation.calls
    console.print(
      "\(calls.lowerBound == calls.upperBound ? "\(calls.lowerBound)" : "\(calls.lowerBound) to \(calls.upperBound)") calls to models, \(explanation.judgeCalls) to judges"
    )
    if let cost, cost.most > 0 {
      let unknown = cost.unknown.isEmpty ? "" : "; unknown for \(cost.unknown.joined(separator: ", "))"
      console.print(
        "perhaps $\(NumberText.fixed(cost.least, decimals: 4)) to $\(NumberText.fixed(cost.most, decimals: 4)) without judges\(unknown)"
      )
    } else if let unknown = cost?.unknown, !unknown.isEmpty {
      console.print("the cost is unknown for \(unknown.joined(separator: ", ")): no price, or no most output")
    }
    for target in explanation.targets {
      console.print(printable("  \(target.label)  (\(target.id), \(target.trials) trials)"))
    }
    if !explanation.checks.isEmpty {
      let list = explanation.checks.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(
        separator: ", ")
      console.print("checks: \(list)")
    }
    if !explanation.gates.isEmpty {
      console.print(printable("gates: \(explanation.gates.joined(separator: "; "))"))
    }
    if !explanation.files.isEmpty {
      console.print(printable("files: \(explanation.files.joined(separator: ", "))"))
    }
    if !explanation.scripts.isEmpty {
      console.print(printable("scripts: \(explanation.scripts.joined(separator: ", "))"))
    }
    for need in explanation.keys {
      let state = need.isSet ? style.green("set") : style.red("missing")
      console.print("key \(need.variables.joined(separator: " or ")): \(state)")
    }
  }
}
