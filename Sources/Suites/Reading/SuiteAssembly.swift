import Formats

/// Makes the typed suite from the tree of its file.
struct SuiteAssembly {
  let root: Node
  let file: String
  let options: LoadOptions
  let environment: [String: String]
  let findings: Findings
  private var pending: [Pending] = []
  private let extraFiles: [String]
  private var folder: String { Path.folder(of: file) }

  /// Cases that a script makes, and where they go.
  private struct Pending {
    var request: ScriptRequest
    var location: SourceLocation
    var source: Int
  }

  init(_ root: SuiteRoot, options: LoadOptions, environment: [String: String], findings: Findings) {
    self.root = root.node
    file = root.file
    extraFiles = root.files
    self.options = options
    self.environment = environment
    self.findings = findings
  }

  mutating func assemble() -> LoadedSuite {
    var loaded = LoadedSuite(suite: Suite(file: file), filter: options.filter, environment: environment)
    loaded.asked = AskedIDs(objection: options.objection, areTargets: !options.isGraded)
    loaded.files = extraFiles
    loaded.resolved = root.json
    loaded.multipliesVariables = environment["PROMPTFOO_DISABLE_VAR_EXPANSION"] == nil
    loaded.delimiter = environment["PROMPTFOO_CSV_DELIMITER"]?.utf8.first
    loaded.testsLocation = root.value("tests")?.location
    loaded.hasScenarios = root.value("scenarios") != nil
    readPlainKeys(into: &loaded.suite)
    readRunOptions(into: &loaded)
    readPrompts(into: &loaded)
    readTargets(into: &loaded)
    readDefaults(into: &loaded)
    readCases(into: &loaded)
    return loaded
  }

  // MARK: plain keys

  private func readPlainKeys(into suite: inout Suite) {
    suite.description = root.text("description")
    suite.environment = root.textMap("env")
    suite.derivedMetrics = (root.value("derivedMetrics")?.items ?? []).compactMap { DerivedMetric($0) }
    for metric in suite.derivedMetrics {
      do throws(Problem) { _ = try Formula(parsing: metric.expression) } catch {
        findings.error(
          "the derived metric \"\(metric.name)\" is no formula: \(error.message)",
          at: metric.location ?? root.keyLocation("derivedMetrics"),
          mend: error.mend ?? "such as: 2 * p * r / (p + r), over the names of metrics")
      }
    }
    suite.gates = (root.value("gates")?.items ?? []).compactMap { GateSpec($0) }
    suite.tags = root.textMap("tags")
    suite.metadata = root.objectValue("metadata") ?? JSONObject()
    suite.repeats = root.integer("repeat") ?? 1
    suite.seed = options.seed ?? root.integer("seed").flatMap { UInt64(exactly: $0) }
    suite.baseline = root.text("baseline")
    suite.secretVariables = Set(root.texts("secret"))
    suite.matchesPromptfooVerdicts = root.text("compat") == "promptfoo"
    suite.outputs = root.texts("outputPath")
    suite.cache = root.flag("cache") ?? false
    if let limits = root.value("limits"), limits.members != nil {
      suite.limits = Limits(limits)
      for (name, entry) in limits.value("providers")?.members ?? [] where entry.members != nil {
        suite.providerLimits[name.plainText ?? ""] = Limits(entry)
      }
    }
    if let budget = root.value("budget") { suite.budget = Budget(budget) }
    for entry in root.value("prices").map({ $0.items ?? [$0] }) ?? [] {
      if let path = entry.plainText {
        let path = FileReference(path).path
        let whole = Path.resolve(path, against: folder)
        if File.exists(whole) {
          suite.priceFiles.append(whole)
        } else {
          findings.missingFile(path, folder: folder, for: "price", at: entry.location)
        }
      } else {
        suite.prices.append(entry.json)
      }
    }
  }

  /// `evaluateOptions`, then `commandLineOptions`, then the flags, each stronger than the one before.
  private func readRunOptions(into loaded: inout LoadedSuite) {
    for key in ["evaluateOptions", "commandLineOptions"] {
      guard let node = root.value(key), node.members != nil else { continue }
      if let count = node.integer("maxConcurrency") { loaded.suite.limits.concurrency = count }
      if let count = node.integer("repeat") { loaded.suite.repeats = count }
      if let cache = node.flag("cache") { loaded.suite.cache = cache }
      if let milliseconds = node.integer("timeoutMs"), milliseconds > 0 {
        loaded.suite.limits.timeoutSeconds = Double(milliseconds) / 1000
      }
      if let milliseconds = node.integer("maxEvalTimeMs"), milliseconds > 0 {
        loaded.suite.maxSeconds = Double(milliseconds) / 1000
      }
      if let milliseconds = node.integer("delay"), milliseconds > 0 { loaded.suite.limits.concurrency = 1 }
      loaded.suite.outputs += node.texts("output")
      if let description = node.text("description") { loaded.suite.description = description }
      readFilters(node, into: &loaded.filter)
    }
    if let repeats = options.repeats { loaded.suite.repeats = repeats }
  }

