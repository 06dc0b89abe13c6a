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
  /// Masked in all that is written.
  var secrets = Secrets()
  /// Masked in what is told once of a run, and in errors: the keys of its targets, too. Requests and replies are masked
  /// before they come here, each of what it was asked with: to search them for all of these would take longer than
  /// writing them.
  var runSecrets = Secrets()

  private let insertCase: Statement
  private let insertTrial: Statement
  private let replaceTrial: Statement
  private let beginTrial: Statement
  private let deleteChecks: Statement
  private let insertCheck: Statement
  private let findTarget: Statement
  private let findCase: Statement
  private let findContent: Statement
  private let replaceCase: Statement
  private let reopenTrials: Statement
  private let calls: CallWriter
  private let readVersion: Statement
  private var schemaVersion: Int64?
  /// Cases that are known to be written, of the run that writes.
  private var writtenCases: Set<Int> = []
  private var writtenCasesRun: Int64 = -1
  private var targetsByLabel: [String: Int64] = [:]
  private var lastUsage: (json: JSON, id: Int64)?
  var inFlight: InFlightNotes
  /// A run has come to its end, and its command is still to say how: time to copy the log into the file.
  var hasEndedRun = false
  /// Cases that have not changed are told by this run's texts: the one of the same suite before, or the run
  /// itself where it is resumed.
  var knownCasesRun: Int64?

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
    inFlight = try InFlightNotes(database)
    findCase = try database.prepare("SELECT key FROM cases WHERE run_id = ? AND no = ?")
    findContent = try database.prepare("SELECT content_id FROM cases WHERE run_id = ? AND no = ?")
    let newCase =
      "INSERT INTO cases (run_id, no, key, content_id, file_id, line, column) VALUES (?, ?, ?, ?, ?, ?, ?)"
    insertCase = try database.prepare("\(newCase) ON CONFLICT DO NOTHING")
    replaceCase = try database.prepare(
      """
      \(newCase) ON CONFLICT DO UPDATE SET key = excluded.key, content_id = excluded.content_id,
        file_id = excluded.file_id, line = excluded.line, column = excluded.column
      """)
    reopenTrials = try database.prepare("UPDATE trials SET outcome = NULL WHERE run_id = ? AND case_no = ?")
    let newTrial = """
      INSERT INTO trials (run_id, case_no, prompt_id, target_id, repetition, outcome, score, reason,
        error_kind, error_message, started_at, total_us, output_id, named_scores, metadata)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """
    insertTrial = try database.prepare("\(newTrial) ON CONFLICT DO NOTHING")
    replaceTrial = try database.prepare(
      """
      \(newTrial)
      ON CONFLICT DO UPDATE SET outcome = excluded.outcome, score = excluded.score, reason = excluded.reason,
        error_kind = excluded.error_kind, error_message = excluded.error_message,
        started_at = excluded.started_at, total_us = excluded.total_us, output_id = excluded.output_id,
        named_scores = excluded.named_scores, metadata = excluded.metadata
      RETURNING id
      """)
    beginTrial = try database.prepare(
      """
      INSERT INTO trials (run_id, case_no, prompt_id, target_id, repetition) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET outcome = CASE WHEN outcome = 'error' THEN NULL ELSE outcome END RETURNING id
      """)
    deleteChecks = try database.prepare("DELETE FROM checks WHERE trial_id = ?")
    insertCheck = try database.prepare(
      """
      INSERT INTO checks (trial_id, no, parent, spec_id, outcome, score, reason, details)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """)
    readVersion = try database.prepare("PRAGMA schema_version")
    findTarget = try database.prepare("SELECT id FROM targets WHERE label = ? ORDER BY id DESC LIMIT 1")
  }

  /// To be called when a transaction has begun.
  mutating func begin() throws(LedgerError) {
    // Another process may have pruned, which shows in this number: what is remembered may be gone, and its ids given
    // to something else.
    let version = try readVersion.step() ? readVersion.integer(0) : 0
    readVersion.reset()
    if version != schemaVersion, schemaVersion != nil { forgetTexts() }
    schemaVersion = version
    try contents.begin()
  }

  /// After a rollback.
  mutating func forget() {
    forgetTexts()
    inFlight.forget()
  }

  private mutating func forgetTexts() {
    contents.forget()
    files.forget()
    models.forget()
    servedModels.forget()
    costReasons.forget()
    targets.forget()
    specs.forget()
    writtenCases = []
    targetsByLabel = [:]
    lastUsage = nil
  }

  // MARK: Trials

  /// Writes a trial that has ended, in place of what was recorded of its slot before; gives its id.
  mutating func write(_ trial: TrialRecord) throws(LedgerError) -> Int64 {
    try writeCase(trial.caseRecord, runID: trial.runID)
    let output = try trial.output.map { (json) throws(LedgerError) in
      try contents.id(ofReply: masked(json).canonicalBytes)
    }
    // Nearly all trials are new, and an INSERT that gives nothing back is much the cheaper.
    let id: Int64
    if let new = try insert(trial, output: output) {
      id = new
    } else {
      bind(trial, output: output, to: replaceTrial)
      id = try returnedID(replaceTrial)
      deleteChecks.add(id)
      try deleteChecks.run()
    }
    for call in trial.calls { _ = try write(call, runID: trial.runID, trialID: id) }
    var no = 0
    for check in trial.checks { try write(check, trialID: id, parent: nil, no: &no) }
    return id
  }

  private func insert(_ trial: TrialRecord, output: Int64?) throws(LedgerError) -> Int64? {
    bind(trial, output: output, to: insertTrial)
    try insertTrial.run()
    return database.changes == 1 ? database.lastInsertedID : nil
  }

  private func bind(_ trial: TrialRecord, output: Int64?, to statement: Statement) {
    add(trial.slot, runID: trial.runID, to: statement)
    statement.add(trial.outcome.rawValue)
    statement.add(trial.score)
    statement.add(trial.reason.map(runSecrets.masked))
    statement.add(trial.failure?.kind.rawValue)
    statement.add(trial.failure.map { runSecrets.masked($0.message) })
    statement.add(trial.startedAt)
    statement.add(trial.total)
    statement.add(output)
    statement.add(Self.scores(trial.namedScores)?.text)
    statement.add(trial.metadata.map { masked($0).text })
  }

  mutating func amend(
    _ trial: Int64, outcome: Outcome, score: Double, reason: String?, namedScores: [String: Double],
    checks: [CheckResult]
  ) throws(LedgerError) {
    let update = try database.prepare(
      "UPDATE trials SET outcome = ?, score = ?, reason = ?, named_scores = ? WHERE id = ?")
    update.add(outcome.rawValue)
    update.add(score)
    update.add(reason.map { masked($0) })
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
    if writtenCasesRun != runID {
      writtenCases = []
      writtenCasesRun = runID
    } else if writtenCases.count > 16_384 {
      writtenCases = writtenCases.filter { $0 > record.no - 8_192 }
    }
    guard writtenCases.insert(record.no).inserted else { return }
    var object = JSONObject()
    if let description = record.description { object["description"] = .string(description) }
    if !record.metadata.isEmpty { object["metadata"] = .object(record.metadata) }
    object["variables"] = .object(record.variables)
    let content = try caseContent(masked(.object(object)).canonicalBytes, of: record)
    try add(record, runID: runID, content: content, to: insertCase)
    try insertCase.run()
    if database.changes == 1 { return }
    // It is there, from before an interruption; what it says may be another thing today.
    findCase.add(runID)
    findCase.add(record.no)
    defer { findCase.reset() }
    if try findCase.step(), findCase.integer(0) == record.key { return }
    try add(record, runID: runID, content: content, to: replaceCase)
    try replaceCase.run()
    // Verdicts on the case as it was are none on the new one: should the run end before all were asked again, they
    // must not count as done.
    reopenTrials.add(runID)
    reopenTrials.add(record.no)
    try reopenTrials.run()
  }

  /// The text of a case: the one that the run before has for it, or a new one. Cases have no hashes, as no
  /// one looks for them by their text, and hashes cost most of all that is written.
  private mutating func caseContent(_ bytes: [UInt8], of record: CaseRecord) throws(LedgerError) -> Int64 {
    if let knownCasesRun {
      findContent.add(knownCasesRun)
      findContent.add(record.no)
      let known = try findContent.step() ? findContent.integer(0) : nil
      findContent.reset()
      if let known, try contents.holds(known, bytes) { return known }
    }
    return try contents.new(bytes)
  }

  /// To be called when a run begins.
  mutating func rememberCases(before runID: Int64) throws(LedgerError) {
    let find = try database.prepare(
      """
      SELECT id FROM runs WHERE id < ?1 AND suite_file IS (SELECT suite_file FROM runs WHERE id = ?1)
      ORDER BY id DESC LIMIT 1
      """)
    find.add(runID)
    knownCasesRun = try find.step() ? find.integer(0) : nil
  }

  private mutating func add(
    _ record: CaseRecord, runID: Int64, content: Int64, to statement: Statement
  ) throws(LedgerError) {
    statement.add(runID)
    statement.add(record.no)
    statement.add(record.key)
    statement.add(content)
    try addLocation(record.location, to: statement)
  }

  private mutating func write(
    _ check: CheckResult, trialID: Int64, parent: Int?, no: inout Int
  ) throws(LedgerError) {
    let place = no
    no += 1
    let file = try check.location.map { (at) throws(LedgerError) in try files.id(at.file) }
    let expected = check.expected.map { masked($0) }
    let reason = masked(check.reason)
    let spec = try specs.spec(of: check, expected: expected, reason: reason, file: file)
    insertCheck.add(trialID)
    insertCheck.add(place)
    insertCheck.add(parent)
    insertCheck.add(spec.id)
    insertCheck.add(check.outcome.rawValue)
    insertCheck.add(check.score)
    insertCheck.add(reason == spec.reason ? nil : reason)
    // Spelled out: nil alone would be the null of JSON, which says that nothing was expected.
    let own: JSON? = expected == spec.expected ? Optional.none : Optional.some(expected ?? .null)
    insertCheck.add(Self.details(of: check, expected: own).map { masked(.object($0)).text })
    try insertCheck.run()
    for component in check.components { try write(component, trialID: trialID, parent: place, no: &no) }
  }

  private static func details(of check: CheckResult, expected: JSON?) -> JSONObject? {
    let isPlain = check.note == nil && check.namedScores.isEmpty && check.judge == nil
    if isPlain && expected == nil && !check.hasOwnTransform { return nil }
    var object = JSONObject()
    if let expected { object["expected"] = expected }
    if let scores = scores(check.namedScores) { object["named_scores"] = scores }
    if let judge = check.judge { object["judge"] = .string(judge) }
    if let note = check.note { object["note"] = .string(note) }
    if check.hasOwnTransform { object["own_transform"] = true }
    return object
  }

  static func scores(_ scores: [String: Double]) -> JSON? {
    if scores.isEmpty { return nil }
    return .object(JSONObject(scores.sorted { $0.key < $1.key }.map { ($0.key, JSON($0.value)) }))
  }

  // MARK: Calls

  mutating func write(_ record: CallRecord, runID: Int64?, trialID: Int64?) throws(LedgerError) -> Int64 {
    let record = secrets.isEmpty ? record : record.masked(secrets)
    if let ticket = record.ticket { try inFlight.end(ticket) }
    let target: Int64
    if let id = record.targetID { target = id } else { target = try targetID(label: record.call.target) }
    // Taken out once: a reply is a large value, and each look at it through its result copies it.
    let reply = record.call.reply
    let next = contents.nextID
    let request = try requestID(record)
    let ids = CallWriter.Ids(
      run: runID, trial: trialID, target: target,
      model: try models.id(record.call.provider, record.call.model),
      servedModel: try reply.flatMap { (reply) throws(LedgerError) in try servedModelID(reply) },
      request: request,
      reply: try reply.map { (reply) throws(LedgerError) in
        let text = ReplyCoding.content(of: reply).canonicalBytes
        return try contents.id(ofReply: text, to: request.flatMap { $0 < next ? $0 : nil })
      },
      usage: try reply?.rawUsage.map { (usage) throws(LedgerError) in try usageID(usage) },
      costReason: try record.call.costReason.map { (reason) throws(LedgerError) in try costReasons.id(reason)
      })
    return try calls.write(record, reply, ids, secrets: runSecrets)
  }

  private mutating func requestID(_ record: CallRecord) throws(LedgerError) -> Int64? {
    if record.call.request.isNull { return nil }
    let canonical = record.canonicalRequest ?? record.call.request.canonicalBytes
    return try contents.id(ofRequest: record.call.request, canonical: canonical)
  }

  /// Nearly all usage is one that was told before, and comparing is cheaper than writing it out.
  private mutating func usageID(_ usage: JSON) throws(LedgerError) -> Int64 {
    if let lastUsage, lastUsage.json == usage { return lastUsage.id }
    let id = try contents.id(ofReply: usage.canonicalBytes)
    lastUsage = (usage, id)
    return id
  }

  private mutating func servedModelID(_ reply: Reply) throws(LedgerError) -> Int64? {
    guard reply.model != nil || reply.serviceTier != nil else { return nil }
    return try servedModels.id(reply.model ?? "", reply.serviceTier ?? "", reply.systemFingerprint ?? "")
  }

  /// Judges and other targets that are not the run's are known by their label alone.
  private mutating func targetID(label: String) throws(LedgerError) -> Int64 {
    if let id = targetsByLabel[label] { return id }
    let recorded = runSecrets.masked(label)
    findTarget.add(recorded)
    let found = try findTarget.step() ? findTarget.integer(0) : nil
    findTarget.reset()
    let id: Int64
    if let found { id = found } else { id = try targets.id(recorded, recorded, "{}", "{}") }
    if targetsByLabel.count > 1_024 { targetsByLabel = [:] }
    targetsByLabel[label] = id
    return id
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
