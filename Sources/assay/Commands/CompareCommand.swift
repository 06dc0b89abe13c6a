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
        the first. Cases are paired by their content; p-values are adjusted together (Holm).
        """,
      arguments: [
        Argument("A", "a run (the baseline)", isOptional: true),
        Argument("B", "another run", isOptional: true),
      ],
      options: [
        .init(
          "metric", "m", .list("METRIC"),
          "pass_rate, score, cost, tokens, latency, ttft, error_rate or metric.NAME"),
        .init(
          "margin", nil, .value("X"), "the smallest difference that matters: 0.02 for 2 points, 0.1 for 10 %"),
        .init("alpha", nil, .value("P"), "error rate of the whole family (0.05)"),
        .init(
          "require", nil, .value("VERDICT"), "fail unless B is this on the first metric",
          choices: ["better", "not-worse"]),
        .init(
          "fail-on", nil, .value("VERDICT"), "fail when B is this on any metric (worse)",
          choices: ["worse", "never"]),
        .init("targets", nil, .list("LABEL"), "only these targets"),
        .init("seed", nil, .value("N"), "seed of resampling"), .init("json", nil, .flag, "as JSON"),
        LedgerFile.option,
      ],
      examples: [
        Example("assay compare", "the targets of the latest run"),
        Example("assay compare main latest --require not-worse --margin 0.02", "a release gate"),
      ]), run)

  static func run(_ arguments: Arguments, _ console: Console) async throws -> ExitCode {
    let ledger = try LedgerFile.open(LedgerFile.path(arguments, console.environment))
    let arms = try arms(arguments, ledger)
    guard arms.count >= 2 else {
      throw UsageError(
        "there is nothing to compare: only \(arms.first.map { "\"\($0.label)\"" } ?? "nothing") was found",
        mend: "name two runs, or a run with two targets")
    }
    let metrics = try metrics(arguments)
    var options = ComparisonOptions()
    options.alpha = try arguments.number("alpha") ?? 0.05
    options.seed = UInt64(try arguments.integer("seed", atLeast: 0) ?? 1)
    if let margin = try arguments.number("margin") {
      guard margin > 0 else { throw UsageError("--margin must be above 0") }
      for metric in metrics { options.margins[metric] = margin }
    }
    let results = compareAll(metrics, allPairs(arms), options)
    if arguments.has("json") {
      console.print(JSON.array(results.map(SummaryJSON.comparison)).pretty)
    } else {
      show(results, arms, metrics, options, console)
    }
    return verdict(results, arguments)
  }

  private static func arms(_ arguments: Arguments, _ ledger: Ledger) throws -> [Arm] {
    let first = try LedgerFile.run(arguments.words.first ?? "latest", in: ledger)
    let a = try RunArms(of: first, in: ledger, label: first.name)
    let wanted = Set(arguments.values("targets"))
    func chosen(_ arms: [Arm]) -> [Arm] { wanted.isEmpty ? arms : arms.filter { wanted.contains($0.label) } }
    guard arguments.words.count > 1 else { return chosen(a.targets) }
    let second = try LedgerFile.run(arguments.words[1], in: ledger)
    let b = try RunArms(of: second, in: ledger, label: second.name)
    // Runs of one target each are compared as they are; of several, target by target under the same label.
    func whole(_ arms: [Arm], _ name: String) -> Arm? {
      guard arms.count == 1, var arm = arms.first else { return nil }
      arm.label = name
      return arm
    }
    if let x = whole(chosen(a.targets), first.name), let y = whole(chosen(b.targets), second.name) {
      return [x, y]
    }
    for arm in chosen(a.targets) {
      if let other = b.targets.first(where: { $0.label == arm.label }),
        chosen(a.targets).count == 1 || wanted.count == 1
      {
        var (x, y) = (arm, other)
        x.label = "\(arm.label) in \(first.name)"
        y.label = "\(other.label) in \(second.name)"
        return [x, y]
      }
    }
    return [merged(chosen(a.targets), first.name), merged(chosen(b.targets), second.name)]
  }

  /// Several targets as one arm: a case is known with its target.
  private static func merged(_ arms: [Arm], _ label: String) -> Arm {
    Arm(
      label: label,
      cases: arms.flatMap { arm in
        arm.cases.map { one in
          var one = one
          one.key += "@" + arm.label
          return one
        }
      })
  }

  private static func metrics(_ arguments: Arguments) throws -> [Metric] {
    let names = arguments.values("metric")
    if names.isEmpty { return [.passRate, .score, .cost, .latency] }
    return try names.map { name in
      guard let metric = Metric(name: name) else {
        throw UsageError("unknown metric \"\(name)\"", mend: "see: assay compare --help")
      }
      return metric
    }
  }

  private static func show(
    _ results: [MetricComparison], _ arms: [Arm], _ metrics: [Metric], _ options: ComparisonOptions,
    _ console: Console
  ) {
    for result in results {
      console.print(printable(result.sentence))
      for note in result.notes { console.print(printable("  note: \(note)")) }
    }
    guard arms.count > 2, let metric = metrics.first else { return }
    console.print("\n" + console.output.bold("ranking by \(metric.title)"))
    for rank in ranking(metric, arms, options) {
      let place = rank.best == rank.worst ? "\(rank.best)." : "\(rank.best).-\(rank.worst)."
      let interval =
        rank.interval.flatMap { i in
          i.lower.flatMap { low in
            i.upper.map { "\(NumberText.fixed(low, decimals: 3)) to \(NumberText.fixed($0, decimals: 3))" }
          }
        } ?? "n/a"
      console.print(
        printable(
          "  \(place)  \(rank.label)  \(NumberText.fixed(rank.value, decimals: 3)) (simultaneous \(interval))"
        ))
    }
  }

  private static func verdict(_ results: [MetricComparison], _ arguments: Arguments) -> ExitCode {
    if let require = arguments.value("require"), let first = results.first {
      let good: Set<Verdict> = require == "better" ? [.better] : [.better, .notWorse, .equivalent]
      if !good.contains(first.verdict) { return .failed }
    }
    if arguments.value("fail-on") != "never", results.contains(where: { $0.verdict == .worse }),
      arguments.words.count > 1
    {
      return .failed
    }
    return .held
  }
}
