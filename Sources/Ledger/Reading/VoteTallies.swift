import Vocabulary

/// The votes on one trial's replies, taken together.
public struct VoteTally: Sendable, Hashable {
  public var count = 0
  public var up = 0
  public var down = 0
  /// Of all votes, each as 0 for down to 1 for up.
  var sum = 0.0

  public init() {}

  public mutating func add(_ value: Double) {
    count += 1
    if value > 0 { up += 1 }
    if value < 0 { down += 1 }
    sum += (value + 1) / 2
  }

  /// From 0, all down, to 1, all up; nil without votes.
  public var mean: Double? { count > 0 ? sum / Double(count) : nil }
}

/// One vote on one reply.
public struct VotedReply: Sendable {
  /// Label of the target that was asked.
  public var target: String
  /// Equal for votes on the same trial or call.
  public var reply: String
  /// Equal for replies to the same question.
  public var question: String
  public var cluster: String?
  /// From -1 to 1.
  public var value: Double
}

/// What one check said of a reply that people voted on.
public struct VotedCheck: Sendable {
  public var type: String
  public var metric: String?
  /// The target that judged, where one did.
  public var judge: String?
  public var holds: Bool
  public var isUp: Bool
}

extension Ledger {
  /// Votes on the replies of a run's trials, by trial; a reply that a run used again brings its votes along.
  /// Of a voter with a name only the latest vote on a reply counts.
  public func voteTallies(of run: Int64) throws(LedgerError) -> [Int64: VoteTally] {
    // Most runs have none: then no call is looked at.
    guard try !rows("SELECT 1 FROM votes WHERE id >= ? LIMIT 1", 0, { _ in 0 }).isEmpty else { return [:] }
    var tallies: [Int64: VoteTally] = [:]
    for (trial, value) in try rows(Self.selectVotes, run, { ($0.integer(0), $0.double(1)) }) {
      tallies[trial, default: VoteTally()].add(value)
    }
    return tallies
  }

  /// Every voted reply of a run, or of the whole ledger with what was asked from the shell.
  public func votedReplies(of run: Int64? = nil) throws(LedgerError) -> [VotedReply] {
    try rows(Self.selectReplies, run ?? -1) { row in
      VotedReply(
        target: row.text(0), reply: row.text(1), question: row.text(2), cluster: row.optionalText(3),
        value: row.double(4))
    }
  }

  /// What each check said of every voted trial. Replies with as many votes up as down say nothing and are left out.
  public func votedChecks(of run: Int64? = nil) throws(LedgerError) -> [VotedCheck] {
    try rows(Self.selectChecks, run ?? -1) { row in
      VotedCheck(
        type: row.text(0), metric: row.optionalText(1), judge: row.optionalText(2),
        holds: row.text(3) == "pass",
        isUp: row.double(4) > 0)
    }
  }

  private static let standing = """
    WITH standing AS (
      SELECT call_id, value FROM votes AS v
      WHERE voter IS NULL
        OR id = (SELECT max(id) FROM votes AS w WHERE w.call_id = v.call_id AND w.voter = v.voter)
    )
    """

  private static let selectReplies =
    standing + """

      SELECT targets.label, coalesce('trial ' || trials.id, 'call ' || calls.id),
        coalesce(cases.key || '/' || trials.prompt_id, 'request ' || calls.request_id),
        content.body ->> '$.metadata.cluster', value
      FROM standing
      JOIN calls ON calls.id = standing.call_id
      LEFT JOIN trials ON trials.id = calls.trial_id
      LEFT JOIN cases ON cases.run_id = trials.run_id AND cases.no = trials.case_no
      LEFT JOIN contents AS content ON content.id = cases.content_id
      JOIN targets ON targets.id = coalesce(trials.target_id, calls.target_id)
      WHERE ?1 IN (-1, calls.run_id) AND calls.purpose IN ('trial', 'ask')
      ORDER BY standing.call_id
      """

  private static let selectChecks =
    standing + """
      , voted AS (
        SELECT calls.trial_id, avg(value) AS vote FROM standing JOIN calls ON calls.id = standing.call_id
        WHERE ?1 IN (-1, calls.run_id) AND calls.trial_id IS NOT NULL AND purpose = 'trial'
        GROUP BY calls.trial_id
      )
      SELECT type, metric, details ->> '$.judge', outcome, vote
      FROM voted JOIN checks ON checks.trial_id = voted.trial_id JOIN check_specs ON check_specs.id = spec_id
      WHERE vote <> 0 AND outcome IN ('pass', 'fail')
      ORDER BY voted.trial_id, checks.no
      """

  private static let selectVotes =
    standing + """

      SELECT calls.trial_id, value FROM standing JOIN calls ON calls.id = standing.call_id
      WHERE calls.run_id = ?1 AND calls.trial_id IS NOT NULL AND purpose = 'trial'
      UNION ALL
      SELECT calls.trial_id, value FROM calls JOIN standing ON standing.call_id = calls.original_call_id
      WHERE calls.run_id = ?1 AND calls.trial_id IS NOT NULL AND purpose = 'trial'
      """
}
