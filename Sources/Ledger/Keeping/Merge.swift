import Formats

/// What a merge did.
public struct MergeReport: Sendable, Hashable {
  /// Runs that were copied, by name.
  public var added: [String] = []
  /// Shards that became part of a run that is there already: the shard's name and the run's.
  public var joined: [String: String] = [:]
  /// Runs that were there already.
  public var skipped: [String] = []
  /// Those of them that have gone on since: so many of their calls are in the source alone.
  public var outdated: [String: Int] = [:]
  /// Calls that belong to no run: of `assay ask`, of other programs.
  public var calls = 0
  /// Of what was read, the runs here that parts of a plan belong to, whether they came now or were there.
  public var ofParts: Set<String> = []
}

/// Copies the runs of other ledgers into one, and their calls that belong to none. Shards of one plan become one run, as if it had been run
/// whole. Everything in one transaction for each source; merging again changes nothing.
public enum LedgerMerge {
  public static func merge(_ sources: [String], into target: String) throws(LedgerError) -> MergeReport {
    var report = MergeReport()
    let store = try WritableLedger(path: target, create: true)
    defer { store.close() }
    for source in sources {
      if Path.normalized(source) == Path.normalized(target) {
        throw LedgerError(.failed, path: source, detail: "a ledger cannot be merged into itself")
      }
      // Checks that it is a ledger before it is attached, and brings an older one forward. One that needs nothing is
      // not opened for writing: a run may be at work on it.
      if (try? Ledger(path: source)) == nil, File.exists(source) {
        _ = try? WritableLedger(path: source, create: false).close()
      }
      _ = try Ledger(path: source)
      try merge(source, into: store, &report)
    }
    return report
  }

  private static func merge(
    _ source: String, into store: WritableLedger, _ report: inout MergeReport
  ) throws(LedgerError) {
    let database = store.database
    try database.attach(source, as: "source")
    defer { try? database.execute("DETACH source") }
    try database.execute("PRAGMA foreign_keys = OFF")
    defer { try? database.execute("PRAGMA foreign_keys = ON") }
    let found = report
    report = try store.transaction { () throws(LedgerError) in
      var report = found
      try chooseRuns(database, &report)
      try mapShared(database)
      try copyRuns(database)
      report.calls += Int(
        try database.integer(
          "SELECT count(*) FROM copied_calls JOIN source.calls USING (id) WHERE run_id IS NULL") ?? 0)
      try database.execute(MergeSQL.cleanUp)
      let broken = try database.integer("SELECT count(*) FROM pragma_foreign_key_check") ?? 0
      if broken > 0 {
        throw LedgerError(
          .failed, path: store.path, detail: "\(source) refers to \(broken) rows it does not have")
      }
      return report
    } rolledBack: {
    }
  }

  // MARK: Which runs

  /// Fills `run_map`: where each run of the source goes, and whether its own row is copied.
  private static func chooseRuns(_ database: Database, _ report: inout MergeReport) throws(LedgerError) {
    try database.execute(MergeSQL.maps)
    var next = (try database.integer("SELECT coalesce(max(id), 0) FROM main.runs") ?? 0) + 1
    let runs = try database.prepare(
      "SELECT id, name, plan_key, shard_index, shard_count FROM source.runs ORDER BY id")
    // By its name, or by the note of the run that it was put into.
    let same = try database.prepare(
      """
      SELECT name FROM main.runs WHERE name = ?1 OR id IN (SELECT run_id FROM main.notes
        WHERE message LIKE 'shard %' AND substr(message, -length(?2)) = ?2)
      """)
    // A run that is put together has the calls of other parts, too.
    let ahead = try database.prepare(
      """
      SELECT (SELECT count(*) FROM source.calls WHERE run_id = ?1) - (SELECT count(*) FROM main.calls
        WHERE run_id = main.runs.id)
      FROM main.runs WHERE name = ?2 AND NOT EXISTS (
        SELECT 1 FROM main.notes WHERE run_id = runs.id AND message LIKE 'shard % was merged in (%')
      """)
    let sibling = try database.prepare(
      """
      SELECT id, name FROM main.runs WHERE plan_key = ?1 AND shard_count = ?2 AND NOT EXISTS (
        SELECT 1 FROM main.notes WHERE run_id = runs.id AND substr(message, 1, length(?3)) = ?3)
        AND shard_index IS NOT ?4
      ORDER BY id LIMIT 1
      """)
    let add = try database.prepare("INSERT INTO run_map (old, new, is_new) VALUES (?, ?, ?)")
    let note = try database.prepare(
      "INSERT INTO main.notes (run_id, severity, message) VALUES (?, 'note', ?)")
    while try runs.step() {
      let (id, name) = (runs.integer(0), runs.text(1))
      same.add(name)
      same.add(joinedEnding(name))
      let known = try same.step() ? same.text(0) : nil
      same.reset()
      let isPart = !runs.isNull(3)
      if let known {
        report.skipped.append(name)
        ahead.add(id)
        ahead.add(name)
        if try ahead.step(), ahead.int(0) > 0 { report.outdated[name] = ahead.int(0) }
        ahead.reset()
        if isPart { report.ofParts.insert(known) }
        continue
      }
      var joined: (Int64, String)?
      if let index = runs.optionalInt(3), let count = runs.optionalInt(4) {
        let message = joinedMessage(index, count)
        sibling.add(runs.text(2))
        sibling.add(count)
        sibling.add(message)
        sibling.add(index)
        if try sibling.step() { joined = (sibling.integer(0), sibling.text(1)) }
        sibling.reset()
        if let joined {
          note.add(joined.0)
          note.add("shard \(index) of \(count)" + joinedEnding(name))
          try note.run()
        }
      }
      add.add(id)
      add.add(joined?.0 ?? next)
      add.add(joined == nil)
      try add.run()
      if isPart { report.ofParts.insert(joined?.1 ?? name) }
      if let joined {
        report.joined[name] = joined.1
      } else {
        report.added.append(name)
        next += 1
        // The row must be there for the next shard of the same source to find.
        try database.execute(MergeSQL.runRow(id))
      }
    }
  }

