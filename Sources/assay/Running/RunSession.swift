import Comparison
import Formats
import Ledger
import Models
import Reports
import Runs
import Simulator
import Suites
import Templates
import Terminal
import Wire

/// One `assay run`: everything that is opened for it, and what it does with them in order.
struct RunSession {
  private let arguments: Arguments
  private let console: Console
  private let loaded: LoadedSuite
  private let environment: [String: String]
  private let ledgerPath: String
  private let scripts: SuiteScripts
  private let simulator: Simulator?
  private let isSimulated: Bool
  private let batch: Batch?

  /// A run that goes through batch files.
  struct Batch {
    var exchange: BatchExchange
    /// What of the suite is asked, for reading the answers later.
    var selection: [String] = []
  }

  /// - Parameter outputs: a file of replies to judge; nobody is asked then but judges.
  init(
    _ arguments: Arguments, _ console: Console, grading outputs: String? = nil, batch: Batch? = nil
  ) async throws {
    try Self.refuseIdle(arguments)
    self.arguments = arguments
    self.batch = batch
    self.console = console
    environment = try Self.environment(arguments, console)
    ledgerPath = LedgerFile.path(arguments, environment)
    if let name = arguments.value("name") { try RunNames.check(name, ledger: ledgerPath) }
    let quiet = arguments.has("quiet")
    scripts = SuiteScripts(allowed: !arguments.has("no-scripts")) { line in
      if !quiet { console.note(printable(line)) }
    }
    var options = try SuiteOptions.load(arguments, environment: environment, ledger: ledgerPath)
    options.isGraded = outputs != nil
    if arguments.value("shard") == nil, let shard = try BatchSystem.shard(environment) {
      options.filter.shard = shard
      if !quiet { console.note("part \(shard.index) of \(shard.count), as the batch system says") }
    }
    if options.filter.shard?.count == 1 { options.filter.shard = nil }
    if !arguments.has("no-scripts") { options.scripts = scripts.caller }
    var loaded = try await SuiteLoader.load(
      try SuiteOptions.paths(arguments), options: options, environment: environment)
    for text in arguments.values("gate") { loaded.suite.gates.append(GateSpec(expression: text)) }
    loaded.suite.gates = RunGates.expanded(loaded.suite.gates, targets: loaded.suite.targets)
    isSimulated = arguments.has("simulate")
    if let outputs {
      loaded = try loaded.grading(outputs)
    } else if isSimulated {
      loaded.suite.targets = loaded.suite.targets.map(Rehearsal.redirected)
    }
    self.loaded = loaded
    let needsSimulator =
      isSimulated || loaded.suite.targets.contains { $0.id.hasPrefix("sim:") }
      || loaded.resolved.text.contains("\"sim:")
    if !needsSimulator, let option = ["faults", "speed"].first(where: { arguments.value($0) != nil }) {
      throw UsageError("--\(option) is for simulated models", mend: "add --simulate")
    }
    simulator =
      needsSimulator && !arguments.has("replay")
      ? try Simulator.start(try Rehearsal.simulator(arguments)) : nil
  }

  /// A flag that would be without effect is a mistake of whoever gave it.
  private static func refuseIdle(_ arguments: Arguments) throws(UsageError) {
    if arguments.has("resume") {
      guard arguments.has("name") else { return }
      throw UsageError("--name is for a new run: one that is resumed keeps its name", mend: "leave it out")
    }
    for name in ["run", "retry-errors"] where arguments.has(name) {
      throw UsageError("--\(name) says something about --resume, which is missing", mend: "add --resume")
    }
  }

  static func environment(_ arguments: Arguments, _ console: Console) throws -> [String: String] {
    var found: [String: String] = [:]
    for file in [".env"] + arguments.values("env-file") where file != ".env" || File.exists(file) {
      for (name, value) in try DotEnv.parse(File.readText(file), file: file) { found[name] = value }
    }
    return found.merging(console.environment) { $1 }
  }

