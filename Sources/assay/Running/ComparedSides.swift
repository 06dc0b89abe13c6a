import Comparison
import Ledger
import Terminal

/// What `assay compare` holds against what.
struct ComparedSides {
  var pairs: [(a: Arm, b: Arm)]
  var runs: [RunRow]

  init(_ arguments: Arguments, _ ledger: Ledger) throws {
    let wanted = arguments.values("targets")
    var runs = try arguments.words.map { try LedgerFile.run($0, in: ledger) }
    if runs.isEmpty { runs = [try LedgerFile.run("latest", in: ledger)] }
    if arguments.has("baseline") {
      guard runs.count == 1 else {
        throw UsageError("--baseline takes one run", mend: "or name two runs without it")
      }
      runs.insert(try Self.baseline(of: runs[0], ledger), at: 0)
    }
    if runs.count == 2, runs[0].id == runs[1].id {
      throw UsageError("both are run \(runs[0].name)", mend: "assay show lists the runs")
    }
    self.runs = runs
    let key = arguments.value("by")
    let arms = try runs.map { run in
      let all = try RunArms(of: run, in: ledger, label: run.name, slicedBy: key).targets
      for label in wanted where !all.contains(where: { $0.label == label }) {
        throw UsageError(
          "run \(run.name) has no target \"\(label)\"",
          mend: "it has: " + all.map(\.label).joined(separator: ", "))
      }
      return wanted.isEmpty ? all : all.filter { wanted.contains($0.label) }
    }
    pairs = arms.count == 1 ? allPairs(arms[0]) : Self.across(arms[0], arms[1], runs)
    if let key, !pairs.contains(where: { $0.a.cases.contains { $0.slice != nil } }) {
      throw UsageError("no case has metadata.\(key)", mend: "--by takes a key of the cases' metadata")
    }
    guard pairs.isEmpty else { return }
    let found = arms[0].first.map { "only \"\($0.label)\" was found" } ?? "nothing was recorded"
    throw UsageError(
      "there is nothing to compare: \(found)",
      mend: "name two runs, a run with two targets, or use --baseline")
  }

  private static func baseline(of run: RunRow, _ ledger: Ledger) throws -> RunRow {
    let found = try BaselineNames.run(nil, suite: run.suiteFile, branch: run.gitBranch, in: ledger)
    guard let found else {
      throw UsageError(
        "no baseline is set for \(run.suiteFile ?? run.name)", mend: "set one with: assay baseline set RUN")
    }
    guard found.id != run.id else {
      throw UsageError("run \(run.name) is the baseline itself", mend: "name another run")
    }
    return found
  }

  /// Two runs: of one target each as they are; else target by target under the same label; else each as a whole.
  private static func across(_ a: [Arm], _ b: [Arm], _ runs: [RunRow]) -> [(a: Arm, b: Arm)] {
    func named(_ arm: Arm, _ label: String) -> Arm {
      var arm = arm
      arm.label = label
      return arm
    }
    if a.count == 1, b.count == 1 { return [(named(a[0], runs[0].name), named(b[0], runs[1].name))] }
    let same = a.compactMap { arm in b.first { $0.label == arm.label }.map { (arm, $0) } }
    guard same.isEmpty else {
      return same.map {
        (named($0, "\($0.label) in \(runs[0].name)"), named($1, "\($1.label) in \(runs[1].name)"))
      }
    }
    guard !a.isEmpty, !b.isEmpty else { return [] }
    return [(merged(a, runs[0].name), merged(b, runs[1].name))]
  }

  /// Several targets as one: the trials of a case are one unit, whoever answered.
  private static func merged(_ arms: [Arm], _ label: String) -> Arm {
    var places: [String: Int] = [:]
    var cases: [CaseFigures] = []
    for one in arms.flatMap(\.cases) {
      if let place = places[one.key] {
        cases[place].trials += one.trials
      } else {
        places[one.key] = cases.count
        cases.append(one)
      }
    }
    var arm = Arm(label: label, cases: cases)
    arm.run = arms.first?.run
    arm.isWatched = arms.contains(where: \.isWatched)
    return arm
  }
}
