import Formats
import Ledger
import Models
import Suites
import Terminal

/// What `run`, `check` and `grade` have in common: which suites, which of their cases, with what changed.
enum SuiteOptions {
  static let arguments = [
    Argument(
      "SUITE", "suite files, folders or patterns; default: promptfooconfig.yaml here", isOptional: true,
      repeats: true, completes: .files)
  ]

  static let all: [Terminal.Option] = [
    .init("first-n", "n", .value("N"), "only the first N cases"),
    .init("sample", nil, .value("N"), "a seeded sample of N cases"),
    .init("range", nil, .value("A:B"), "only cases A to B, counted from 0, B left out"),
    .init("filter", nil, .value("REGEX"), "only cases whose description matches"),
    .init("filter-metadata", nil, .list("KEY=VALUE"), "only cases with this metadata (all must hold)"),
    .init("filter-targets", nil, .value("REGEX"), "only targets whose label or id matches"),
    .init("filter-prompts", nil, .value("REGEX"), "only prompts whose label or id matches"),
    .init("failed", nil, .value("RUN"), "only cases that failed or erred in that run"),
    .init("shard", nil, .value("I/N"), "the I-th of N equal parts of what the other filters leave"),
    .init("target", "r", .list("ID"), "ask these in place of the suite's targets"),
    .init("prompt", "p", .list("TEXT|FILE"), "use these in place of the suite's prompts"),
    .init("tests", "t", .value("FILE"), "use these in place of the suite's cases", completes: .files),
    .init("var", nil, .list("NAME=VALUE"), "a variable under those of every case"),
    .init("repeat", nil, .value("N"), "ask every case N times, a million at most"),
    .init("seed", nil, .value("N"), "seed of every random choice"),
    .init("grader", nil, .value("ID"), "the judge for checks that name none"),
    .init("env-file", nil, .list("FILE"), "further files of environment variables", completes: .files),
    .init("no-scripts", nil, .flag, "run no code of the suite's own"),
  ]

  static func paths(_ arguments: Arguments) throws -> [String] {
    if !arguments.words.isEmpty { return arguments.words }
    guard let found = SuitePaths.usualFile(in: ".") else {
      throw UsageError(
        "no suite was named, and there is no promptfooconfig.yaml here", mend: "make one with: assay init")
    }
    return [found]
  }

  static func load(_ arguments: Arguments, environment: [String: String], ledger path: String) throws
    -> LoadOptions
  {
    var options = LoadOptions()
    options.filter.first = try arguments.integer("first-n", atLeast: 1)
    options.filter.sample = try arguments.integer("sample", atLeast: 1)
    options.filter.range = try arguments.value("range").map { (text) throws(Problem) in
      try CaseFilter.range(text)
    }
    options.filter.description = arguments.value("filter")
    for text in arguments.values("filter-metadata") {
      options.filter.metadata.append(try CaseFilter.metadata(text))
    }
    options.filter.targets = arguments.value("filter-targets")
    options.filter.prompts = arguments.value("filter-prompts")
    options.filter.shard = try shard(arguments, environment)
    if let run = arguments.value("failed") { options.filter.failed = try failed(run, ledger: path) }
    for text in arguments.values("var") {
      guard let equals = text.firstIndex(of: "=") else {
        throw UsageError("--var takes NAME=VALUE, not \"\(text)\"")
      }
      options.variables[String(text[..<equals])] = .string(String(text[text.index(after: equals)...]))
    }
    options.targets = arguments.values("target")
    options.prompts = arguments.values("prompt")
    options.tests = arguments.value("tests")
    options.repeats = try arguments.integer("repeat", atLeast: 1, atMost: LoadOptions.mostRepeats)
    options.seed = try arguments.integer("seed", atLeast: 0, atMost: .max).map(UInt64.init)
    options.judge = arguments.value("grader")
    if !arguments.has("simulate") { options.objection = Endpoint.objection }
    return options
  }

  /// The cases that a run was begun with, as `CaseFilter.choice` tells them.
  static func take(up choice: JSONObject, in filter: inout CaseFilter, ledger path: String) throws {
    filter.first = choice["first"]?.int
    filter.sample = choice["sample"]?.int
    filter.range = try (choice["range"]?.string).map { (text) throws(Problem) in try CaseFilter.range(text) }
    filter.description = choice["description"]?.string
    for text in choice["metadata"]?.array ?? [] {
      filter.metadata.append(try CaseFilter.metadata(text.string ?? ""))
    }
    if let run = choice["failed_in"]?.string { filter.failed = try failed(run, ledger: path) }
  }

  /// `--shard`, or what a batch system says of this job.
  static func shard(_ arguments: Arguments, _ environment: [String: String]) throws -> (
    index: Int, count: Int
  )? {
    if let text = arguments.value("shard") { return try CaseFilter.shard(text) }
    return nil
  }

  private static func failed(_ run: String, ledger path: String) throws -> FailedCases {
    let ledger = try LedgerFile.open(path)
    let row = try LedgerFile.run(run, in: ledger)
    var cases: Set<Int> = []
    try ledger.forEachTrial(of: row.id) { (trial) throws(LedgerError) in
      if trial.outcome == .fail || trial.outcome == .error { cases.insert(trial.slot.caseNo) }
    }
    var keys: Set<Int64> = []
    for no in cases {
      if let key = try ledger.caseRow(no, of: row.id)?.key { keys.insert(key) }
    }
    if keys.isEmpty { throw Problem("nothing failed or erred in run \(row.name)") }
    return FailedCases(run: row.name, keys: keys)
  }
}

/// Where the ledger is, and how its mistakes are told.
enum LedgerFile {
  static let option = Terminal.Option(
    "ledger", nil, .value("FILE"), "the ledger; default .assay/ledger.sqlite, or ASSAY_LEDGER",
    completes: .files)

  static func path(_ arguments: Arguments, _ environment: [String: String]) -> String {
    arguments.value("ledger") ?? environment["ASSAY_LEDGER"].flatMap { $0.isEmpty ? nil : $0 }
      ?? ".assay/ledger.sqlite"
  }

  /// For reading.
  static func open(_ path: String) throws(Problem) -> Ledger {
    do throws(LedgerError) { return try Ledger(path: path) } catch { throw error.problem }
  }
}
