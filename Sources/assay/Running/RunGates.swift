import Comparison
import Formats
import Ledger
import Reports
import Suites

typealias JudgedGate = Comparison.GateVerdict

/// The gates of a run: read before anything is sent, judged when it has ended, recorded beside it.
struct RunGates: Sendable {
  private var gates: [(spec: GateSpec, gate: Gate)]

  /// A gate for each target becomes one gate a target, so that every verdict has a row of its own.
  static func expanded(_ specs: [GateSpec], targets: [Target]) -> [GateSpec] {
    specs.flatMap { spec -> [GateSpec] in
      guard spec.target == "*" || spec.target == "each" else { return [spec] }
      return targets.map { target in
        var own = spec
        own.target = target.label
        return own
      }
    }
  }

  /// Reads all of them; all mistakes at once.
  init(_ specs: [GateSpec]) throws(Problems) {
    var problems: [Problem] = []
    gates = []
    for spec in specs {
      do throws(Problem) { gates.append((spec, try Gate(parsing: spec.expression, at: spec.location))) } catch
      {
        problems.append(error)
      }
    }
    if !problems.isEmpty { throw Problems(problems) }
  }

  var needBaseline: Bool { gates.contains { $0.gate.needsBaseline } }

  /// For a rule that may end the run: each gate with what it is judged on.
  func questions(_ baseline: RunArms?) -> [(gate: Gate, target: String?, baseline: Arm?)] {
    gates.map { spec, gate in
      let base = spec.target.map { label in baseline?.targets.first { $0.label == label } } ?? baseline?.whole
      return (gate, spec.target, base)
    }
  }

  func judge(_ run: Int64, ledgerPath: String, baseline base: RunArms?, recorder: Recorder) async throws
    -> [JudgedGate]
  {
    guard !gates.isEmpty else { return [] }
    let ledger = try LedgerFile.open(ledgerPath)
    let arms = try RunArms(of: try ledger.run(String(run)), in: ledger, label: "this run")
    let verdicts = gates.map { spec, gate -> JudgedGate in
      guard let label = spec.target else { return Comparison.judge(gate, arms.whole, baseline: base?.whole) }
      let arm = arms.targets.first { $0.label == label } ?? Arm(label: label, cases: [])
      return Comparison.judge(gate, arm, target: label, baseline: base?.targets.first { $0.label == label })
    }
    let records = verdicts.enumerated().map { no, verdict in
      RecordedGateVerdict(
        no: no,
        outcome: verdict.isOpen ? nil : verdict.holds ? .pass : verdict.value == nil ? .error : .fail,
        observed: verdict.value,
        explanation: verdict.explanation)
    }
    do throws(LedgerError) { try await recorder.record(records, of: run) } catch { throw error.problem }
    return verdicts
  }
}

extension ExitCode {
  /// Of a run that came to its end.
  init(of summary: RunSummary, _ verdicts: [JudgedGate]) {
    // Errors leave every other figure incomplete, unless a gate says how many are borne.
    let bearsErrors = verdicts.contains { $0.gate.bearsErrors } && !verdicts.contains(where: \.fails)
    if summary.whole.trials == 0 {
      self = .usage
    } else if summary.whole.count(.error) > 0, !bearsErrors {
      self = .erred
    } else if verdicts.contains(where: \.fails) {
      self = .failed
    } else {
      // A gate that says how many may fail stands for the checks; one on cost or time alone says nothing of them.
      let bearsFailures = verdicts.contains { $0.gate.bearsFailures }
      self = summary.whole.count(.fail) > 0 && !bearsFailures ? .failed : .held
    }
  }
}
