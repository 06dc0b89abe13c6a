import Formats
import Vocabulary

extension RecordWriter {
  /// Writes a run with its targets, prompts, gates and notes.
  mutating func write(_ run: RunRecord) throws(LedgerError) -> RunHandle {
    runSecrets = Secrets(joining: runSecrets, run.secrets)
    let insert = try database.prepare(
      """
      INSERT INTO runs (name, description, suite_file, suite_content_id, plan_key, shard_index, shard_count,
        state, started_at, seed, settings, versions, tags, command, ci, git_commit, git_branch, host,
        budget_picodollars)
      VALUES (?, ?, ?, ?, ?, ?, ?, 'running', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """)
    insert.add(run.name)
    insert.add(run.description.map(runSecrets.masked))
    insert.add(run.suiteFile)
    insert.add(
      try run.suiteText.map { (text) throws(LedgerError) in try contents.id(of: runSecrets.masked(text)) })
    insert.add(run.planKey)
    insert.add(run.shard?.index)
    insert.add(run.shard?.count)
    insert.add(Instant.now().isoMilliseconds)
    insert.add(String(run.seed))
    insert.add(JSON.object(runSecrets.maskedSettings(run.settings)).text)
    insert.add(JSON.object(run.versions).text)
    insert.add(
      JSON.object(JSONObject(run.tags.sorted { $0.key < $1.key }.map { ($0.key, JSON($0.value)) })).text)
    insert.add(run.command.map(runSecrets.masked))
    insert.add(run.ci.map { JSON.object(runSecrets.masked($0)).text })
    insert.add(run.gitCommit)
    insert.add(run.gitBranch)
    insert.add(run.host)
    insert.add(run.budget?.picodollars)
    let id = try insert.insert()
    var handle = RunHandle(id: id, name: run.name, targetIDs: [], promptIDs: [])
    try writeTargets(run.targets, &handle)
    try writePrompts(run.prompts, &handle)
    try write(run.gates, runID: id)
    for note in run.notes { try write(note, runID: id) }
    try rememberCases(before: id)
    return handle
  }

  private mutating func writeTargets(
    _ records: [TargetRecord], _ run: inout RunHandle
  ) throws(LedgerError) {
    let insert = try database.prepare(
      """
      INSERT INTO run_targets (run_id, no, target_id, file_id, line, column, prices)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      """)
    for (no, target) in records.enumerated() {
      let id = try targets.id(
        runSecrets.masked(target.label), runSecrets.masked(target.provider),
        JSON.object(runSecrets.maskedSettings(target.config)).canonical,
        JSON.object(runSecrets.maskedSettings(target.settings)).canonical)
      run.targetIDs.append(id)
      insert.add(run.id)
      insert.add(no)
      insert.add(id)
      try addLocation(target.location, to: insert)
      insert.add(target.prices?.text)
      try insert.run()
    }
  }

  private mutating func writePrompts(
    _ records: [PromptRecord], _ run: inout RunHandle
  ) throws(LedgerError) {
    let find = try database.prepare("SELECT id FROM prompts WHERE key = ? AND label = ?")
    let insertPrompt = try database.prepare("INSERT INTO prompts (key, label, content_id) VALUES (?, ?, ?)")
    let insert = try database.prepare(
      "INSERT INTO run_prompts (run_id, no, prompt_id, file_id, line, column) VALUES (?, ?, ?, ?, ?, ?)")
    for (no, prompt) in records.enumerated() {
      find.add(prompt.key)
      find.add(runSecrets.masked(prompt.label))
      var id = try find.step() ? find.integer(0) : nil
      find.reset()
      if id == nil {
        insertPrompt.add(prompt.key)
        insertPrompt.add(runSecrets.masked(prompt.label))
        insertPrompt.add(try contents.id(of: runSecrets.masked(prompt.body)))
        id = try insertPrompt.insert()
      }
      run.promptIDs.append(id ?? 0)
      insert.add(run.id)
      insert.add(no)
      insert.add(id)
      try addLocation(prompt.location, to: insert)
      try insert.run()
    }
  }

