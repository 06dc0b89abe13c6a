import Vocabulary

/// A vote that counts, with the trial that its reply belongs to.
public struct TrialVoteRow: Sendable {
  public var trialID: Int64
  public var slot: Slot
  public var target: String
  /// Empty for one without a name.
  public var voter: String
  public var value: Double
  /// Nil where the trial has no verdict.
  public var outcome: Outcome?
}

extension Ledger {
  /// Votes on the replies of a run's trials; a reply that a run used again brings its votes along. Of a voter with a
  /// name only the latest vote on a reply counts.
  public func trialVotes(of run: Int64) throws(LedgerError) -> [TrialVoteRow] {
    // Most runs have none: then no call is looked at.
    guard try !rows("SELECT 1 FROM votes WHERE id >= ? LIMIT 1", 0, { _ in 0 }).isEmpty else { return [] }
    return try rows(Self.selectTrialVotes, run) { row in
      TrialVoteRow(
        trialID: row.integer(0),
        slot: Slot(
          caseNo: row.int(1), promptID: row.integer(2), targetID: row.integer(3), repetition: row.int(4)),
        target: row.text(5), voter: row.text(6), value: row.double(7),
        outcome: row.optionalText(8).flatMap(Outcome.init(rawValue:)))
    }
  }

  /// The same, taken together by trial.
  public func voteTallies(of run: Int64) throws(LedgerError) -> [Int64: VoteTally] {
    var tallies: [Int64: VoteTally] = [:]
    for vote in try trialVotes(of: run) { tallies[vote.trialID, default: VoteTally()].add(vote.value) }
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
    try rows(Self.selectChecks(ofOneRun: run != nil), run ?? -1) { row in
      VotedCheck(
        type: row.text(0), metric: row.optionalText(1), judge: row.optionalText(2),
        cluster: row.text(5), holds: row.text(3) == "pass", isUp: row.double(4) > 0)
    }
  }

  /// The votes that count, and the trials that each is of: those that asked and, later, those that used the reply again.
  private static let standing = """
    WITH standing AS (
      SELECT id, call_id, coalesce(voter, '') AS voter, value FROM votes AS v
      WHERE voter IS NULL
        OR id = (SELECT max(id) FROM votes AS w WHERE w.call_id = v.call_id AND w.voter = v.voter)
    ),
    on_trials AS (
      SELECT calls.run_id, calls.trial_id, standing.id, voter, value, 0 AS is_reused
      FROM standing JOIN calls ON calls.id = standing.call_id
      WHERE calls.trial_id IS NOT NULL AND purpose = 'trial'
      UNION ALL
      SELECT calls.run_id, calls.trial_id, standing.id, voter, value, 1
      FROM standing JOIN calls AS asked ON asked.id = standing.call_id
      -- What used it again has its request, which has an index.
      JOIN calls ON calls.request_id = asked.request_id AND calls.original_call_id = asked.id
      WHERE calls.trial_id IS NOT NULL AND calls.purpose = 'trial'
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
      WHERE ?1 IN (-1, calls.run_id) AND calls.purpose IN ('trial', 'ask', 'live')
      ORDER BY standing.call_id
      """

  private static func selectChecks(ofOneRun: Bool) -> String {
    standing + """
      , voted AS (
        SELECT trial_id, avg(value) AS vote FROM on_trials
        WHERE \(ofOneRun ? "run_id = ?1" : "?1 = -1 AND NOT is_reused")
        GROUP BY trial_id
      )
      SELECT type, metric, checks.details ->> '$.judge', checks.outcome, vote,
        coalesce(content.body ->> '$.metadata.cluster', 'case ' || cases.key)
      FROM voted JOIN checks ON checks.trial_id = voted.trial_id JOIN check_specs ON check_specs.id = spec_id
      JOIN trials ON trials.id = voted.trial_id
      JOIN cases ON cases.run_id = trials.run_id AND cases.no = trials.case_no
      JOIN contents AS content ON content.id = cases.content_id
      WHERE vote <> 0 AND checks.outcome IN ('pass', 'fail')
      ORDER BY voted.trial_id, checks.no
      """
  }

  private static let selectTrialVotes =
    standing + """

      SELECT trials.id, trials.case_no, trials.prompt_id, trials.target_id, repetition, label, voter, value, outcome
      FROM on_trials JOIN trials ON trials.id = on_trials.trial_id JOIN targets ON targets.id = trials.target_id
      WHERE on_trials.run_id = ?1 ORDER BY on_trials.id
      """
}
