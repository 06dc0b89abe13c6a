import Terminal

/// All commands in the order that help shows them.
enum Program {
  static let version = "0.1.0"

  typealias Action = @Sendable (Arguments, Console) async throws -> ExitCode

  static let command = Command(
    "assay", "evaluate and observe language models: suites in CI, side by side, cost and latency",
    discussion: """
      Suites are YAML files in promptfoo's format. Every call is recorded in a ledger, one SQLite file \
      (.assay/ledger.sqlite, or --ledger, or ASSAY_LEDGER), from which every report can be made again.

      Exit codes: 0 all held, 1 a check or gate failed, 2 the call or the suite is wrong, 3 trials erred, \
      4 stopped by the budget, 130 interrupted (resumable).
      """,
    options: [Option("version", nil, .flag, "show the version")],
    examples: [
      Example("assay run suites/quickstart.yaml", "a first run on simulated models; no key needed"),
      Example("assay run suite.yaml -o report.junit.xml -o report.md", "in CI"),
      Example("assay compare", "the targets of the latest run, side by side"),
    ],
    subcommands: entries.map(\.command))

  static let actions: [String: Action] = Dictionary(
    uniqueKeysWithValues: entries.flatMap { entry in entry.actions.map { ($0.key, $0.value) } })

  /// A command and what it does, by path: `["ledger merge": ...]`.
  struct Entry: Sendable {
    var command: Command
    var actions: [String: Action]

    init(_ command: Command, _ action: @escaping Action) {
      self.command = command
      actions = [command.name: action]
    }

    init(_ command: Command, _ actions: [String: Action]) {
      self.command = command
      self.actions = Dictionary(
        uniqueKeysWithValues: actions.map { ("\(command.name) \($0.key)", $0.value) })
    }
  }

  static let entries: [Entry] = [
    RunCommand.entry,
    GradeCommand.entry,
    ApproveCommand.entry,
    CheckCommand.entry,
    InitCommand.entry,
    CompareCommand.entry,
    RecommendCommand.entry,
    BatchCommand.entry,
    AskCommand.entry,
    ProxyCommand.entry,
    ShowCommand.entry,
    ReportCommand.entry,
    ExportCommand.entry,
    HistoryCommands.costs,
    HistoryCommands.latency,
    HistoryCommands.errors,
    LedgerCommand.entry,
    FeedbackCommands.vote,
    TrustCommand.entry,
    FeedbackCommands.baseline,
    PricesCommand.entry,
    ModelsCommand.entry,
    CompletionsCommand.entry,
    SimulateCommand.entry,
  ]
}