  mutating func write(_ gates: [GateRecord], runID: Int64) throws(LedgerError) {
    let insert = try database.prepare(
      """
      INSERT INTO gates (run_id, no, expression, target, file_id, line, column) VALUES (?, ?, ?, ?, ?, ?, ?)
      """)
    for (no, gate) in gates.enumerated() {
      insert.add(runID)
      insert.add(no)
      insert.add(gate.expression)
      insert.add(gate.target)
      try addLocation(gate.location, to: insert)
      try insert.run()
    }
  }

  func write(_ verdicts: [GateVerdict], runID: Int64) throws(LedgerError) {
    let update = try database.prepare(
      "UPDATE gates SET verdict = ?, observed = ?, explanation = ? WHERE run_id = ? AND no = ?")
    for verdict in verdicts {
      update.add(verdict.outcome?.rawValue)
      update.add(verdict.observed)
      update.add(verdict.explanation)
      update.add(runID)
      update.add(verdict.no)
      try update.run()
    }
  }

  func write(_ note: Problem, runID: Int64) throws(LedgerError) {
    let insert = try database.prepare(
      "INSERT INTO notes (run_id, severity, message, mend, file, line, column) VALUES (?, ?, ?, ?, ?, ?, ?)")
    insert.add(runID)
    insert.add(note.severity.rawValue)
    insert.add(runSecrets.masked(note.message))
    insert.add(note.mend.map(runSecrets.masked))
    insert.add(note.location?.file)
    insert.add(note.location?.line)
    insert.add(note.location?.column)
    try insert.run()
  }

  func write(_ events: [LimiterEvent], runID: Int64) throws(LedgerError) {
    let insert = try database.prepare(
      "INSERT INTO limiter_events (run_id, at, key, kind, old, new, reason) VALUES (?, ?, ?, ?, ?, ?, ?)")
    for event in events {
      insert.add(runID)
      insert.add(event.at)
      insert.add(event.key)
      insert.add(event.kind)
      insert.add(event.old)
      insert.add(event.new)
      insert.add(event.reason.map(runSecrets.masked))
      try insert.run()
    }
  }

  mutating func finish(
    _ runID: Int64, state: RunState, exitCode: Int?, planned: Int?, summary: JSON?
  ) throws(LedgerError) {
    let update = try database.prepare(
      """
      UPDATE runs SET state = ?, ended_at = ?, exit_code = ?,
        planned_trials = coalesce(?, planned_trials), summary = coalesce(?, summary)
      WHERE id = ?
      """)
    update.add(state.rawValue)
    if state == .running { update.addNull() } else { update.add(Instant.now().isoMilliseconds) }
    update.add(exitCode)
    update.add(planned)
    update.add(summary?.text)
    update.add(runID)
    try update.run()
    hasEndedRun = state != .running && exitCode == nil
  }

  func setBaseline(_ name: String, runID: Int64, note: String?) throws(LedgerError) {
    let upsert = try database.prepare(
      """
      INSERT INTO baselines (name, run_id, set_at, note) VALUES (?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET run_id = excluded.run_id, set_at = excluded.set_at, note = excluded.note
      """)
    upsert.add(name)
    upsert.add(runID)
    upsert.add(Instant.now().isoMilliseconds)
    upsert.add(note)
    try upsert.run()
  }

  func vote(call: Int64, value: Double, comment: String?, voter: String?) throws(LedgerError) -> Int64 {
    let insert = try database.prepare(
      "INSERT INTO votes (call_id, value, comment, voter, voted_at) VALUES (?, ?, ?, ?, ?)")
    insert.add(call)
    insert.add(value)
    insert.add(comment.map(masked))
    insert.add(voter)
    insert.add(Instant.now().isoMilliseconds)
    return try insert.insert()
  }
}
