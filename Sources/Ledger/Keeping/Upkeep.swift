import Formats

/// What a ledger holds, in numbers.
public struct LedgerInfo: Sendable {
  public var path: String
  public var version: Int
  public var bytes: Int
  public var runs: Int
  public var trials: Int
  public var calls: Int
  public var contents: Int
  /// Bytes of all requests, replies and other texts.
  public var contentBytes: Int
  public var firstRun: String?
  public var lastRun: String?
}

extension Ledger {
  public func info() throws(LedgerError) -> LedgerInfo {
    try read { (connection) throws(LedgerError) in
      let database = connection.database
      func count(_ table: String) throws(LedgerError) -> Int {
        Int(try database.integer("SELECT count(*) FROM \(table)") ?? 0)
      }
      return LedgerInfo(
        path: path, version: Int(try database.integer("PRAGMA user_version") ?? 0),
        bytes: (File.size(path) ?? 0) + (File.size(path + "-wal") ?? 0), runs: try count("runs"),
        trials: try count("trials"), calls: try count("calls"), contents: try count("contents"),
        contentBytes: Int(try database.integer("SELECT sum(length(CAST(body AS BLOB))) FROM contents") ?? 0),
        firstRun: try database.text("SELECT min(started_at) FROM runs"),
        lastRun: try database.text("SELECT max(started_at) FROM runs"))
    }
  }

  /// Everything that is wrong with the file: its structure, its references, texts that are not what they
  /// were. Empty when it is sound.
  public func check() throws(LedgerError) -> [String] {
    try read { (connection) throws(LedgerError) in
      let database = connection.database
      var found: [String] = []
      let integrity = try database.prepare("PRAGMA integrity_check(100)")
      while try integrity.step() {
        if integrity.text(0) != "ok" { found.append(integrity.text(0)) }
      }
      let references = try database.prepare(
        "SELECT \"table\", rowid, parent FROM pragma_foreign_key_check LIMIT 100")
      while try references.step() {
        found.append(
          "row \(references.integer(1)) of \(references.text(0)) refers to a missing row of \(references.text(2))"
        )
      }
      if found.isEmpty { try checkContents(connection, &found) }
      return found
    }
  }

  private func checkContents(_ connection: Connection, _ found: inout [String]) throws(LedgerError) {
    let all = try connection.database.prepare(
      """
      SELECT content_id, hash FROM content_hashes
      UNION ALL SELECT content_id, hash FROM recent_content_hashes
      UNION ALL SELECT id, hash FROM contents WHERE hash IS NOT NULL ORDER BY 1
      """)
    let taken = try connection.database.prepare(ContentWriter.findHash)
    while found.count < 100, try all.step() {
      let bytes = try Self.content(all.integer(0), connection)
      var hash = SHA256.leadingNumbers(of: bytes).first
      // The next free number where others share it: every number on the way is taken.
      while Int64(bitPattern: hash) != all.integer(1) {
        taken.add(Int64(bitPattern: hash))
        let isTaken = try taken.step()
        taken.reset()
        if !isTaken {
          found.append("text \(all.integer(0)) is not what it was when it was recorded")
          break
        }
        hash &+= 1
      }
    }
  }
}

/// What was deleted.
public struct Pruned: Sendable, Hashable {
  /// By name.
  public var runs: [String] = []
  /// That belonged to no run.
  public var calls = 0
}

/// Looking after a ledger: copies of it, and less of it.
public enum LedgerUpkeep {
  /// Copies a ledger, whole and consistent, while others use it.
  public static func backup(_ path: String, to copy: String) throws(LedgerError) {
    guard File.exists(path) else { throw LedgerError(.missing, path: path) }
    if File.exists(copy) { throw LedgerError(.failed, path: copy, detail: "the file exists already") }
    let source = try Database(path: path, access: .readOnly)
    _ = try Migrations.version(of: source)
    let target = try Database(path: copy, access: .create)
    try source.copy(to: target)
  }

