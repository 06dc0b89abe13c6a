import Vocabulary

/// A vote with the trial that its reply belongs to.
public struct TrialVoteRow: Sendable {
  public var slot: Slot
  public var target: String
  public var voter: String
  public var value: Double
  /// Nil where the trial has no verdict.
  public var outcome: Outcome?
}

extension Ledger {
  /// All votes on replies of a run's trials; the last of each voter counts.
  public func trialVotes(of run: Int64) throws(LedgerError) -> [TrialVoteRow] {
    let all = try rows(
      """
      SELECT trials.case_no, trials.prompt_id, trials.target_id, repetition, label, coalesce(voter, ''), value,
        outcome, trials.id
      FROM votes JOIN calls ON calls.id = votes.call_id JOIN trials ON trials.id = calls.trial_id
      JOIN targets ON targets.id = trials.target_id
      WHERE trials.run_id = ? AND calls.purpose = 'trial' ORDER BY votes.id
      """, run
    ) { row in
      TrialVoteRow(
        slot: Slot(
          caseNo: row.int(0), promptID: row.integer(1), targetID: row.integer(2), repetition: row.int(3)),
        target: row.text(4), voter: row.text(5), value: row.double(6),
        outcome: row.optionalText(7).flatMap(Outcome.init(rawValue:)))
    }
    var last: [String: TrialVoteRow] = [:]
    for vote in all { last["\(vote.slot)\u{0}\(vote.voter)"] = vote }
    return last.sorted { $0.key < $1.key }.map(\.value)
  }
}