  private func readFilters(_ node: Node, into filter: inout CaseFilter) {
    if filter.first == nil { filter.first = node.integer("filterFirstN") }
    if filter.sample == nil { filter.sample = node.integer("filterSample") }
    if filter.description == nil { filter.description = node.text("filterPattern") }
    if filter.targets == nil { filter.targets = node.text("filterTargets") ?? node.text("filterProviders") }
    if filter.prompts == nil { filter.prompts = node.text("filterPrompts") }
    let location = node.keyLocation("filterMetadata")
    if filter.metadata.isEmpty {
      filter.metadata = node.texts("filterMetadata").compactMap { text in
        caught(at: location) { () throws(Problem) in try CaseFilter.metadata(text) }
      }
    }
    if filter.range == nil, let text = node.text("filterRange") {
      filter.range = caught(at: node.keyLocation("filterRange")) { () throws(Problem) in
        try CaseFilter.range(text)
      }
    }
  }

  private func caught<Value>(at location: SourceLocation, _ read: () throws(Problem) -> Value) -> Value? {
    do { return try read() } catch {
      findings.error(error.message, at: error.location ?? location, mend: error.mend)
      return nil
    }
  }

  private var commandLine: Node? { root.value("commandLineOptions").flatMap { $0.members == nil ? nil : $0 } }

  private func given(_ text: String) -> Node {
    Node(.scalar(.string(text)), at: SourceLocation(file: file, line: 1, column: 1))
  }

  // MARK: prompts and targets

  private func readPrompts(into loaded: inout LoadedSuite) {
    var reader = PromptReader(
      folder: folder, environment: environment, findings: findings)
    if options.prompts.isEmpty {
      if let node = root.value("prompts") { reader.read(node) }
      if let more = commandLine?.value("prompts") { reader.read(more) }
    } else {
      for text in options.prompts { reader.read(given(text)) }
    }
    if reader.prompts.isEmpty, options.isGraded, root.value("prompts") == nil {
      // What was asked, where the replies tell: of calls of no suite, the conversation.
      reader.read(given("{{ messages | dump if messages else '' }}"))
    }
    loaded.allPrompts = reader.prompts
    loaded.promptNeeds = reader.needs
    loaded.files += reader.files
    loaded.scripts += reader.scripts
    let prefix = commandLine?.text("promptPrefix") ?? "", suffix = commandLine?.text("promptSuffix") ?? ""
    for index in loaded.allPrompts.indices where !(prefix + suffix).isEmpty {
      if case .template(let text) = loaded.allPrompts[index].body {
        loaded.allPrompts[index].body = .template(prefix + text + suffix)
      }
    }
    if loaded.allPrompts.isEmpty, !findings.hasErrors {
      findings.error(
        "the suite has no prompts", at: root.location,
        mend: "add, for example: prompts: [\"Translate {{text}} into French.\"]")
    }
  }

  private func readTargets(into loaded: inout LoadedSuite) {
    if let both = root.value("providers"), root.value("targets") != nil {
      findings.error(
        "the suite has both \"targets\" and \"providers\"", at: both.location,
        mend: "they are the same: put all under \"targets\"")
    }
    let matrix = root.value("settings").map { SettingsMatrix($0, findings: findings) }
    var reader = TargetReader(folder: folder, findings: findings, suiteMatrix: matrix)
    let node = root.value("targets") ?? root.value("providers")
    if let node { reader.read(node) }
    if options.targets.isEmpty, let more = commandLine?.value("providers") { reader.read(more) }
    var chosen = reader.targets
    if !options.targets.isEmpty {
      var own = TargetReader(folder: folder, findings: findings, suiteMatrix: matrix)
      reader.giveLabels()
      chosen = []
      for name in options.targets {
        let known = reader.targets.filter { Selector.matches(name, $0) }
        chosen += known
        if known.isEmpty { own.read(given(name)) }
      }
      chosen += own.targets
    }
    loaded.allTargets = TargetLabels.labelled(chosen)
    loaded.files += reader.files
    let delay =
      ["commandLineOptions", "evaluateOptions"].compactMap { key in
        root.value(key).flatMap { $0.members == nil ? nil : $0.integer("delay") }
      }.first ?? 0
    for index in loaded.allTargets.indices where loaded.allTargets[index].delayMilliseconds == 0 {
      loaded.allTargets[index].delayMilliseconds = delay
    }
    if loaded.allTargets.isEmpty, !options.isGraded, !findings.hasErrors {
      findings.error(
        "the suite has no targets", at: root.location, mend: "add, for example: targets: [\"sim:sim-small\"]")
    }
  }

  // MARK: cases

  private func caseReader(_ loaded: LoadedSuite) -> CaseReader {
    CaseReader(
      folder: folder, findings: findings, targets: loaded.allTargets, prompts: loaded.allPrompts,
      defaultOptions: loaded.defaults.options, asked: loaded.asked)
  }

