import Formats

/// A conversation of several turns.
public struct ThreadRow: Sendable {
  public var trialID: Int64
  /// `metadata.persona` of the case.
  public var persona: String?
  /// Description of the case.
  public var name: String?
  public var target: String
  /// The target that spoke in its place.
  public var fallback: String?
  /// Nil while it goes on.
  public var outcome: String?
  public var turns: Int
  public var calls: Int
  public var tokens: Int
  /// The most messages that a context policy left out of one call.
  public var mostLeftOut: Int
  /// Nil where the price of a call is not known.
  public var cost: Money?
}

extension Ledger {
  public func threads(of run: Int64) throws(LedgerError) -> [ThreadRow] {
    try rows(
      """
      SELECT thread_id, persona, "case", target, fallback, threads.outcome, turns, calls,
        coalesce(input_tokens, 0) + coalesce(output_tokens, 0), most_left_out,
        (SELECT CASE WHEN count(*) = count(cost_picodollars) THEN CAST(min(total(cost_picodollars), 9e18) AS INTEGER) END
         FROM calls WHERE trial_id = thread_id AND purpose = 'trial')
      FROM threads WHERE run_id = ? ORDER BY persona IS NULL, persona, thread_id
      """, run
    ) { row in
      ThreadRow(
        trialID: row.integer(0), persona: row.optionalText(1), name: row.optionalText(2), target: row.text(3),
        fallback: row.optionalText(4), outcome: row.optionalText(5), turns: row.int(6), calls: row.int(7),
        tokens: row.int(8), mostLeftOut: row.int(9), cost: row.optionalMoney(10))
    }
  }
}
