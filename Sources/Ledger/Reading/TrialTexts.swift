import Formats
import Vocabulary

/// Reads the texts of trials; what many trials share (cases, kinds of checks, what they say) is made once.
struct TextReader {
  private let run: Int64
  private let connection: Ledger.Connection
  private let checkRows: Statement
  private let contents: Statement
  private var test: CaseRow?
  private var specs: [Int64: Spec] = [:]

  /// A kind of check with what it said last: checks that hold mostly say the same.
  private struct Spec {
    var result: CheckResult
    var reason = LastText<String>()
  }

  init(_ run: Int64, _ connection: Ledger.Connection) throws(LedgerError) {
    self.run = run
    self.connection = connection
    checkRows = try connection.statement(
      "SELECT no, parent, spec_id, outcome, score, reason, details FROM checks WHERE trial_id = ? ORDER BY no"
    )
    contents = try connection.statement("SELECT body, parts FROM contents WHERE id = ?")
  }

  mutating func trial(_ figure: TrialFigureRow, _ texts: FigureCursor.Texts, _ parts: TrialParts)
    throws(LedgerError) -> TrialInFull
  {
    if test?.no != figure.slot.caseNo { test = try Ledger.caseRow(figure.slot.caseNo, of: run, connection) }
    let known = CaseRow(
      no: figure.slot.caseNo, key: figure.caseKey, description: nil, variables: JSONObject(),
      metadata: JSONObject(), location: nil)
    var trial = TrialInFull(figure: figure, test: test ?? known)
    trial.reason = texts.reason
    trial.errorMessage = texts.errorMessage
    if parts.contains(.checks) { trial.checks = try checks(of: figure.trialID) }
    if parts.contains(.output) { trial.output = try output(texts.outputID, figure.replyID) }
    if parts.contains(.calls) { trial.calls = try Ledger.tracedCalls(of: figure.trialID, connection) }
    return trial
  }

  private mutating func checks(of trial: Int64) throws(LedgerError) -> [CheckResult] {
    checkRows.add(trial)
    defer { checkRows.reset() }
    var results: [CheckResult] = []
    var places: [(no: Int, parent: Int?)] = []
    var isNested = false
    while try checkRows.step() {
      results.append(try check())
      let parent = checkRows.optionalInt(1)
      if parent != nil { isNested = true }
      places.append((checkRows.int(0), parent))
    }
    if !isNested { return results }
    let flat = zip(places, results).map { (no: $0.no, parent: $0.parent, result: $1) }
    return Ledger.tree(flat[...], below: nil)
  }

  private mutating func check() throws(LedgerError) -> CheckResult {
    let id = checkRows.integer(2)
    if specs[id] == nil {
      // A suite of a million cases may have as many checks.
      if specs.count > 4_096 { specs = [:] }
      specs[id] = Spec(result: try spec(id))
    }
    let row = checkRows
    var result = specs[id]?.result ?? CheckResult(.error, score: 0, reason: "")
    result.outcome = row.outcome(3) ?? .error
    result.score = row.double(4)
    if let reason = specs[id]?.reason.value(row, 5, { $0 }) { result.reason = reason }
    if !row.isNull(6) { Ledger.fill(&result, details: row.optionalJSON(6)) }
    return result
  }

  private func spec(_ id: Int64) throws(LedgerError) -> CheckResult {
    let statement = try connection.statement(
      """
      SELECT type, metric, weight, threshold, path, line, column, expected, reason
      FROM check_specs LEFT JOIN files ON files.id = file_id WHERE check_specs.id = ?
      """)
    statement.add(id)
    defer { statement.reset() }
    var result = CheckResult(.error, score: 0, reason: "", type: "unknown")
    if try statement.step() {
      result.type = statement.text(0)
      result.metric = statement.optionalText(1)
      result.weight = statement.double(2)
      result.threshold = statement.optionalDouble(3)
      result.location = statement.location(4)
      result.expected = statement.optionalJSON(7)
      result.reason = statement.text(8)
    }
    return result
  }

  private func output(_ id: Int64?, _ reply: Int64?) throws(LedgerError) -> String? {
    if let id {
      let bytes = try Ledger.content(id, connection)
      return (try? JSON(parsing: bytes))?.string ?? String(decoding: bytes, as: UTF8.self)
    }
    guard let reply else { return nil }
    if let text = try plainText(of: reply) { return text }
    let content = (try? JSON(parsing: try Ledger.content(reply, connection))) ?? .null
    if let text = content["text"]?.string, !text.isEmpty { return text }
    let whole = ReplyCoding.reply(content: content, details: nil, responseID: nil, usage: nil)
    return whole.output.string ?? whole.output.text
  }

  /// Of the many replies that are text and little else; nil where a closer look is needed.
  private func plainText(of reply: Int64) throws(LedgerError) -> String? {
    contents.add(reply)
    defer { contents.reset() }
    guard try contents.step(), contents.isNull(1) else { return nil }
    return contents.withBytes(0) { JSON.leadingString("text", in: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }
}

/// What a text of a column stands for, remembered: most rows say what the row before said.
struct LastText<Value> {
  private var bytes: [UInt8] = []
  private var value: Value?

  mutating func value(_ row: Statement, _ column: Int32, _ make: (String) -> Value?) -> Value? {
    if row.isNull(column) { return nil }
    if value != nil, row.holds(bytes, in: column) { return value }
    bytes = row.bytes(column)
    value = make(String(decoding: bytes, as: UTF8.self))
    return value
  }
}
