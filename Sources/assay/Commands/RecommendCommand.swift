import Comparison
import Formats
import Ledger
import Reports
import Terminal

/// `assay recommend`: which target to use, under conditions, and how sure that is.
enum RecommendCommand {
  static let entry = Program.Entry(
    Command(
      "recommend", "which target to use, under conditions, and how sure that is", section: "evaluate",
      discussion: """
        Of the targets of one run or several, the best on one metric among those that meet every condition. Conditions \
        are gates: 'per_1000(cost) <= $1' (cost of a thousand calls), 'p95(latency) <= 2s', 'pass_rate >= 0.9', \
        'error_rate <= 1%', 'trust >= 0.8'. A settled answer is wrong at most as seldom as --confidence says; what is \
        not settled comes with what more data would settle it.
        """,
      arguments: [
        Argument(
          "RUN", "runs, taken together by target; default: the latest", isOptional: true, repeats: true)
      ],
      options: [
        .init(
          "best", "b", .value("METRIC"),
          "what decides: trust (the default where there are votes), pass_rate (else), score, cost, latency, "
            + "function_success, metric.NAME, ..."),
        .init("where", "w", .list("GATE"), "a condition that the target must meet"),
        .init("confidence", nil, .value("P"), "of a settled answer (0.95)"),
        .init("margin", nil, .value("X"), "differences up to here do not matter: 0.02 for 2 points"),
        .init("settled", nil, .flag, "fail unless the answer is settled"),
        .init("targets", nil, .list("LABEL"), "only these targets"),
        .init("seed", nil, .value("N"), "seed of resampling"), .init("json", nil, .flag, "as JSON"),
        LedgerFile.option,
      ],
      examples: [
        Example(
          "assay recommend --best trust --where 'per_1000(cost) <= $1' --where 'p95(latency) <= 2s'",
          "best trust under a dollar for a thousand calls and two seconds"),
        Example("assay recommend monday tuesday --best pass_rate --margin 0.02", "two runs together"),
      ]), run)

  static func run(_ arguments: Arguments, _ console: Console) async throws -> ExitCode {
    let ledger = try LedgerFile.open(LedgerFile.path(arguments, console.environment))
    let arms = try arms(arguments, ledger)
    var wish = Wish(best: try metric(arguments, arms), conditions: try conditions(arguments))
    wish.confidence = try arguments.number("confidence") ?? 0.95
    guard wish.confidence > 0.5, wish.confidence < 1 else {
      throw UsageError("--confidence must be between 0.5 and 1")
    }
    wish.margin = try arguments.number("margin")
    if let margin = wish.margin, margin <= 0 { throw UsageError("--margin must be above 0") }
    wish.seed = UInt64(try arguments.integer("seed", atLeast: 0, atMost: .max) ?? 1)
    let found = recommend(wish, arms)
    if arguments.has("json") {
      console.print(RecommendText.json(found).pretty)
    } else {
      console.write(RecommendText.text(found, width: console.width, style: console.output))
    }
    if found.pick == nil { return .failed }
    return arguments.has("settled") && !found.isSettled ? .failed : .held
  }

  private static func conditions(_ arguments: Arguments) throws -> [Gate] {
    try arguments.values("where").map { text in
      let gate = try Gate(parsing: text)
      if let objection = gate.objectionAsCondition { throw UsageError("--where \"\(text)\": \(objection)") }
      return gate
    }
  }

  private static func metric(_ arguments: Arguments, _ arms: [Arm]) throws -> Metric {
    guard let name = arguments.value("best") else {
      let hasVotes = arms.contains { $0.cases.contains { $0.trials.contains { $0.trust != nil } } }
      return hasVotes ? .trust : .passRate
    }
    if let metric = Metric(name: name) { return metric }
    let near = nearest(to: name, in: Metric.names)
    throw UsageError(
      "unknown metric \"\(name)\"" + (near.map { "; did you mean \"\($0)\"?" } ?? ""),
      mend: "known: " + Metric.names.joined(separator: ", ") + ", metric.NAME")
  }

  /// The targets of all runs that were named, joined by label.
  private static func arms(_ arguments: Arguments, _ ledger: Ledger) throws -> [Arm] {
    let names = arguments.words.isEmpty ? ["latest"] : arguments.words
    var arms: [Arm] = []
    for name in names {
      let run = try LedgerFile.run(name, in: ledger)
      for arm in try RunArms(of: run, in: ledger, label: run.name).targets {
        if let place = arms.firstIndex(where: { $0.label == arm.label }) {
          arms[place] = arms[place].joined(with: arm)
        } else {
          arms.append(arm)
        }
      }
    }
    let wanted = arguments.values("targets")
    for label in wanted where !arms.contains(where: { $0.label == label }) {
      throw UsageError(
        "there is no target \"\(label)\" in \(names.joined(separator: ", "))",
        mend: "its targets: " + arms.map(\.label).joined(separator: ", "))
    }
    if !wanted.isEmpty { arms = arms.filter { wanted.contains($0.label) } }
    guard !arms.isEmpty else { throw Problem("there is nothing to choose from: no trial has ended") }
    return arms
  }
}
