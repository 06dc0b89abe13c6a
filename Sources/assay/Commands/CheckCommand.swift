import Formats
import Models
import Suites
import Terminal

/// `assay check`: read and explain suites, call nobody.
enum CheckCommand {
  static let entry = Program.Entry(
    Command(
      "check", "read and explain a suite, call nobody", section: "evaluate",
      arguments: SuiteOptions.arguments,
      options: [
        .init(
          "print", nil, .flag,
          "print the suite with $ref and env filled in and several files laid together; file:// stays as written"
        ),
        .init("json", nil, .flag, "as JSON"),
        .init(
          "simulate", nil, .flag, "as for a run with --simulate: no target needs to be one that can be asked"),
        LedgerFile.option,
      ] + SuiteOptions.all,
      examples: [
        Example("assay check suite.yaml", "trials, files, keys that are missing, what it may cost"),
        Example("assay check suite.yaml --print", "the suite as one tree of JSON"),
      ]), run)

  static func run(_ arguments: Arguments, _ console: Console) async throws -> ExitCode {
    let environment = try RunSession.environment(arguments, console)
    let scripts = SuiteScripts(allowed: !arguments.has("no-scripts")) { console.note(printable($0)) }
    var options = try SuiteOptions.load(
      arguments, environment: environment, ledger: LedgerFile.path(arguments, environment))
    if !arguments.has("no-scripts") { options.scripts = scripts.caller }
    var loaded = try await SuiteLoader.load(
      try SuiteOptions.paths(arguments), options: options, environment: environment)
    if arguments.has("simulate") { loaded.suite.targets = loaded.suite.targets.map(Rehearsal.redirected) }
    _ = try RunGates(loaded.suite.gates)
    let refused = refusedTargets(loaded.suite.targets)
    if arguments.has("print") {
      if !refused.isEmpty { throw Problems(refused) }
      console.print(loaded.resolved.pretty)
      return .held
    }
    let explanation: SuiteExplanation
    do throws(Problems) { explanation = try SuiteExplanation(loaded) } catch {
      throw Problems(refused + error.all)
    }
    if !refused.isEmpty { throw Problems(loaded.suite.notes.filter { $0.severity == .warning } + refused) }
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

  /// What a run would refuse before it asks anyone. Keys that are missing are told with the rest.
  private static func refusedTargets(_ targets: [Target]) -> [Problem] {
    targets.compactMap { target in
      guard let problem = Endpoint.objection(to: target.id) else { return nil }
      return Problem(problem.message, at: target.location, mend: problem.mend)
    }
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