  private func readDefaults(into loaded: inout LoadedSuite) {
    let reader = caseReader(loaded)
    var defaults = CaseDraft(at: nil)
    if let node = root.value("defaultTest") {
      if let text = node.plainText {
        let path = Path.resolve(FileReference(text).path, against: folder)
        if !File.exists(path) {
          findings.missingFile(
            FileReference(text).path, folder: folder, for: "defaultTest", at: node.location)
        } else if let read = findings.node(of: path, at: node.location) {
          loaded.files.append(path)
          defaults = reader.read(read, isPartial: true)
        }
      } else {
        defaults = reader.readValidated(node, isPartial: true)
      }
    }
    if defaults.own.tools == nil { defaults.own.tools = root.value("tools").map { ToolSpec($0) } }
    if defaults.own.context == nil, let node = root.value("context"), node.members != nil {
      defaults.own.context = ContextPolicy(node)
    }
    if defaults.own.fallback == nil { defaults.own.fallback = root.text("fallback") }
    if defaults.options["provider"] == nil, let judge = root.value("judge")?.json {
      defaults.options["provider"] = judge
      reader.checkJudge(root.value("judge"))
    }
    if let judge = options.judge ?? commandLine?.text("grader") {
      defaults.options["provider"] = .string(judge)
      if options.judge == nil {
        reader.checkJudge(commandLine?.value("grader"))
      } else if !loaded.allTargets.contains(where: { $0.label == judge || $0.id == judge }),
        let problem = options.objection?(judge)
      {
        findings.error("--grader: \(problem.message)", at: nil, mend: problem.mend)
      }
    }
    let variables = (commandLine?.objectValue("var") ?? JSONObject()).laid(options.variables)
    defaults.own.variables = defaults.own.variables.laid(variables)
    defaults.variableRows = defaults.variableRows.map { $0.laid(variables) }
    loaded.defaults = defaults
  }

  private mutating func readCases(into loaded: inout LoadedSuite) {
    var reader = TestsReader(folder: folder, findings: findings, cases: caseReader(loaded))
    if let tests = options.tests {
      reader.read(given(tests))
    } else {
      if let node = root.value("tests") { reader.read(node) }
      for key in ["tests", "vars"] { if let more = commandLine?.value(key) { reader.read(more) } }
      for node in root.value("scenarios")?.items ?? [] { reader.readScenario(node) }
    }
    loaded.files += reader.files
    let hasTests =
      root["tests"] != nil && root.value("tests") != nil || root.value("scenarios") != nil
      || options.tests != nil
      || commandLine?.value("tests") != nil || commandLine?.value("vars") != nil
    loaded.hasCases = hasTests
    if !hasTests {
      reader.addEmptyCase(at: root.location)
      if loaded.defaults.own.checks.isEmpty {
        findings.note(
          "the suite has no cases: each prompt is asked once, and nothing is checked", at: root.location)
      }
    }
    loaded.sources = reader.sources
    for generator in reader.generators {
      pending.append(
        Pending(request: generator.request, location: generator.location, source: generator.source))
      loaded.scripts.append(generator.request.path)
    }
  }

  /// Runs the scripts that make cases.
  mutating func generate(_ loaded: inout LoadedSuite) async {
    if findings.hasErrors { return }
    for item in pending {
      guard let scripts = options.scripts else {
        findings.error(
          "the cases are made by the script \(item.request.path), and scripts are not allowed",
          at: item.location)
        continue
      }
      do {
        let made = try await scripts(item.request)
        let reader = caseReader(loaded)
        let drafts = (made.array ?? [made]).enumerated().map { index, json in
          reader.readRow(Node(json, at: item.location), number: index + 1)
        }
        if drafts.isEmpty {
          findings.error("the script \(item.request.path) made no cases", at: item.location)
        }
        loaded.sources[item.source] = .drafts(drafts)
      } catch {
        findings.error("the script \(item.request.path) failed: \(messageOf(error))", at: item.location)
      }
    }
  }

  /// That a file of rows holds none, and what is to be noted of the first, is told before anything is asked; what
  /// is wrong with a row, when it is read.
  private func demandRows(_ loaded: LoadedSuite) {
    for source in loaded.sources {
      switch source {
      case .table, .lines:
        let first = Findings()
        _ = findings.caught { () throws(Problem) in try loaded.reader(of: source).next(first) }
        for problem in first.problems where problem.severity == .note { findings.add(problem) }
      case .drafts, .given: continue
      }
    }
  }

  /// What can be said only when all is read: filters, names of targets and prompts, files of checks.
  func finish(_ loaded: inout LoadedSuite) {
    loaded.suite.prompts = loaded.allPrompts
    loaded.suite.targets = loaded.allTargets
    demandRows(loaded)
    Crosscheck(root: root, folder: folder, findings: findings).check(&loaded)
  }
}
