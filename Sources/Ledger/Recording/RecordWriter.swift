import Formats
import Vocabulary

/// Writes records as rows. Lives on the writer's thread, within its transactions: the prepared statements,
/// and what was stored lately.
struct RecordWriter {
  let database: Database
  var contents: ContentWriter
  var files: InternedTexts
  var models: InternedTexts
  var servedModels: InternedTexts
  var costReasons: InternedTexts
  var targets: InternedTexts
  var specs: CheckSpecWriter
  var secrets = Secrets()

  private let insertCase: Statement
  private let upsertTrial: Statement
  private let beginTrial: Statement
  private let deleteChecks: Statement
  private let insertCheck: Statement
  private let insertInFlight: Statement
  private let deleteInFlight: Statement
  private let findTarget: Statement
  private let caseIsThere: Statement
  private let calls: CallWriter
  /// Cases that are known to be written, of the run that writes.
  private var writtenCases: Set<Int> = []
  private var writtenCasesRun: Int64 = -1
  private var targetsByLabel: [String: Int64] = [:]

  init(_ database: Database) throws(LedgerError) {
    self.database = database
    contents = try ContentWriter(database)
    files = try InternedTexts(database, table: "files", columns: ["path"])
    models = try InternedTexts(database, table: "models", columns: ["provider", "name"])
    servedModels = try InternedTexts(
      database, table: "served_models", columns: ["name", "service_tier", "system_fingerprint"])
    costReasons = try InternedTexts(database, table: "cost_reasons", columns: ["reason"])
    targets = try InternedTexts(
      database, table: "targets", columns: ["label", "provider", "config", "settings"])
    specs = try CheckSpecWriter(database)
    calls = try CallWriter(database)
    caseIsThere = try database.prepare("SELECT key FROM cases WHERE run_id = ? AND no = ?")
    insertCase = try database.prepare(
      """
      INSERT INTO cases (run_id, no, key, content_id, file_id, line, column) VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET key = excluded.key, content_id = excluded.content_id,
        file_id = excluded.file_id, line = excluded.line, column = excluded.column
      """)
    upsertTrial = try database.prepare(
      """
      INSERT INTO trials (run_id, case_no, prompt_id, target_id, repetition, outcome, score, reason,
        error_kind, error_message, started_at, total_us, output_id, named_scores, metadata)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET outcome = excluded.outcome, score = excluded.score, reason = excluded.reason,
        error_kind = excluded.error_kind, error_message = excluded.error_message,
        started_at = excluded.started_at, total_us = excluded.total_us, output_id = excluded.output_id,
        named_scores = excluded.named_scores, metadata = excluded.metadata
      RETURNING id
      """)
    beginTrial = try database.prepare(
      """
      INSERT INTO trials (run_id, case_no, prompt_id, target_id, repetition) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET repetition = excluded.repetition RETURNING id
      """)
    deleteChecks = try database.prepare("DELETE FROM checks WHERE trial_id = ?")
    insertCheck = try database.prepare(
      """
      INSERT INTO checks (trial_id, no, parent, spec_id, outcome, score, reason, details)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """)
    insertInFlight = try database.prepare(
      """
      INSERT OR REPLACE INTO in_flight
        (id, run_id, case_no, target, purpose, sent_at, reserved_picodollars)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      """)
    deleteInFlight = try database.prepare("DELETE FROM in_flight WHERE id = ?")
    findTarget = try database.prepare("SELECT id FROM targets WHERE label = ? ORDER BY id DESC LIMIT 1")
  }

  /// After a rollback, or when texts were deleted.
  mutating func forget() {
    contents.forget()
    files.forget()
    models.forget()
    servedModels.forget()
    costReasons.forget()
    targets.forget()
    specs.forget()
    writtenCases = []
    targetsByLabel = [:]
  }

  // MARK: Trials

