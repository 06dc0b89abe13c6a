import Formats
import Vocabulary

extension Ledger {
  // MARK: Runs

  /// The latest runs, newest first.
  public func runs(limit: Int = 1_000) throws(LedgerError) -> [RunRow] {
    try read { (connection) throws(LedgerError) in
      let statement = try connection.statement(Self.selectRuns + " ORDER BY started_at DESC, id DESC LIMIT ?")
      statement.add(limit)
      var rows: [RunRow] = []
      while try statement.step() { rows.append(Self.run(statement)) }
      for place in rows.indices { try Self.count(&rows[place], connection) }
      return rows
    }
  }

  /// A run by its name, the beginning of its name, its number, or `latest`. Its trials are looked at one by one to be
  /// counted: not `counted`, all outcomes are 0.
  public func run(_ reference: String = "latest", counted: Bool = true) throws(LedgerError) -> RunRow {
    try read { (connection) throws(LedgerError) in
      let statement: Statement
      if reference == "latest" {
        statement = try connection.statement(Self.selectRuns + " ORDER BY started_at DESC, id DESC LIMIT 2")
      } else {
        statement = try connection.statement(
          Self.selectRuns
            + """
             WHERE name = ?1 OR CAST(id AS TEXT) = ?1 OR substr(name, 1, length(?1)) = ?1
            OR id = (SELECT run_id FROM baselines WHERE baselines.name = ?1)
            ORDER BY name = ?1 DESC, CAST(id AS TEXT) = ?1 DESC LIMIT 2
            """)
        statement.add(reference)
      }
      var rows: [RunRow] = []
      while try statement.step() { rows.append(Self.run(statement)) }
      guard var row = rows.first else {
        let what = reference == "latest" ? "no run has been recorded" : "no run is called \"\(reference)\""
        throw LedgerError(.notFound, path: path, detail: what)
      }
      let isExact = reference == "latest" || row.name == reference || String(row.id) == reference
      if rows.count > 1, !isExact, rows[1].name.hasPrefix(reference) {
        throw LedgerError(
          .notFound, path: path, detail: "more than one run begins with \"\(reference)\"")
      }
      if counted { try Self.count(&row, connection) }
      return row
    }
  }

  private static let selectRuns = """
    SELECT id, name, description, suite_file, plan_key, shard_index, shard_count, state, started_at, ended_at,
      exit_code, planned_trials, seed, settings, versions, tags, command, ci, git_commit, git_branch, host,
      budget_picodollars, summary
    FROM runs
    """

  private static func run(_ row: Statement) -> RunRow {
    let shard: Shard? =
      if let index = row.optionalInt(5), let count = row.optionalInt(6) {
        Shard(index: index, count: count)
      } else { nil }
    return RunRow(
      id: row.integer(0), name: row.text(1), description: row.optionalText(2),
      suiteFile: row.optionalText(3), planKey: row.text(4), shard: shard,
      state: RunState(rawValue: row.text(7)) ?? .failed, startedAt: row.text(8), endedAt: row.optionalText(9),
      exitCode: row.optionalInt(10), plannedTrials: row.optionalInt(11), seed: UInt64(row.text(12)) ?? 0,
      settings: row.json(13), versions: row.json(14), tags: row.json(15), command: row.optionalText(16),
      ci: row.optionalJSON(17), gitCommit: row.optionalText(18), gitBranch: row.optionalText(19),
      host: row.optionalText(20), budget: row.optionalMoney(21), summary: row.optionalJSON(22))
  }

  private static func count(_ run: inout RunRow, _ connection: Connection) throws(LedgerError) {
    // Sums in one pass: grouped by outcome, SQLite would sort the trials.
    let statement = try connection.statement(
      """
      SELECT count(*) FILTER (WHERE outcome = 'pass'), count(*) FILTER (WHERE outcome = 'fail'),
        count(*) FILTER (WHERE outcome = 'error'), count(*) FILTER (WHERE outcome = 'skipped')
      FROM trials WHERE run_id = ?
      """)
    statement.add(run.id)
    defer { statement.reset() }
    guard try statement.step() else { return }
    run.passed = statement.int(0)
    run.failed = statement.int(1)
    run.erred = statement.int(2)
    run.skipped = statement.int(3)
  }

  // MARK: What a run was made of

  /// The text of the suite as it was when the run began.
  public func suiteText(of run: Int64) throws(LedgerError) -> String? {
    try read { (connection) throws(LedgerError) in
      let statement = try connection.statement(
        "SELECT body FROM runs JOIN contents ON contents.id = suite_content_id WHERE runs.id = ?")
      statement.add(run)
      return try statement.step() ? statement.text(0) : nil
    }
  }

