import Formats
import Synchronization
import Vocabulary

/// A trial with its figures and those of its texts that were asked for.
public struct TrialInFull: Sendable {
  public var figure: TrialFigureRow
  public var test: CaseRow
  public var reason: String?
  public var errorMessage: String?
  public var checks: [CheckResult] = []
  /// What was judged, as text; nil where there was no reply, or it was not asked for.
  public var output: String?
  /// In the order they were made: its own and its judges'.
  public var calls: [TracedCall] = []
}

/// A call with every attempt on its way.
public struct TracedCall: Sendable {
  public var call: CallRow
  public var attempts: [Attempt]
}

/// What is read of a trial beside its figures.
public struct TrialParts: OptionSet, Sendable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  public static let checks = TrialParts(rawValue: 1)
  public static let output = TrialParts(rawValue: 2)
  public static let calls = TrialParts(rawValue: 4)
}

extension Ledger {
  /// Calls the body with the trials of a run that have ended, by case, prompt, target and repetition. They are read
  /// ahead on a thread and a connection of their own, a few hundred at a time: reading and telling take turns on two
  /// cores, and the body may query this ledger.
  public func forEachTrialInFull(
    of run: Int64, _ filter: TrialFilter = TrialFilter(),
    parts: @escaping @Sendable (TrialFigureRow) -> TrialParts, _ body: (TrialInFull) throws -> Void
  ) throws {
    let ledger = try Ledger(path: path)
    let channel = TrialChannel()
    Thread.start {
      let result = Result { () throws(LedgerError) in
        try ledger.read { (connection) throws(LedgerError) in
          try Self.readAhead(run, filter, parts, connection, channel)
        }
      }
      channel.finish(result)
    }
    defer { channel.abandon() }
    while let batch = try channel.next() { for trial in batch { try body(trial) } }
  }

  private static func readAhead(
    _ run: Int64, _ filter: TrialFilter, _ parts: (TrialFigureRow) -> TrialParts, _ connection: Connection,
    _ channel: TrialChannel
  ) throws(LedgerError) {
    var cursor = try FigureCursor(run, filter, connection)
    cursor.readsTexts = true
    defer { cursor.close() }
    var texts = TextReader(run, connection)
    var batch: [TrialInFull] = []
    while let figure = try cursor.next() {
      batch.append(try texts.trial(figure, cursor.texts, parts(figure)))
      if batch.count == TrialChannel.batchSize {
        guard channel.send(batch) else { return }
        batch.removeAll(keepingCapacity: true)
      }
    }
    _ = channel.send(batch)
  }
}

/// Reads the texts of trials; what many trials share (cases, kinds of checks) is read once.
private struct TextReader {
  private let run: Int64
  private let connection: Ledger.Connection
  private var test: CaseRow?
  private var specs: [Int64: CheckResult] = [:]

  init(_ run: Int64, _ connection: Ledger.Connection) {
    self.run = run
    self.connection = connection
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
    let statement = try connection.statement(
      """
      SELECT no, parent, spec_id, outcome, score, reason, details FROM checks WHERE trial_id = ? ORDER BY no
      """)
    statement.add(trial)
    defer { statement.reset() }
    var flat: [(no: Int, parent: Int?, result: CheckResult)] = []
    var isNested = false
    while try statement.step() {
      var result = try spec(statement.integer(2))
      result.outcome = Outcome(rawValue: statement.text(3)) ?? .error
      result.score = statement.double(4)
      if let reason = statement.optionalText(5) { result.reason = reason }
      Ledger.fill(&result, details: statement.optionalJSON(6))
      let parent = statement.optionalInt(1)
      if parent != nil { isNested = true }
      flat.append((statement.int(0), parent, result))
    }
    return isNested ? Ledger.tree(flat[...], below: nil) : flat.map(\.result)
  }

  private mutating func spec(_ id: Int64) throws(LedgerError) -> CheckResult {
    if let known = specs[id] { return known }
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
    // A suite of a million cases may have as many checks.
    if specs.count > 4_096 { specs = [:] }
    specs[id] = result
    return result
  }

  private func output(_ id: Int64?, _ reply: Int64?) throws(LedgerError) -> String? {
    if let id {
      let bytes = try Ledger.content(id, connection)
      return (try? JSON(parsing: bytes))?.string ?? String(decoding: bytes, as: UTF8.self)
    }
    guard let reply else { return nil }
    let content = (try? JSON(parsing: try Ledger.content(reply, connection))) ?? .null
    if let text = content["text"]?.string, !text.isEmpty { return text }
    let whole = ReplyCoding.reply(content: content, details: nil, responseID: nil, usage: nil)
    return whole.output.string ?? whole.output.text
  }
}

/// Batches of trials on their way from one thread to another; the first waits while two are not taken.
private final class TrialChannel: Sendable {
  static let batchSize = 128

  private struct State {
    var batches: [[TrialInFull]] = []
    var result: Result<Void, LedgerError>?
    var isAbandoned = false
  }
  private let state = Mutex(State())
  private let filled = Signal()
  private let emptied = Signal()

  /// False where nobody listens any more.
  func send(_ batch: [TrialInFull]) -> Bool {
    while true {
      let wanted = state.withLock { state -> Bool? in
        if state.isAbandoned { return false }
        guard state.batches.count < 4 else { return nil }
        state.batches.append(batch)
        return true
      }
      if let wanted {
        filled.raise()
        return wanted
      }
      emptied.wait()
    }
  }

  func finish(_ result: Result<Void, LedgerError>) {
    state.withLock { $0.result = result }
    filled.raise()
  }

  /// The next batch, nil at the end.
  func next() throws(LedgerError) -> [TrialInFull]? {
    while true {
      let found = state.withLock { state -> Result<[TrialInFull]?, LedgerError>? in
        if !state.batches.isEmpty { return .success(state.batches.removeFirst()) }
        return state.result.map { $0.map { nil } }
      }
      if let found {
        emptied.raise()
        return try found.get()
      }
      filled.wait()
    }
  }

  func abandon() {
    state.withLock {
      $0.isAbandoned = true
      $0.batches = []
    }
    emptied.raise()
  }
}
