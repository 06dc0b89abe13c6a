import Comparison
import Formats
import Ledger
import Reports
import Statistics
import Terminal

/// `assay compare`: targets or runs, side by side, with statistics.
enum CompareCommand {
  static let entry = Program.Entry(
    Command(
      "compare", "targets or runs, side by side, with statistics", section: "evaluate",
      discussion: """
        Without arguments: the targets of the latest run. With one run: its targets. With two: the second against \
        the first, target by target. With --baseline: a run against its suite's baseline. Cases are paired by their \
        content; p-values are adjusted together (Holm).
        """,
      arguments: [
        Argument("A", "a run (the baseline, where there are two)", isOptional: true),
        Argument("B", "another run", isOptional: true),
      ],
      options: [
        .init("baseline", nil, .flag, "the run (latest) against the baseline of its suite and branch"),
        .init(
          "metric", "m", .list("METRIC"),
          "pass_rate, score, cost, tokens, latency, ttft, error_rate or metric.NAME"),
        .init(
          "margin", nil, .list("X"),
          "the smallest difference that matters: 0.02 for 2 points, 0.1 for 10 %; or METRIC=X"),
        .init("alpha", nil, .value("P"), "error rate of the whole family (0.05)"),
        .init(
          "require", nil, .value("VERDICT"), "fail unless B is this on the first metric",
          choices: ["better", "not-worse"]),
        .init(
          "fail-on", nil, .value("VERDICT"),
          "fail when B is this on any metric; default: worse between runs, never within one",
          choices: ["worse", "never"]),
        .init("by", nil, .value("KEY"), "also for each value of this metadata of the cases, for exploring"),
        .init("errors-as-fail", nil, .flag, "what erred has failed, rather than being left out"),
        .init("targets", nil, .list("LABEL"), "only these targets"),
        .init("cases", nil, .value("N"), "show so many changed cases of each kind (5)"),
        .init("output", "o", .list("FILE"), "also write it: .md .html .json", completes: .files),
        .init("seed", nil, .value("N"), "seed of resampling"), .init("json", nil, .flag, "as JSON"),
        LedgerFile.option,
      ],
      examples: [
        Example("assay compare", "the targets of the latest run"),
        Example("assay compare --baseline --require not-worse --margin 0.02", "a release gate"),
        Example("assay compare release-3 latest -o compare.html", "what changed, case by case"),
      ]), run)

  static func run(_ arguments: Arguments, _ console: Console) async throws -> ExitCode {
    let ledger = try LedgerFile.open(LedgerFile.path(arguments, console.environment))
    let metrics = try metrics(arguments)
    let options = try options(arguments, metrics)
    let sides = try ComparedSides(arguments, ledger)
    let most = try arguments.integer("cases", atLeast: 0) ?? 5
    let listsChanges = sides.pairs.count == 1 || sides.runs.count > 1
    let report = try ComparisonReport(
      sides.pairs, metrics, runs: sides.runs, ledger: ledger, options: options,
      mostChanges: listsChanges ? max(most, 200) : 0)
    for path in arguments.values("output") {
      try ComparisonWriting.write(report, to: path)
      console.note("wrote \(path)")
    }
    if arguments.has("json") {
      console.print(ComparisonWriting.json(report).pretty)
    } else {
      console.write(CompareText.text(report, mostCases: most, width: console.width, style: console.output))
    }
    return verdict(report.results, arguments, isAcrossRuns: sides.runs.count > 1)
  }

  private static func options(_ arguments: Arguments, _ metrics: [Metric]) throws -> ComparisonOptions {
    var options = ComparisonOptions()
    options.alpha = try arguments.number("alpha") ?? 0.05
    guard options.alpha > 0, options.alpha < 0.5 else { throw UsageError("--alpha is between 0 and 0.5") }
    options.level = 1 - options.alpha
    options.seed = UInt64(try arguments.integer("seed", atLeast: 0, atMost: .max) ?? 1)
    options.errorsAsFailures = arguments.has("errors-as-fail")
    for text in arguments.values("margin") {
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      guard let number = parts.last.flatMap(Double.init), number > 0, number.isFinite else {
        throw UsageError(
          "--margin takes a number above 0, not \"\(text)\"", mend: "such as 0.02, or cost=0.1")
      }
      if parts.count == 1 {
        for metric in metrics { options.margins[metric] = number }
      } else {
        options.margins[try metric(parts[0])] = number
      }
    }
    if arguments.value("require") == "not-worse", let first = metrics.first, options.margins[first] == nil {
      throw UsageError(
        "--require not-worse needs --margin: how much worse does not matter", mend: "such as --margin 0.02")
    }
    return options
  }

  private static func metrics(_ arguments: Arguments) throws -> [Metric] {
    let names = arguments.values("metric")
    return names.isEmpty ? [.passRate, .score, .cost, .latency] : try names.map(metric)
  }

  private static func metric(_ name: String) throws -> Metric {
    if let metric = Metric(name: name) { return metric }
    let known = ["pass_rate", "score", "cost", "tokens", "latency", "ttft", "error_rate", "metric.NAME"]
    let near = nearest(to: name, in: known)
    throw UsageError(
      "unknown metric \"\(name)\"" + (near.map { "; did you mean \"\($0)\"?" } ?? ""),
      mend: "known: " + known.joined(separator: ", "))
  }

  private static func verdict(_ results: [MetricComparison], _ arguments: Arguments, isAcrossRuns: Bool)
    -> ExitCode
  {
    if let require = arguments.value("require"), let metric = results.first?.metric {
      let good: Set<Verdict> = require == "better" ? [.better] : [.better, .notWorse, .equivalent]
      if results.contains(where: { $0.metric == metric && !good.contains($0.verdict) }) { return .failed }
    }
    let failsOnWorse = arguments.value("fail-on").map { $0 == "worse" } ?? isAcrossRuns
    // Times of two runs were not measured side by side: they are shown, and decide nothing.
    let decides = results.filter { !(isAcrossRuns && $0.metric.isTime) }
    return failsOnWorse && decides.contains { $0.verdict == .worse } ? .failed : .held
  }
}
