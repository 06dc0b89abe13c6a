import Formats
import Suites
import Terminal

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
    let estimate = SuiteEstimate(loaded, explanation, environment: environment)
    if arguments.has("json") {
      var json = explanation.json.object ?? JSONObject()
      json["repeats"] = JSON(loaded.suite.repeats)
      for (name, value) in estimate.json.object ?? JSONObject() { json[name] = value }
      console.print(JSON.object(json).pretty)
      return .held
    }
    for note in explanation.notes { console.note(printable(note.rendered())) }
    show(explanation, estimate, repeats: loaded.suite.repeats, console)
    return .held
  }

  private static func show(
    _ explanation: SuiteExplanation, _ estimate: SuiteEstimate, repeats: Int, _ console: Console
  ) {
    let style = console.output
    console.print(style.bold(printable(explanation.description ?? explanation.file)))
    console.print(
      "\(explanation.trials) trials: \(explanation.prompts.count) prompts x \(explanation.targets.count) targets x "
        + "\(explanation.cases) cases"
        + (explanation.cases == explanation.casesInSuite ? "" : " (of \(explanation.casesInSuite))")
        + (repeats > 1 ? " x \(repeats) repetitions" : ""))
    let calls = explanation.calls
    console.print(
      "\(calls.lowerBound == calls.upperBound ? "\(calls.lowerBound)" : "\(calls.lowerBound) to \(calls.upperBound)") calls to models, \(explanation.judgeCalls) to judges"
    )
    if let text = estimate.text { console.print(printable(text)) }
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
