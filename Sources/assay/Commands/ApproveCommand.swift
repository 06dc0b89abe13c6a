import Formats
import Ledger
import Terminal
import Vocabulary

/// `assay approve`: what a run said becomes what `matches-file` wants.
enum ApproveCommand {
  static let entry = Program.Entry(
    Command(
      "approve", "take a run's replies as the approved ones of matches-file", section: "evaluate",
      discussion: """
        Every matches-file check of the run gets its file: the reply as it was judged, transforms included. Look at \
        the replies first (assay show RUN), and commit the files beside the suite. Files outside the suite's folder \
        are not written. A check with a transform of its own is refused, as what it judged is not recorded: the \
        transform belongs into the case's options.transform.
        """,
      arguments: [Argument("RUN", "default: the latest", isOptional: true)],
      options: [
        .init("target", nil, .value("LABEL"), "only replies of this target"),
        .init("case", nil, .list("N"), "only this case, counted from 1"),
        .init("dry-run", nil, .flag, "say what would be written"),
        LedgerFile.option,
      ],
      examples: [
        Example("assay approve --dry-run", "which files would change"),
        Example("assay approve --case 3", "one reply alone"),
      ]), run)

  private struct Approval {
    var text: String
    var target: String
  }

  static func run(_ arguments: Arguments, _ console: Console) async throws -> ExitCode {
    let ledger = try LedgerFile.open(LedgerFile.path(arguments, console.environment))
    let run = try LedgerFile.run(arguments.words.first ?? "latest", in: ledger)
    guard let suite = run.suiteFile, File.exists(suite) else {
      throw Problem(
        "the suite of run \(run.name) is not here: \(run.suiteFile ?? "it has none")",
        mend: "run assay approve in the folder where the run was started")
    }
    let folder = Path.folder(of: suite)
    let approvals = try approvals(of: run, ledger, arguments)
    var counts = (new: 0, changed: 0, same: 0)
    for (path, approval) in approvals.sorted(by: { $0.key < $1.key }) {
      let place = Path.resolve(path, against: folder)
      guard Path.isInside(place, folder: folder) else {
        throw Problem("\(path) is outside the suite's folder", mend: "approved files stand beside the suite")
      }
      let before = File.exists(place) ? try File.readText(place) : nil
      let text = approval.text.hasSuffix("\n") ? approval.text : approval.text + "\n"
      if before == text {
        counts.same += 1
        continue
      }
      console.print("\(before == nil ? "new    " : "changed") \(printable(place))")
      if before == nil { counts.new += 1 } else { counts.changed += 1 }
      guard !arguments.has("dry-run") else { continue }
      let parent = Path.folder(of: place)
      if !parent.isEmpty, !File.exists(parent) { try File.createFolder(parent) }
      try File.write(text, to: place)
    }
    let word = arguments.has("dry-run") ? "would be approved" : "approved"
    console.print("\(counts.new) new and \(counts.changed) changed \(word), \(counts.same) as before")
    return .held
  }

  private static func approvals(of run: RunRow, _ ledger: Ledger, _ arguments: Arguments) throws -> [String:
    Approval]
  {
    let targets = try ledger.targets(of: run.id)
    if let wanted = arguments.value("target"), !targets.contains(where: { $0.label == wanted }) {
      let near = nearest(to: wanted, in: targets.map(\.label))
      throw Problem(
        "run \(run.name) has no target \"\(wanted)\"" + (near.map { "; did you mean \"\($0)\"?" } ?? ""))
    }
    let labels = Dictionary(uniqueKeysWithValues: targets.map { ($0.id, $0.label) })
    let cases = try arguments.values("case").map { text -> Int in
      guard let number = Int(text), number > 0 else {
        throw UsageError("--case takes a number from 1, not \"\(text)\"")
      }
      return number - 1
    }
    var found: [String: Approval] = [:]
    var seesChecks = false
    for trial in try ledger.trials(of: run.id) {
      let label = labels[trial.slot.targetID] ?? ""
      if let wanted = arguments.value("target"), wanted != label { continue }
      if !cases.isEmpty, !cases.contains(trial.slot.caseNo) { continue }
      let checks = try ledger.checks(of: trial.id)
      if let check = transformed(in: checks) { throw refusal(of: check) }
      let paths = files(of: checks)
      guard !paths.isEmpty else { continue }
      seesChecks = true
      guard let text = try ledger.output(of: trial) else { continue }
      for path in paths {
        if let other = found[path], other.text != text {
          throw Problem(
            other.target == label
              ? "\(path): the replies of \(label) differ from each other"
              : "\(path): the replies of \(other.target) and \(label) differ",
            mend:
              "choose one with --target or --case, or give each case a file of its own: value: \"{{id}}.txt\""
          )
        }
        found[path] = Approval(text: text, target: label)
      }
    }
    guard seesChecks else {
      throw Problem("run \(run.name) has no matches-file check" + (cases.isEmpty ? "" : " in these cases"))
    }
    return found
  }

  /// A check that judged something else than the recorded output.
  private static func transformed(in checks: [CheckResult]) -> CheckResult? {
    for check in checks {
      if check.hasOwnTransform { return check }
      if let found = transformed(in: check.components) { return found }
    }
    return nil
  }

  private static func refusal(of check: CheckResult) -> Problem {
    Problem(
      "this matches-file check judges what its own transform makes of the reply, which is not recorded: "
        + "nothing is approved",
      at: check.location,
      mend: "move it into the case's options.transform and run again, or choose other cases with --case")
  }

  private static func files(of checks: [CheckResult]) -> [String] {
    checks.flatMap { check -> [String] in
      guard check.type == "matches-file", let path = check.expected?.string else {
        return files(of: check.components)
      }
      return [path.hasPrefix("file://") ? String(path.dropFirst(7)) : path]
    }
  }
}
