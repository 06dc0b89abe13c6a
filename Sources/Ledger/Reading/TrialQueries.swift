import Formats
import Vocabulary

extension Ledger {
  // MARK: Trials

  /// Calls the body with every trial of a run that has ended, by case, prompt, target and repetition;
  /// nothing is gathered. The body must not query the ledger that calls it: open a second one for that.
  public func forEachTrial(
    of run: Int64, _ body: (TrialRow) throws(LedgerError) -> Void
  ) throws(LedgerError) {
    try read { (connection) throws(LedgerError) in
      let statement = try connection.statement(
        Self.selectTrials + " WHERE trials.run_id = ? "
          + "AND outcome IS NOT NULL ORDER BY trials.case_no, prompt_id, target_id, repetition")
      statement.add(run)
      defer { statement.reset() }
      while try statement.step() { try body(Self.trial(statement)) }
    }
  }

  public func trials(of run: Int64) throws(LedgerError) -> [TrialRow] {
    var rows: [TrialRow] = []
    try forEachTrial(of: run) { rows.append($0) }
    return rows
  }

  public func trial(_ id: Int64) throws(LedgerError) -> TrialRow? {
    try rows(Self.selectTrials + " WHERE trials.id = ? AND outcome IS NOT NULL", id, Self.trial).first
  }

  /// The trials of one case that have ended: what a resumed run skips.
  public func trials(of run: Int64, caseNo: Int) throws(LedgerError) -> [TrialRow] {
    try read { (connection) throws(LedgerError) in
      let statement = try connection.statement(
        Self.selectTrials + " WHERE trials.run_id = ? AND trials.case_no = ? AND outcome IS NOT NULL")
      statement.add(run)
      statement.add(caseNo)
      var rows: [TrialRow] = []
      while try statement.step() { rows.append(Self.trial(statement)) }
      return rows
    }
  }

  private static let selectTrials = """
    SELECT trials.id, trials.run_id, trials.case_no, prompt_id, target_id, repetition, cases.key, outcome,
      score, reason, error_kind, error_message, started_at, total_us, output_id, named_scores, metadata
    FROM trials JOIN cases ON cases.run_id = trials.run_id AND cases.no = trials.case_no
    """

  private static func trial(_ row: Statement) -> TrialRow {
    var scores: [String: Double] = [:]
    for (name, score) in row.optionalJSON(15)?.object ?? JSONObject() { scores[name] = score.double }
    return TrialRow(
      id: row.integer(0), runID: row.integer(1),
      slot: Slot(
        caseNo: row.int(2), promptID: row.integer(3), targetID: row.integer(4), repetition: row.int(5)),
      caseKey: row.integer(6), outcome: Outcome(rawValue: row.text(7)) ?? .error, score: row.double(8),
      reason: row.optionalText(9), errorKind: row.optionalText(10).flatMap(ErrorKind.init(rawValue:)),
      errorMessage: row.optionalText(11), startedAt: row.integer(12), total: row.integer(13),
      outputID: row.optionalInteger(14), namedScores: scores, metadata: row.optionalJSON(16))
  }

  // MARK: Checks

  /// What each check of a trial found, sets with their components.
  public func checks(of trial: Int64) throws(LedgerError) -> [CheckResult] {
    let flat = try rows(
      """
      SELECT checks.no, parent, type, metric, weight, threshold, outcome, score,
        coalesce(checks.reason, check_specs.reason), details,
        path, line, column, expected
      FROM checks JOIN check_specs ON check_specs.id = spec_id LEFT JOIN files ON files.id = file_id
      WHERE trial_id = ? ORDER BY checks.no
      """, trial
    ) { row in (no: row.int(0), parent: row.optionalInt(1), result: Self.check(row)) }
    return Self.tree(flat[...], below: nil)
  }

  private static func check(_ row: Statement) -> CheckResult {
    var result = CheckResult(
      Outcome(rawValue: row.text(6)) ?? .error, score: row.double(7), reason: row.text(8), type: row.text(2))
    result.metric = row.optionalText(3)
    result.weight = row.double(4)
    result.threshold = row.optionalDouble(5)
    result.location = row.location(10)
    result.expected = row.optionalJSON(13)
    fill(&result, details: row.optionalJSON(9))
    return result
  }

  /// Named scores, note, an expected value of its own, and whether it had a transform of its own.
  static func fill(_ result: inout CheckResult, details: JSON?) {
    guard let details else { return }
    if let expected = details["expected"] { result.expected = expected.isNull ? nil : expected }
    result.judge = details["judge"]?.string
    result.note = details["note"]?.string
    result.hasOwnTransform = details["own_transform"]?.bool ?? false
    for (name, score) in details["named_scores"]?.object ?? JSONObject() {
      result.namedScores[name] = score.double
    }
  }

  static func tree(
    _ flat: ArraySlice<(no: Int, parent: Int?, result: CheckResult)>, below parent: Int?
  ) -> [CheckResult] {
    flat.filter { $0.parent == parent }.map { entry in
      var result = entry.result
      // A component always stands after its set, so this ends.
      result.components = tree(flat.filter { $0.no > entry.no }[...], below: entry.no)
      return result
    }
  }

  // MARK: Texts

  /// What was judged, as text; nil where there was no reply.
  public func output(of trial: TrialRow) throws(LedgerError) -> String? {
    if let id = trial.outputID {
      let bytes = try content(id)
      if let text = (try? JSON(parsing: bytes))?.string { return text }
      return String(decoding: bytes, as: UTF8.self)
    }
    guard let call = try calls(ofTrial: trial.id).last(where: { $0.purpose == .trial }),
      let reply = try reply(of: call)
    else { return nil }
    return reply.text.isEmpty ? (reply.output.string ?? reply.output.text) : reply.text
  }

  /// What was judged as the value that it was; nil where there was no reply.
  public func judgedOutput(of trial: TrialRow) throws(LedgerError) -> JSON? {
    if let id = trial.outputID { return try? JSON(parsing: try content(id)) }
    guard let call = try calls(ofTrial: trial.id).last(where: { $0.purpose == .trial }) else { return nil }
    return try reply(of: call)?.output
  }

  /// A text by its number, whole.
  public func content(_ id: Int64) throws(LedgerError) -> [UInt8] {
    try read { (connection) throws(LedgerError) in try Self.content(id, connection) }
  }

  public func contentJSON(_ id: Int64) throws(LedgerError) -> JSON {
    (try? JSON(parsing: try content(id))) ?? .null
  }

  static func content(_ id: Int64, _ connection: Connection) throws(LedgerError) -> [UInt8] {
    let statement = try connection.statement("SELECT body, parts FROM contents WHERE id = ?")
    func body(_ id: Int64) throws(LedgerError) -> (bytes: [UInt8], hasParts: Bool) {
      statement.add(id)
      defer { statement.reset() }
      guard try statement.step() else {
        throw LedgerError(.notFound, path: "", detail: "content \(id) is not in the ledger")
      }
      return (statement.bytes(0), !statement.isNull(1))
    }
    let stored = try body(id)
    if !stored.hasParts { return stored.bytes }
    return try ContentParts.filled(stored.bytes) { (part) throws(LedgerError) in try body(part).bytes }
  }
}