  func execute() async throws -> ExitCode {
    for note in loaded.suite.notes where !arguments.has("quiet") { console.note(printable(note.rendered())) }
    let gates = try RunGates(loaded.suite.gates)
    let isPart = loaded.filter.shard != nil
    if isPart, !loaded.suite.gates.isEmpty, !arguments.has("quiet") {
      console.note("this is a part of the run: its gates are judged when the parts are put together")
    }
    let http = try WireOptions.client(arguments, console)
    let client = ModelClient(
      http: http, prices: try prices(), scripts: scripts.pool, environment: loaded.environment)
    if !arguments.has("replay"), loaded.given == nil { client.expect(loaded.suite.targets.map(\.id)) }
    let resumed = try resumedRun()
    let baseline = try gates.needBaseline ? baselineArms() : nil
    let watch = try stopWatch(gates, baseline, resumed)
    var (hooks, options) = (hooks(http), try options())
    if let watch {
      options.shufflesCases = true
      options.settings["stop_when_sure"] = watch.settings
      hooks.knowsEnough = watch.hear
    }
    let (runner, recorder) = try runner(client, hooks, options, resumed)
    let quiet = arguments.has("quiet")
    for note in runner.notes where !quiet { console.note(printable(note.rendered())) }
    try Signals.listen { count in
      if count == 1 {
        if !quiet { console.note("\nstopping: what is in flight finishes; Ctrl-C again stops now") }
        runner.stop()
      } else {
        runner.stopNow()
      }
    }
    let progress = Task { [console] in
      if !quiet, !arguments.has("json-events") { await ProgressLine(console).follow(runner) }
    }
    let result: RunResult
    do { result = try await runner.run(resuming: resumed) } catch {
      progress.cancel()
      await progress.value
      throw error
    }
    progress.cancel()
    await progress.value
    for problem in result.problems + result.givenUp { console.note(printable(problem.rendered())) }
    if let trouble = result.trouble { console.note(printable(trouble.problem.rendered())) }
    let verdicts =
      isPart
      ? []
      : try await gates.judge(
        result.run.id, ledgerPath: ledgerPath, baseline: baseline, recorder: recorder)
    for line in watch?.account(result) ?? [] {
      try await recorder.note(Problem(line, severity: .note), run: result.run.id)
      if !quiet { console.note(printable(line)) }
    }
    let ledger = runner.ledger
    var summary = try? summarised(result, ledger)
    let code = exitCode(result, verdicts, summary)
    try await recorder.finish(
      result.run, state: result.state, exitCode: Int(code.rawValue), plannedTrials: result.progress.planned,
      summary: nil)
    // As it is now that it has ended; where that can't be read, all is read anew.
    if let row = try? ledger.run(result.run.name, counted: false) {
      summary?.run = row
    } else {
      summary = nil
    }
    // Before the writer closes: it takes the log along only where nobody reads.
    ledger.close()
    await recorder.close()
    simulator?.stop()
    try report(try summary ?? summarised(result, ledger), result, ledger)
    return code
  }

  /// Some check, of all cases or one, is about time.
  var checksTimes: Bool {
    let cases = loaded.cases()
    while let test = try? cases.next() {
      if Judging.count(Judging.untimed(test.checks)) < Judging.count(test.checks) { return true }
    }
    return false
  }

  /// Writes nothing down but the requests; the run waits for their answers.
  func writeBatch() async throws -> RunResult {
    for note in loaded.suite.notes { console.note(printable(note.rendered())) }
    _ = try RunGates(loaded.suite.gates)
    let http = HTTPClient()
    let client = ModelClient(
      http: http, prices: try prices(), scripts: scripts.pool, environment: loaded.environment)
    let (runner, recorder) = try runner(client, hooks(http), try options(), nil)
    let result = try await runner.run()
    runner.ledger.close()
    await recorder.close()
    simulator?.stop()
    if !result.problems.isEmpty { throw Problems(result.problems) }
    if let trouble = result.trouble { throw trouble.problem }
    return result
  }

  // MARK: Parts

  /// The run that regression(...) gates compare with, read before anything is sent.
  private func baselineArms() throws -> RunArms? {
    let named = arguments.value("baseline") ?? loaded.suite.baseline
    guard File.exists(ledgerPath) else {
      if let named, named != "latest" {
        throw Problem("there is no run \"\(named)\": \(ledgerPath) is not there")
      }
      return nil
    }
    let ledger = try LedgerFile.open(ledgerPath)
    let run = try BaselineNames.run(
      named, suite: loaded.suite.file, branch: GitState.current(environment).branch, in: ledger)
    return try run.map { try RunArms(of: $0, in: ledger, label: "baseline \($0.name)") }
  }