  /// Writes a trial that has ended, in place of what was recorded of its slot before; gives its id.
  mutating func write(_ trial: TrialRecord) throws(LedgerError) -> Int64 {
    try writeCase(trial.caseRecord, runID: trial.runID)
    let output = try trial.output.map { (json) throws(LedgerError) in try contents.id(of: masked(json)) }
    let statement = upsertTrial
    add(trial.slot, runID: trial.runID, to: statement)
    statement.add(trial.outcome.rawValue)
    statement.add(trial.score)
    statement.add(trial.reason.map(masked))
    statement.add(trial.failure?.kind.rawValue)
    statement.add(trial.failure.map { masked($0.message) })
    statement.add(trial.startedAt)
    statement.add(trial.total)
    statement.add(output)
    statement.add(Self.scores(trial.namedScores)?.text)
    statement.add(trial.metadata.map { masked($0).text })
    let id = try returnedID(statement)
    for call in trial.calls { _ = try write(call, runID: trial.runID, trialID: id) }
    deleteChecks.add(id)
    try deleteChecks.run()
    var no = 0
    for check in trial.checks { try write(check, trialID: id, parent: nil, no: &no) }
    return id
  }

  mutating func amend(
    _ trial: Int64, outcome: Outcome, score: Double, reason: String?, namedScores: [String: Double],
    checks: [CheckResult]
  ) throws(LedgerError) {
    let update = try database.prepare(
      "UPDATE trials SET outcome = ?, score = ?, reason = ?, named_scores = ? WHERE id = ?")
    update.add(outcome.rawValue)
    update.add(score)
    update.add(reason.map(masked))
    update.add(Self.scores(namedScores)?.text)
    update.add(trial)
    try update.run()
    deleteChecks.add(trial)
    try deleteChecks.run()
    var no = 0
    for check in checks { try write(check, trialID: trial, parent: nil, no: &no) }
  }

  /// Writes a call of a trial that goes on; gives the call's id.
  mutating func write(
    _ call: CallRecord, runID: Int64, slot: Slot, caseRecord: CaseRecord
  ) throws(LedgerError) -> Int64 {
    try writeCase(caseRecord, runID: runID)
    add(slot, runID: runID, to: beginTrial)
    let trialID = try returnedID(beginTrial)
    return try write(call, runID: runID, trialID: trialID)
  }

  private func add(_ slot: Slot, runID: Int64, to statement: Statement) {
    statement.add(runID)
    statement.add(slot.caseNo)
    statement.add(slot.promptID)
    statement.add(slot.targetID)
    statement.add(slot.repetition)
  }

  private func returnedID(_ statement: Statement) throws(LedgerError) -> Int64 {
    guard try statement.step() else {
      throw LedgerError(.failed, path: database.path, detail: "no id was returned")
    }
    let id = statement.integer(0)
    statement.reset()
    return id
  }

  private mutating func writeCase(_ record: CaseRecord, runID: Int64) throws(LedgerError) {
    if writtenCasesRun != runID || writtenCases.count > 16_384 {
      writtenCases = []
      writtenCasesRun = runID
    }
    guard writtenCases.insert(record.no).inserted else { return }
    caseIsThere.add(runID)
    caseIsThere.add(record.no)
    defer { caseIsThere.reset() }
    if try caseIsThere.step(), caseIsThere.integer(0) == record.key { return }
    var object = JSONObject()
    if let description = record.description { object["description"] = .string(description) }
    if !record.metadata.isEmpty { object["metadata"] = .object(record.metadata) }
    object["variables"] = .object(record.variables)
    insertCase.add(runID)
    insertCase.add(record.no)
    insertCase.add(record.key)
    insertCase.add(try contents.id(of: masked(.object(object))))
    try addLocation(record.location, to: insertCase)
    try insertCase.run()
  }

  private mutating func write(
    _ check: CheckResult, trialID: Int64, parent: Int?, no: inout Int
  ) throws(LedgerError) {
    let place = no
    no += 1
    let file = try check.location.map { (at) throws(LedgerError) in try files.id(at.file) }
    let spec = try specs.id(of: check, file: file)
    insertCheck.add(trialID)
    insertCheck.add(place)
    insertCheck.add(parent)
    insertCheck.add(spec)
    insertCheck.add(check.outcome.rawValue)
    insertCheck.add(check.score)
    insertCheck.add(masked(check.reason))
    insertCheck.add(Self.details(of: check).map { masked(.object($0)).text })
    try insertCheck.run()
    for component in check.components { try write(component, trialID: trialID, parent: place, no: &no) }
  }

