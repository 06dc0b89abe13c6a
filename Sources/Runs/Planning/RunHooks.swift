import Checks
import Formats
import Models
import Suites
import Vocabulary

/// A reply that is to be judged, with all that a check may look at.
public struct Judgement: Sendable {
  /// What the checks see: the reply, transformed.
  public var reply: Reply
  /// Nil where nobody was asked: a case that brings its output along.
  public var call: Call?
  /// What is known of a reply that came from elsewhere.
  public var given: GivenReply?
  /// Calls before it in the same trial, for checks that look at the whole exchange.
  public var earlierCalls: [Call] = []
  public var test: Case
  /// Of the turn that is judged; the case's own after the last one.
  public var checks: [CheckSpec]
  public var targetID: String
  public var targetConfig: JSONObject
  /// As it was sent.
  public var renderedPrompt: String
  public var variables: JSONObject
  /// Cost of the trial so far, nil where it is not known.
  public var cost: Money?
  /// From the trial's being due to its last reply.
  public var latency: Microseconds?
  public var repetition: Int
  /// Asks a judge within the run's limits and budget, and records the call.
  public var ask: JudgeCaller
  /// Records the trial's calls so far, where that was not done: to be called before anything that takes its time.
  public var keep: @Sendable () async -> Void
}

/// A question to a judge, an embedding or a moderation model.
public struct JudgeQuestion: Sendable {
  public var target: Target
  public var prompt: RenderedPrompt
  public var purpose: CallPurpose
  /// Over the target's own settings.
  public var overrides = JSONObject()
  public var variables = JSONObject()
  /// Sets several votes on one question apart.
  public var sample = 0

  public init(target: Target, prompt: RenderedPrompt, purpose: CallPurpose = .judge) {
    self.target = target
    self.prompt = prompt
    self.purpose = purpose
  }
}

public typealias JudgeCaller = @Sendable (JudgeQuestion) async -> Call

/// A trial that is in the ledger.
public struct RecordedTrial: Sendable {
  /// Place of its case in the order in which the run asks, from 0 without a gap.
  public var order: Int
  /// Trials of that case in all.
  public var trialsOfCase: Int
  public var caseKey: Int64
  public var cluster: String?
  public var prompt: String
  public var target: String
  public var outcome: Outcome
  public var score: Double
  public var namedScores: [String: Double]
  /// Nil where no function was called or wanted.
  public var functionCalls: FunctionCallOutcome?
}

/// What a run needs of the rooms beside it. Each has a plain meaning without it: no checks hold, scripts
/// are an error.
public struct RunHooks: Sendable {
  /// Judges a reply.
  public var check: @Sendable (Judgement) async -> TrialVerdict
  /// Chooses among the replies to a case: a result for each.
  public var compare: @Sendable (CaseComparison) async -> [CheckResult]
  /// Makes the verdict of a case that has a scoring function of its own, from that of its checks.
  public var score: @Sendable (TrialVerdict, Judgement) async -> TrialVerdict
  /// Runs a transform: its code, the value, and the variables and other context.
  public var transform: @Sendable (_ code: String, _ value: JSON, _ context: JSONObject) async throws -> JSON
  /// The same for `transformVars`: over the variables.
  public var transformVariables:
    @Sendable (_ code: String, _ value: JSON, _ context: JSONObject) async throws -> JSON
  /// Makes a prompt that is a function or a command.
  public var makePrompt:
    @Sendable (_ prompt: Prompt, _ variables: JSONObject, _ target: Target) async throws -> JSON
  /// Makes the value of a variable that is a script.
  public var makeVariable: @Sendable (VariableRequest) async throws -> JSON
  /// Hears what happens, for `--json-events`.
  public var event: (@Sendable (RunEvent) -> Void)?
  /// Hears of each trial once it is recorded, on a resumed run first of those that were; true ends the run: what
  /// it wanted to know is known.
  public var knowsEnough: (@Sendable (RecordedTrial) -> Bool)?

  public init() {
    check = { judgement in
      aggregate(
        judgement.checks.map { spec in
          var result = CheckResult.error("no checker is set up")
          result.type = spec.name
          return result
        }, threshold: judgement.test.threshold)
    }
    compare = { comparison in comparison.outputs.map { _ in .error("no checker is set up") } }
    score = { verdict, _ in
      var verdict = verdict
      verdict.outcome = .error
      verdict.reason = "scoring functions are not allowed here"
      return verdict
    }
    transform = { _, _, _ in throw Failure(.script, "scripts are not allowed here") }
    transformVariables = transform
    makePrompt = { _, _, _ in throw Failure(.script, "scripts are not allowed here") }
    makeVariable = { _ in throw Failure(.script, "scripts are not allowed here") }
  }
}

/// A variable whose value a function of a script makes.
public struct VariableRequest: Sendable {
  public var name: String
  public var script: FileReference
  /// The template of the prompt, and all variables as they are before.
  public var prompt: String
  public var variables: JSONObject
  public var target: Target
}

/// What happens in a run, as it happens.
public enum RunEvent: Sendable {
  case started(run: String, seed: UInt64)
  case trial(
    caseNo: Int, target: String, prompt: String, repetition: Int, outcome: Outcome, score: Double,
    cost: Money?,
    total: Microseconds, reason: String?)
  case note(Problem)
  case finished(run: String, state: String, passed: Int, failed: Int, erred: Int, skipped: Int, cost: Money)

  /// One object a line.
  public var json: JSON {
    switch self {
    case .started(let run, let seed):
      ["event": "started", "run": .string(run), "seed": .string(String(seed))]
    case .trial(
      let caseNo, let target, let prompt, let repetition, let outcome, let score, let cost, let total,
      let reason):
      [
        "event": "trial", "case": JSON(caseNo), "target": .string(target), "prompt": .string(prompt),
        "repetition": JSON(repetition), "outcome": .string(outcome.rawValue), "score": JSON(score),
        "cost_usd": cost.map { JSON($0.dollars) } ?? .null, "total_us": JSON(Int(total)),
        "reason": reason.map { .string($0) } ?? .null,
      ]
    case .note(let problem):
      ["event": "note", "severity": .string(problem.severity.rawValue), "message": .string(problem.message)]
    case .finished(let run, let state, let passed, let failed, let erred, let skipped, let cost):
      [
        "event": "finished", "run": .string(run), "state": .string(state), "passed": JSON(passed),
        "failed": JSON(failed), "erred": JSON(erred), "skipped": JSON(skipped),
        "cost_usd": JSON(cost.dollars),
      ]
    }
  }
}