  /// Deletes runs that began before `instant` (ISO 8601), all but the latest `keeping`, and never a
  /// baseline nor a run that is being executed; calls of no run that were made before it; then every text that
  /// nothing refers to.
  public static func prune(
    _ path: String, before instant: String?, keeping: Int = 0
  ) throws(LedgerError) -> Pruned {
    let store = try WritableLedger(path: path, create: false)
    defer { store.close() }
    let database = store.database
    try database.execute("PRAGMA foreign_keys = OFF")
    // Held until they are gone, so that nobody takes them up meanwhile.
    var dead: [RunLock] = []
    defer { withExtendedLifetime(dead) {} }
    let gone = try store.transaction { () throws(LedgerError) in
      let choose = try database.prepare(
        """
        SELECT name, state FROM runs WHERE (?1 IS NULL OR started_at < ?1)
          AND id NOT IN (SELECT run_id FROM baselines)
          AND id NOT IN (SELECT id FROM runs ORDER BY started_at DESC, id DESC LIMIT ?2)
        ORDER BY id
        """)
      choose.add(instant)
      choose.add(keeping)
      var names: [String] = []
      while try choose.step() {
        let name = choose.text(0)
        if choose.text(1) == RunState.running.rawValue {
          // Whoever was killed left it so; who lives holds its lock.
          guard let lock = try? RunLock(ledger: path, run: name) else { continue }
          dead.append(lock)
        }
        names.append(name)
      }
      try database.execute("CREATE TEMP TABLE gone (id INTEGER PRIMARY KEY)")
      let add = try database.prepare("INSERT INTO gone SELECT id FROM runs WHERE name = ?")
      for name in names {
        add.add(name)
        try add.run()
      }
      try database.execute("CREATE TEMP TABLE gone_calls (id INTEGER PRIMARY KEY)")
      var loose = 0
      if let instant = instant.flatMap(Instant.init(rfc3339:)) {
        let old = try database.prepare(
          "INSERT INTO gone_calls SELECT id FROM calls WHERE run_id IS NULL AND scheduled_at < ?")
        old.add(instant.microseconds)
        try old.run()
        loose = Int(try database.integer("SELECT count(*) FROM gone_calls") ?? 0)
      }
      try database.execute(pruneSQL)
      // Tells those who write meanwhile that ids they remember are no longer good: RecordWriter.begin.
      try database.execute("CREATE TABLE pruned (id INTEGER); DROP TABLE pruned")
      return Pruned(runs: names, calls: loose)
    } rolledBack: {
    }
    if gone != Pruned() { try store.alone { () throws(LedgerError) in try database.execute("VACUUM") } }
    return gone
  }

  private static let pruneSQL = """
    INSERT INTO gone_calls SELECT id FROM calls WHERE run_id IN (SELECT id FROM gone);
    DELETE FROM checks WHERE trial_id IN (SELECT id FROM trials WHERE run_id IN (SELECT id FROM gone));
    DELETE FROM failed_attempts WHERE call_id IN (SELECT id FROM gone_calls);
    DELETE FROM votes WHERE call_id IN (SELECT id FROM gone_calls);
    UPDATE calls SET original_call_id = NULL WHERE original_call_id IN (SELECT id FROM gone_calls);
    DELETE FROM calls WHERE id IN (SELECT id FROM gone_calls);
    DELETE FROM trials WHERE run_id IN (SELECT id FROM gone);
    DELETE FROM cases WHERE run_id IN (SELECT id FROM gone);
    DELETE FROM run_targets WHERE run_id IN (SELECT id FROM gone);
    DELETE FROM run_prompts WHERE run_id IN (SELECT id FROM gone);
    DELETE FROM gates WHERE run_id IN (SELECT id FROM gone);
    DELETE FROM notes WHERE run_id IN (SELECT id FROM gone);
    DELETE FROM limiter_events WHERE run_id IN (SELECT id FROM gone);
    DELETE FROM in_flight WHERE run_id IN (SELECT id FROM gone);
    DELETE FROM runs WHERE id IN (SELECT id FROM gone);
    DELETE FROM check_specs WHERE id NOT IN (SELECT spec_id FROM checks);
    DELETE FROM prompts WHERE id NOT IN (SELECT prompt_id FROM run_prompts)
      AND id NOT IN (SELECT prompt_id FROM trials);
    CREATE TEMP TABLE used (id INTEGER PRIMARY KEY);
    INSERT OR IGNORE INTO used SELECT suite_content_id FROM runs WHERE suite_content_id IS NOT NULL;
    INSERT OR IGNORE INTO used SELECT content_id FROM prompts;
    INSERT OR IGNORE INTO used SELECT content_id FROM cases;
    INSERT OR IGNORE INTO used SELECT output_id FROM trials WHERE output_id IS NOT NULL;
    INSERT OR IGNORE INTO used SELECT request_id FROM calls WHERE request_id IS NOT NULL;
    INSERT OR IGNORE INTO used SELECT reply_id FROM calls WHERE reply_id IS NOT NULL;
    INSERT OR IGNORE INTO used SELECT usage_id FROM calls WHERE usage_id IS NOT NULL;
    INSERT OR IGNORE INTO used
      SELECT json_tree.value FROM contents, json_tree(contents.body)
      WHERE contents.parts IS NOT NULL AND contents.id IN (SELECT id FROM used) AND json_tree.key = '$content';
    DELETE FROM content_hashes WHERE content_id NOT IN (SELECT id FROM used);
    DELETE FROM recent_content_hashes WHERE content_id NOT IN (SELECT id FROM used);
    DELETE FROM contents WHERE id NOT IN (SELECT id FROM used);
    DROP TABLE used; DROP TABLE gone_calls; DROP TABLE gone;
    """
}