  private static func details(of check: CheckResult) -> JSONObject? {
    if check.note == nil && check.expected == nil && check.namedScores.isEmpty { return nil }
    var object = JSONObject()
    if let expected = check.expected { object["expected"] = expected }
    if let scores = scores(check.namedScores) { object["named_scores"] = scores }
    if let note = check.note { object["note"] = .string(note) }
    return object
  }

  static func scores(_ scores: [String: Double]) -> JSON? {
    if scores.isEmpty { return nil }
    return .object(JSONObject(scores.sorted { $0.key < $1.key }.map { ($0.key, JSON($0.value)) }))
  }

  // MARK: Calls

  mutating func write(_ record: CallRecord, runID: Int64?, trialID: Int64?) throws(LedgerError) -> Int64 {
    if let ticket = record.ticket {
      deleteInFlight.add(ticket)
      try deleteInFlight.run()
    }
    let call = record.call
    let target: Int64
    if let id = record.targetID { target = id } else { target = try targetID(label: call.target) }
    let ids = CallWriter.Ids(
      run: runID, trial: trialID, target: target,
      model: try models.id(call.provider, call.model),
      servedModel: try servedModelID(call),
      request: try requestID(record),
      reply: try call.reply.map { (reply) throws(LedgerError) in
        try contents.id(of: masked(ReplyCoding.content(of: reply)))
      },
      usage: try call.reply?.rawUsage.map { (usage) throws(LedgerError) in try contents.id(of: usage) },
      costReason: try call.costReason.map { (reason) throws(LedgerError) in try costReasons.id(reason) })
    return try calls.write(record, ids, secrets: secrets)
  }

  private mutating func requestID(_ record: CallRecord) throws(LedgerError) -> Int64? {
    if record.call.request.isNull { return nil }
    let canonical = record.canonicalRequest ?? record.call.request.canonicalBytes
    if secrets.occur(in: canonical) {
      let request = secrets.masked(record.call.request)
      return try contents.id(ofRequest: request, canonical: request.canonicalBytes)
    }
    return try contents.id(ofRequest: record.call.request, canonical: canonical)
  }

  private mutating func servedModelID(_ call: Call) throws(LedgerError) -> Int64? {
    guard let reply = call.reply, reply.model != nil || reply.serviceTier != nil else { return nil }
    return try servedModels.id(reply.model ?? "", reply.serviceTier ?? "", reply.systemFingerprint ?? "")
  }

  /// Judges and other targets that are not the run's are known by their label alone.
  private mutating func targetID(label: String) throws(LedgerError) -> Int64 {
    if let id = targetsByLabel[label] { return id }
    findTarget.add(label)
    let found = try findTarget.step() ? findTarget.integer(0) : nil
    findTarget.reset()
    let id: Int64
    if let found { id = found } else { id = try targets.id(label, label, "{}", "{}") }
    if targetsByLabel.count > 1_024 { targetsByLabel = [:] }
    targetsByLabel[label] = id
    return id
  }

  func writeInFlight(_ record: InFlightRecord) throws(LedgerError) {
    insertInFlight.add(record.ticket)
    insertInFlight.add(record.runID)
    insertInFlight.add(record.caseNo)
    insertInFlight.add(record.target)
    insertInFlight.add(record.purpose.rawValue)
    insertInFlight.add(record.sentAt)
    insertInFlight.add(record.reserved?.picodollars)
    try insertInFlight.run()
  }

  func endInFlight(_ ticket: Int64) throws(LedgerError) {
    deleteInFlight.add(ticket)
    try deleteInFlight.run()
  }

  // MARK: Shared

  mutating func addLocation(_ location: SourceLocation?, to statement: Statement) throws(LedgerError) {
    statement.add(try location.map { (at) throws(LedgerError) in try files.id(at.file) })
    statement.add(location?.line)
    statement.add(location?.column)
  }

  func masked(_ text: String) -> String { secrets.masked(text) }
  func masked(_ json: JSON) -> JSON { secrets.masked(json) }
}
