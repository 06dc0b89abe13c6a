import Formats
import Vocabulary

/// The place of a trial in its run.
public struct Slot: Sendable, Hashable {
  public var caseNo: Int
  public var promptID: Int64
  public var targetID: Int64
  /// From 0.
  public var repetition: Int
  public init(caseNo: Int, promptID: Int64, targetID: Int64, repetition: Int) {
    self.caseNo = caseNo
    self.promptID = promptID
    self.targetID = targetID
    self.repetition = repetition
  }
}

/// A case as it is remembered; shared by all trials of the case, written with the first.
public final class CaseRecord: Sendable {
  public let no: Int
  public let key: Int64
  public let description: String?
  public let variables: JSONObject
  public let metadata: JSONObject
  public let location: SourceLocation?

  public init(
    no: Int, key: String, description: String? = nil, variables: JSONObject = JSONObject(),
    metadata: JSONObject = JSONObject(), location: SourceLocation? = nil
  ) {
    self.no = no
    self.key = Self.key(of: key)
    self.description = description
    self.variables = variables
    self.metadata = metadata
    self.location = location
  }

  /// The number under which a case's key is kept.
  public static func key(of text: String) -> Int64 { stableNumber(text) }
}

/// A trial that has ended.
public struct TrialRecord: Sendable {
  public var runID: Int64
  public var slot: Slot
  public var caseRecord: CaseRecord
  public var outcome: Outcome
  public var score: Double
  public var reason: String?
  public var failure: Failure?
  /// Microseconds since 1970 UTC.
  public var startedAt: Int64
  public var total: Microseconds
  /// What was judged, where it is not the reply itself: after a transform, or a case's given output.
  public var output: JSON?
  public var namedScores: [String: Double] = [:]
  public var metadata: JSON?
  public var checks: [CheckResult]
  /// Calls that have not been recorded on their own before.
  public var calls: [CallRecord]

  public init(
    runID: Int64, slot: Slot, caseRecord: CaseRecord, outcome: Outcome, score: Double, startedAt: Int64,
    total: Microseconds, checks: [CheckResult] = [], calls: [CallRecord] = []
  ) {
    self.runID = runID
    self.slot = slot
    self.caseRecord = caseRecord
    self.outcome = outcome
    self.score = score
    self.startedAt = startedAt
    self.total = total
    self.checks = checks
    self.calls = calls
  }
}

/// A call with what its place in the ledger needs beside it.
public struct CallRecord: Sendable {
  public var call: Call
  /// The canonical request, where it was made before: saves making it again.
  public var canonicalRequest: [UInt8]?
  /// The call whose reply was used again.
  public var originalCallID: Int64?
  /// What the original cost, where the reply was used again.
  public var avoided: Money?
  /// The user turn it answers, from 0.
  public var turn: Int?
  /// What a context policy sent and left out.
  public var context: JSON?
  /// The target asked, where it is one of the run's; judges are found by label.
  public var targetID: Int64?
  /// The row in `in_flight` that this call ends.
  public var ticket: Int64?

  public init(_ call: Call) { self.call = call }
}

/// A call that is about to be sent. Not waited for: it tells, after a crash, what may have been billed.
public struct InFlightRecord: Sendable {
  public var ticket: Int64
  public var runID: Int64
  public var caseNo: Int?
  public var target: String
  public var purpose: CallPurpose
  public var sentAt: Int64
  /// What it may cost at most; asked only when the row is written, which it is for few.
  public var reserved: @Sendable () -> Money?
  /// Tokens that it may use at most, where a budget counts them.
  public var reservedTokens: Int?

  public init(
    ticket: Int64, runID: Int64, caseNo: Int?, target: String, purpose: CallPurpose, sentAt: Int64,
    reservedTokens: Int? = nil, reserved: @escaping @Sendable () -> Money?
  ) {
    self.reservedTokens = reservedTokens
    self.ticket = ticket
    self.runID = runID
    self.caseNo = caseNo
    self.target = target
    self.purpose = purpose
    self.sentAt = sentAt
    self.reserved = reserved
  }
}

/// What somebody thinks of a reply.
public struct VoteRecord: Sendable {
  public var call: Int64
  /// 1 is up, -1 is down.
  public var value: Double
  public var comment: String?
  public var voter: String?
  public init(call: Int64, value: Double, comment: String? = nil, voter: String? = nil) {
    self.call = call
    self.value = value
    self.comment = comment
    self.voter = voter
  }
}

/// A change in what the limiter allows: every cut, growth, freeze and learned limit.
public struct LimiterEvent: Sendable {
  /// Microseconds since 1970 UTC.
  public var at: Int64
  public var key: String
  public var kind: String
  public var old: Double?
  public var new: Double?
  public var reason: String?
  public init(at: Int64, key: String, kind: String, old: Double?, new: Double?, reason: String?) {
    self.at = at
    self.key = key
    self.kind = kind
    self.old = old
    self.new = new
    self.reason = reason
  }
}