  /// How the note begins.
  static func joinedMessage(_ index: Int, _ count: Int) -> String {
    "shard \(index) of \(count) was merged in"
  }

  private static func joinedEnding(_ name: String) -> String { " was merged in (\(name))" }

  // MARK: What runs share

  private static func mapShared(_ database: Database) throws(LedgerError) {
    try mapContents(database)
    try database.execute(MergeSQL.shared)
  }

  private static func mapContents(_ database: Database) throws(LedgerError) {
    var contents = try ContentWriter(database)
    try contents.begin()
    try database.execute(MergeSQL.neededContents)
    // Looked up by what they say, replies, and what only has a number: each is kept as it was.
    let all = try database.prepare(
      """
      SELECT id, body, parts, hash, id IN (SELECT content_id FROM source.content_hashes
        UNION ALL SELECT content_id FROM source.recent_content_hashes)
      FROM source.contents WHERE id IN (SELECT id FROM needed) ORDER BY id
      """)
    let body = try database.prepare("SELECT body FROM source.contents WHERE id = ?")
    let mapped = try database.prepare("SELECT new FROM content_map WHERE old = ?")
    let add = try database.prepare("INSERT INTO content_map (old, new) VALUES (?, ?)")
    while try all.step() {
      let stored = all.bytes(1)
      let new: Int64
      if all.isNull(2) {
        new =
          if all.bool(4) { try contents.id(of: stored) } else if all.isNull(3) {
            try contents.new(stored)
          } else {
            try contents.id(ofReply: stored)
          }
      } else {
        let whole = try ContentParts.filled(stored) { (part) throws(LedgerError) in
          body.add(part)
          defer { body.reset() }
          return try body.step() ? body.bytes(0) : []
        }
        // Parts are always stored before what they are part of.
        let moved = try ContentParts.filled(stored) { (part) throws(LedgerError) in
          mapped.add(part)
          defer { mapped.reset() }
          return Array("{\"\(ContentParts.key)\":\(try mapped.step() ? mapped.integer(0) : 0)}".utf8)
        }
        new = try contents.id(ofWhole: whole, stored: moved, parts: all.int(2))
      }
      try contents.end()
      add.add(all.integer(0))
      add.add(new)
      try add.run()
    }
  }

  private static func copyRuns(_ database: Database) throws(LedgerError) {
    for table in ["trials", "calls", "check_specs"] {
      let highest = try database.integer("SELECT coalesce(max(id), 0) FROM main.\(table)") ?? 0
      try database.execute("INSERT INTO offsets VALUES ('\(table)', \(highest))")
    }
    try database.execute(MergeSQL.copy)
    // A run that was put together ends when its last shard does.
    try database.execute(MergeSQL.joinShards)
  }
}

extension Ledger {
  /// Parts of a run that were not merged into it yet, by number; none of a run that was run whole.
  public func missingShards(of run: RunRow) throws(LedgerError) -> [Int] {
    guard let shard = run.shard else { return [] }
    let said = try notes(of: run.id).map(\.message)
    return (1...shard.count).filter { number in
      let beginning = LedgerMerge.joinedMessage(number, shard.count)
      return number != shard.index && !said.contains { $0.hasPrefix(beginning) }
    }
  }
}