  private func stopWatch(_ gates: RunGates, _ baseline: RunArms?, _ resumed: RunRow?) throws -> StopWatch? {
    let asked = arguments.has("stop-when-sure")
    let kept = resumed?.settings["stop_when_sure"]
    guard asked || kept != nil else {
      if arguments.has("margin") { throw UsageError("--margin belongs to --stop-when-sure") }
      return nil
    }
    if let resumed, kept == nil {
      throw Problem(
        "run \(resumed.name) was not begun with --stop-when-sure: its cases were asked in the suite's order",
        mend: "resume it without, or start a new run")
    }
    let margin = try arguments.number("margin") ?? kept?["margin"]?.double
    if let margin, !(margin > 0 && margin < 1) {
      throw UsageError("--margin is a difference of pass rates between 0 and 1, such as 0.05")
    }
    return try StopWatch(
      targets: loaded.suite.targets.map(\.label), gates: gates.questions(baseline),
      derived: Set(loaded.suite.derivedMetrics.map(\.name)),
      hasSeveralPrompts: loaded.suite.prompts.count > 1, margin: margin)
  }

  /// A plan that can't be made leaves nothing behind: the ledger is opened after it.
  private func runner(
    _ client: ModelClient, _ hooks: RunHooks, _ options: RunOptions, _ resumed: RunRow?
  ) throws -> (Runner, Recorder) {
    var loaded = loaded
    if let choice = resumed?.settings["cases"]?.object, loaded.filter.choice.isEmpty {
      try SuiteOptions.take(up: choice, in: &loaded.filter, ledger: ledgerPath)
    }
    do {
      let recorder = try Recorder(path: ledgerPath, checksReferences: false, opens: false)
      let runner = try Runner(loaded, client: client, recorder: recorder, hooks: hooks, options: options)
      try recorder.open()
      return (runner, recorder)
    } catch let error as LedgerError { throw error.problem }
  }

  private func prices() throws -> PriceBook {
    try PriceBook.configured(
      environment: environment, files: loaded.suite.priceFiles, rows: loaded.suite.prices,
      folder: loaded.suite.folder)
  }

  private func hooks(_ http: HTTPClient) -> RunHooks {
    var hooks = RunHooks()
    let simulated =
      simulator != nil && (isSimulated || loaded.suite.targets.allSatisfy { $0.id.hasPrefix("sim:") })
    let judging = Judging(
      suite: loaded, http: http, scripts: scripts, templates: templates,
      defaultJudge: simulated ? "sim:sim-judge" : Self.judge(environment),
      defaultEmbedder: simulated ? "sim:embedding:sim-embedding" : "openai:embedding:text-embedding-3-large",
      rehearses: isSimulated)
    hooks.check = judging.check
    hooks.score = judging.score
    hooks.compare = judging.compare
    let scripts = scripts
    let folder = loaded.suite.folder
    hooks.transform = { code, value, context in
      try await scripts.transform(code, value, context, folder: folder)
    }
    hooks.transformVariables = { code, value, context in
      try await scripts.transform(code, value, context, named: "vars", folder: folder)
    }
    hooks.makePrompt = { [loaded] prompt, variables, target in
      try await scripts.prompt(prompt, variables, target, of: loaded)
    }
    hooks.makeVariable = { request in
      let path = Path.resolve(request.script.path, against: folder)
      var given: [JSON] = [.string(request.name), .string(request.prompt), .object(request.variables)]
      if request.script.isJavaScript {
        given.append(["id": .string(request.target.id), "label": .string(request.target.label)])
      }
      return try await scripts.caller(
        ScriptRequest(
          path: path, function: request.script.function, arguments: given, fallback: "get_var"))
    }
    if arguments.has("json-events") { hooks.event = { event in console.print(event.json.text) } }
    return hooks
  }

  private var templates: TemplateEnvironment {
    var templates = TemplateEnvironment.standard
    templates.env = loaded.environment
    return templates
  }

  /// The judge for checks that name none: of the services whose key is there.
  private static func judge(_ environment: [String: String]) -> String? {
    let known = [
      ("OPENAI_API_KEY", "openai:gpt-4o-mini"), ("ANTHROPIC_API_KEY", "anthropic:messages:claude-sonnet-5"),
      ("GOOGLE_API_KEY", "google:gemini-3.6-flash"), ("GEMINI_API_KEY", "google:gemini-3.6-flash"),
      ("MISTRAL_API_KEY", "mistral:mistral-large-latest"),
    ]
    return known.first { environment[$0.0]?.isEmpty == false }?.1
  }

