import Formats
import Vocabulary

/// A run as it was recorded, with the count of its trials by outcome.
public struct RunRow: Sendable {
  public var id: Int64
  public var name: String
  public var description: String?
  public var suiteFile: String?
  public var planKey: String
  public var shard: Shard?
  public var state: RunState
  /// ISO 8601, UTC.
  public var startedAt: String
  public var endedAt: String?
  public var exitCode: Int?
  public var plannedTrials: Int?
  public var seed: UInt64
  public var settings: JSON
  public var versions: JSON
  public var tags: JSON
  public var command: String?
  public var ci: JSON?
  public var gitCommit: String?
  public var gitBranch: String?
  public var host: String?
  public var budget: Money?
  public var summary: JSON?
  public var passed = 0
  public var failed = 0
  public var erred = 0
  public var skipped = 0

  public var trials: Int { passed + failed + erred + skipped }
}

public struct TargetRow: Sendable {
  public var id: Int64
  public var no: Int
  public var label: String
  public var provider: String
  public var config: JSON
  public var settings: JSON
  public var prices: JSON?
  public var location: SourceLocation?
}

public struct PromptRow: Sendable {
  public var id: Int64
  public var no: Int
  public var key: String
  public var label: String
  public var body: String
  public var location: SourceLocation?
}

public struct CaseRow: Sendable {
  public var no: Int
  /// Equal keys are the same case, in any run.
  public var key: Int64
  public var description: String?
  public var variables: JSONObject
  public var metadata: JSONObject
  public var location: SourceLocation?

  public init(
    no: Int, key: Int64, description: String?, variables: JSONObject, metadata: JSONObject,
    location: SourceLocation?
  ) {
    self.no = no
    self.key = key
    self.description = description
    self.variables = variables
    self.metadata = metadata
    self.location = location
  }
}

public struct TrialRow: Sendable {
  public var id: Int64
  public var runID: Int64
  public var slot: Slot
  /// Of the case, for pairing across runs.
  public var caseKey: Int64
  public var outcome: Outcome
  public var score: Double
  public var reason: String?
  public var errorKind: ErrorKind?
  public var errorMessage: String?
  /// Microseconds since 1970 UTC.
  public var startedAt: Int64
  public var total: Microseconds
  /// Content of what was judged, where it is not the last reply itself.
  public var outputID: Int64?
  public var namedScores: [String: Double]
  public var metadata: JSON?
}

/// A call in numbers; its texts are read by their ids.
public struct CallRow: Sendable {
  public var id: Int64
  public var runID: Int64?
  public var trialID: Int64?
  public var turn: Int?
  public var purpose: CallPurpose
  public var source: CallSource
  public var targetID: Int64?
  public var target: String
  public var provider: String
  public var model: String
  public var servedModel: String?
  public var serviceTier: String?
  public var systemFingerprint: String?
  public var requestID: Int64?
  public var replyID: Int64?
  public var usageID: Int64?
  public var originalCallID: Int64?
  public var finishReason: FinishReason?
  public var errorKind: ErrorKind?
  public var errorMessage: String?
  /// Microseconds since 1970 UTC.
  public var scheduledAt: Int64
  public var total: Microseconds
  public var waits: Waits
  public var usage: Usage?
  public var cost: Money?
  public var costReason: String?
  public var avoided: Money?
  public var possiblyBilled: Money
  public var isSimulated: Bool
  public var traceID: String?
  public var details: JSON?
  /// The service's own number of the reply.
  public var responseID: String?
  public var attemptCount: Int
  /// The attempt that succeeded, where one did.
  public var succeeded: Attempt?

  /// Of the attempt that succeeded, where the reply came over the wire.
  public var latency: Microseconds? { timings?.done }
  public var firstOutput: Microseconds? { timings?.firstOutput }
  public var firstVisible: Microseconds? { timings?.firstVisible }

  private var timings: Timings? { source == .network && replyID != nil ? succeeded?.timings : nil }

  public var figures: CallFigures {
    CallFigures(
      source: source, latency: latency ?? (source == .local ? succeeded?.timings.done : nil),
      timeToFirstToken: firstOutput, cost: cost, costReason: costReason)
  }

  /// Time per output token after the first, where it can be known.
  public var timePerOutputToken: Double? {
    timings?.timePerOutputToken(usage)
  }
}

public struct GateRow: Sendable {
  public var no: Int
  public var expression: String
  public var target: String?
  public var location: SourceLocation?
  public var verdict: Outcome?
  public var observed: Double?
  public var explanation: String?

  /// It was judged, and there was nothing that could hold or fail.
  public var isOpen: Bool { verdict == nil && explanation != nil }
}

public struct VoteRow: Sendable {
  public var id: Int64
  public var callID: Int64
  public var value: Double
  public var comment: String?
  public var voter: String?
  public var votedAt: String
}

public struct BaselineRow: Sendable {
  public var name: String
  public var runID: Int64
  public var run: String
  public var setAt: String
  public var note: String?
}

extension Statement {
  func optionalJSON(_ column: Int32) -> JSON? { optionalText(column).flatMap { try? JSON(parsing: $0) } }
  /// Read for every trial and check: told by its first letter.
  func outcome(_ column: Int32) -> Outcome? {
    withBytes(column) { bytes in
      switch bytes.first {
      case UInt8(ascii: "p"): .pass
      case UInt8(ascii: "f"): .fail
      case UInt8(ascii: "e"): .error
      case UInt8(ascii: "s"): .skipped
      default: nil
      }
    }
  }

  func json(_ column: Int32) -> JSON { optionalJSON(column) ?? .null }
  func optionalMoney(_ column: Int32) -> Money? { optionalInteger(column).map(Money.init(picodollars:)) }

  /// From three columns: path, line, column.
  func location(_ column: Int32) -> SourceLocation? {
    guard let file = optionalText(column) else { return nil }
    return SourceLocation(
      file: file, line: optionalInt(column + 1) ?? 0, column: optionalInt(column + 2) ?? 0)
  }
}
