import Formats
import Ledger
import Reports
import Terminal

/// `assay report`: any format, again, from the ledger.
enum ReportCommand {
  static let entry = Program.Entry(
    Command(
      "report", "any format, again, from the ledger", section: "look",
      arguments: [
        Argument("RUN", "name or its beginning, number, or latest (the default)", isOptional: true)
      ],
      options: [
        .init(
          "output", "o", .list("FILE"), "where to; the ending decides the format; default: standard output",
          completes: .files),
        .init("format", "f", .value("FORMAT"), "the format", choices: ReportFormat.allCases.map(\.rawValue)),
        LedgerFile.option,
      ],
      examples: [
        Example("assay report -o run.junit.xml -o run.md", "the latest run"),
        Example("assay report latest --format markdown", "to standard output"),
      ]), run)

  static func run(_ arguments: Arguments, _ console: Console) async throws -> ExitCode {
    let path = LedgerFile.path(arguments, console.environment)
    let ledger = try LedgerFile.open(path)
    let run = try LedgerFile.run(arguments.words.first ?? "latest", in: ledger)
    var reports = RunReports(of: run, in: ledger)
    let format = arguments.value("format").flatMap(ReportFormat.init(rawValue:))
    if arguments.values("output").isEmpty {
      try reports.write(to: "/dev/stdout", format: format ?? .markdown)
    }
    for output in arguments.values("output") { try reports.write(to: output, format: format) }
    return .held
  }
}