  private func options() throws -> RunOptions {
    var options = RunOptions()
    options.concurrency = try arguments.integer("jobs", atLeast: 1, atMost: 1_000_000)
    options.cache =
      arguments.has("replay") ? .replay : (arguments.has("cache") || loaded.suite.cache ? .read : .off)
    options.cachesJudges = !arguments.has("refresh")
    options.retriesErrors = arguments.has("retry-errors")
    options.stopsAtFailure = arguments.has("fail-fast")
    options.maxSeconds = try arguments.number("max-time", above: 0, atMost: 1e9)
    // What is replayed is looked up, not asked: any address does.
    options.simulatorURL = simulator?.address ?? (arguments.has("replay") ? "http://127.0.0.1:9" : nil)
    options.seed = loaded.suite.seed ?? 0
    if let text = arguments.value("budget") {
      guard let money = Money(dollars: text.hasPrefix("$") ? String(text.dropFirst()) : text), money >= .zero
      else {
        throw UsageError("--budget takes an amount in USD, not \"\(text)\"")
      }
      options.budget = money
    }
    options.batch = batch?.exchange
    if let selection = batch?.selection, !selection.isEmpty {
      options.settings["batch"] = .array(selection.map { .string($0) })
    }
    options.arrivals = try RateFlags.arrivals(arguments)
    options.countsTrials = !arguments.has("quiet") && !arguments.has("json-events")
    options.templates = templates
    options.name = arguments.value("name")
    options.command = "assay " + ProcessEnvironment.arguments.dropFirst().joined(separator: " ")
    options.versions = ["assay": .string(Program.version)]
    let git = GitState.current(environment)
    options.gitCommit = git.commit
    options.gitBranch = git.branch
    options.ci = CISystem.current(environment)?.facts
    return options
  }

  private func resumedRun() throws -> RunRow? {
    guard arguments.has("resume") else { return nil }
    let ledger = try LedgerFile.open(ledgerPath)
    if let name = arguments.value("run") { return try LedgerFile.run(name, in: ledger) }
    let candidates = try ledger.runs().filter { $0.suiteFile == loaded.suite.file }
    let wanted = candidates.first { $0.state != .done || arguments.has("retry-errors") }
    guard let wanted else {
      throw Problem(
        "no interrupted run of \(loaded.suite.file) is in \(ledgerPath)", mend: "start one without --resume")
    }
    return wanted
  }

  private func exitCode(
    _ result: RunResult, _ verdicts: [JudgedGate], _ summary: RunSummary?
  ) -> ExitCode {
    if !result.problems.isEmpty { return .usage }
    switch result.state {
    case .interrupted where result.stoppedAtFailure:
      return summary.map { $0.whole.count(.error) > 0 ? .erred : .failed } ?? .failed
    case .interrupted, .running: return .interrupted
    case .budget: return .overBudget
    case .failed: return .usage
    case .done: break
    }
    guard let summary else { return .usage }
    if loaded.filter.shard != nil {
      // Of more parts than cases some have nothing to do; where gates decide, they do so over the whole.
      if summary.whole.trials == 0 { return .held }
      if !loaded.suite.gates.isEmpty { return summary.whole.count(.error) > 0 ? .erred : .held }
    }
    return ExitCode(of: summary, verdicts)
  }

  private func summarised(_ result: RunResult, _ ledger: Ledger) throws -> RunSummary {
    try RunSummary(of: try ledger.run(result.run.name, counted: false), in: ledger)
  }

  private func report(_ summary: RunSummary, _ result: RunResult, _ ledger: Ledger) throws {
    let outputs =
      arguments.values("output") + (arguments.values("output").isEmpty ? loaded.suite.outputs : [])
    var reports = RunReports(of: summary.run, in: ledger, summary: summary)
    for path in outputs {
      try reports.write(to: path)
      if !arguments.has("quiet") { console.note("wrote \(path)") }
    }
    if !arguments.has("no-ci") {
      try CISystem.current(environment)?.tell(summary, ledger: ledger, console)
    }
    if arguments.has("json") {
      console.print(RunText.json(summary).pretty)
    } else if !arguments.has("json-events") {
      console.write(
        RunText.text(summary, width: console.width, style: console.output, snapshot: result.progress))
    }
    if case .reads(let answers) = batch?.exchange, answers.missing > 0 {
      if answers.changed > 0 {
        console.note(
          "\(answers.changed) answers are not used: the suite asks something else there now than when the batch was written"
        )
      }
      console.note(
        "\(answers.missing) requests have no answer yet: read the other output files, or ask them now with\n"
          + "assay run \(loaded.suite.file) --resume --run \(result.run.name)")
    } else if result.state == .interrupted || result.state == .budget, !arguments.has("quiet") {
      console.note(
        "go on with: assay run \(loaded.suite.file) --resume"
          + (result.state == .budget ? " --budget MORE" : ""))
    }
  }
}