  /// In the order of the suite.
  public func targets(of run: Int64) throws(LedgerError) -> [TargetRow] {
    try rows(
      """
      SELECT targets.id, run_targets.no, label, provider, config, settings, prices, path, line, column
      FROM run_targets JOIN targets ON targets.id = target_id LEFT JOIN files ON files.id = file_id
      WHERE run_id = ? ORDER BY run_targets.no
      """, run
    ) { row in
      TargetRow(
        id: row.integer(0), no: row.int(1), label: row.text(2), provider: row.text(3), config: row.json(4),
        settings: row.json(5), prices: row.optionalJSON(6), location: row.location(7))
    }
  }

  /// In the order of the suite.
  public func prompts(of run: Int64) throws(LedgerError) -> [PromptRow] {
    try rows(
      """
      SELECT prompts.id, run_prompts.no, key, label, body, path, line, column
      FROM run_prompts JOIN prompts ON prompts.id = prompt_id JOIN contents ON contents.id = content_id
      LEFT JOIN files ON files.id = file_id
      WHERE run_id = ? ORDER BY run_prompts.no
      """, run
    ) { row in
      PromptRow(
        id: row.integer(0), no: row.int(1), key: row.text(2), label: row.text(3), body: row.text(4),
        location: row.location(5))
    }
  }

  public func caseRow(_ no: Int, of run: Int64) throws(LedgerError) -> CaseRow? {
    try read { (connection) throws(LedgerError) in try Self.caseRow(no, of: run, connection) }
  }

  static func caseRow(_ no: Int, of run: Int64, _ connection: Connection) throws(LedgerError) -> CaseRow? {
    let statement = try connection.statement(
      """
      SELECT no, key, body, path, line, column FROM cases JOIN contents ON contents.id = content_id
      LEFT JOIN files ON files.id = file_id WHERE run_id = ? AND no = ?
      """)
    statement.add(run)
    statement.add(no)
    defer { statement.reset() }
    guard try statement.step() else { return nil }
    let body = statement.json(2)
    return CaseRow(
      no: statement.int(0), key: statement.integer(1), description: body["description"]?.string,
      variables: body["variables"]?.object ?? JSONObject(),
      metadata: body["metadata"]?.object ?? JSONObject(),
      location: statement.location(3))
  }

  public func gates(of run: Int64) throws(LedgerError) -> [GateRow] {
    try rows(
      """
      SELECT no, expression, target, path, line, column, verdict, observed, explanation
      FROM gates LEFT JOIN files ON files.id = file_id WHERE run_id = ? ORDER BY no
      """, run
    ) { row in
      GateRow(
        no: row.int(0), expression: row.text(1), target: row.optionalText(2), location: row.location(3),
        verdict: row.optionalText(6).flatMap(Outcome.init(rawValue:)), observed: row.optionalDouble(7),
        explanation: row.optionalText(8))
    }
  }

  public func notes(of run: Int64) throws(LedgerError) -> [Problem] {
    try rows(
      "SELECT message, mend, severity, file, line, column FROM notes WHERE run_id = ? ORDER BY id", run
    ) { row in
      Problem(
        row.text(0), at: row.location(3), mend: row.optionalText(1),
        severity: Problem.Severity(rawValue: row.text(2)) ?? .note)
    }
  }

  public func baselines() throws(LedgerError) -> [BaselineRow] {
    try read { (connection) throws(LedgerError) in
      let statement = try connection.statement(
        """
        SELECT baselines.name, run_id, runs.name, set_at, note FROM baselines
        JOIN runs ON runs.id = run_id ORDER BY baselines.name
        """)
      var rows: [BaselineRow] = []
      while try statement.step() {
        rows.append(
          BaselineRow(
            name: statement.text(0), runID: statement.integer(1), run: statement.text(2),
            setAt: statement.text(3), note: statement.optionalText(4)))
      }
      return rows
    }
  }

  /// All rows of a query about one run, call or trial.
  func rows<Row>(
    _ sql: String, _ id: Int64, _ make: (Statement) -> Row
  ) throws(LedgerError) -> [Row] {
    try read { (connection) throws(LedgerError) in
      let statement = try connection.statement(sql)
      statement.add(id)
      var rows: [Row] = []
      while try statement.step() { rows.append(make(statement)) }
      return rows
    }
  }
}
