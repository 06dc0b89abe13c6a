#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
import Formats
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
  /// Calls the body with the figures of every trial of a run that has ended, by case, prompt, target and repetition;
  /// nothing is gathered. Without `keys` all cases have the key 0.
  public func forEachFigure(
    of run: Int64, keys: Bool = true, _ body: (TrialFigureRow) throws(LedgerError) -> Void
  ) throws(LedgerError) {
    var filter = TrialFilter()
    filter.isKeyed = keys
    let parts = try readers(of: run, filter) { (cursor, _) throws(LedgerError) in
      var figures: [TrialFigureRow] = []
      while let figure = try cursor.next() { figures.append(figure) }
      return figures
    }
    defer { parts.finish() }
    while let figures = try parts.next() { for figure in figures { try body(figure) } }
  }

  /// Makes something of the trials of a run that have ended, on as many threads as there are cores: each reads some
  /// hundred trials and adds them to `empty` one by one. The body gets what was made by case, prompt, target and
  /// repetition; it may query this ledger.
  public func forEachPart<Part: Sendable>(
    of run: Int64, _ filter: TrialFilter = TrialFilter(),
    parts wanted: @escaping @Sendable (TrialFigureRow) -> TrialParts, empty: Part,
    add: @escaping @Sendable (inout Part, TrialInFull) -> Void, _ body: (Part) throws -> Void
  ) throws {
    let parts = try readers(of: run, filter) { (cursor, texts) throws(LedgerError) in
      var part = empty
      while let figure = try cursor.next() {
        add(&part, try texts.trial(figure, cursor.texts, wanted(figure)))
      }
      return part
    }
    defer { parts.finish() }
    while let part = try parts.next() { try body(part) }
  }

  /// Reads a run in parts of a few cases: threads do, each on a connection of its own, or whoever takes them where there
  /// are few, since to open the ledger takes as long as to read some hundred trials.
  private func readers<Part: Sendable>(
    of run: Int64, _ filter: TrialFilter,
    _ make: @escaping @Sendable (inout FigureCursor, inout TextReader) throws(LedgerError) -> Part
  ) throws(LedgerError) -> PartReading<Part> {
    let ranges = try CaseRanges(of: run, filter, in: self)
    guard ranges.count > Self.fewParts else { return .here(OwnParts(run, filter, ranges, self, make)) }
    let count = Self.readers
    let parts = OrderedParts<Part>(ranges.count, mostHeld: 2 * count + 2)
    let path = path
    for _ in 0..<count {
      let read = { @Sendable in
        defer { parts.ended() }
        do throws(LedgerError) {
          try Ledger(path: path).read { (connection) throws(LedgerError) in
            // One state of the ledger for all that this thread reads.
            try connection.statement("BEGIN").run()
            var cursor = try FigureCursor(run, filter, connection)
            var texts = try TextReader(run, connection)
            while let number = parts.claim() {
              try cursor.begin(ranges[number])
              parts.made(number, try make(&cursor, &texts))
            }
          }
        } catch { parts.failed(error) }
      }
      parts.began()
      do throws(LedgerError) { try Thread.start(read) } catch {
        parts.failed(error)
        parts.ended()
      }
    }
    return .threads(parts)
  }

  private static let fewParts = 16

  /// Beyond a few the disk and the one who takes what they made are slower than they.
  private static let readers = max(1, min(4, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
}

/// Parts of a run, one after the other, whoever makes them.
private enum PartReading<Part: Sendable> {
  case threads(OrderedParts<Part>)
  case here(OwnParts<Part>)

  func next() throws(LedgerError) -> Part? {
    switch self {
    case .threads(let parts): try parts.next()
    case .here(let parts): try parts.next()
    }
  }

  /// To be called when nothing more is taken.
  func finish() {
    switch self {
    case .threads(let parts): parts.finish()
    case .here(let parts): parts.finish()
    }
  }
}

/// Parts that are made when they are taken, all of them of one state of the ledger.
private final class OwnParts<Part: Sendable> {
  private let run: Int64
  private let filter: TrialFilter
  private let ranges: CaseRanges
  private let ledger: Ledger
  private let make: (inout FigureCursor, inout TextReader) throws(LedgerError) -> Part
  private var readers: (cursor: FigureCursor, texts: TextReader)?
  private var taken = 0

  init(
    _ run: Int64, _ filter: TrialFilter, _ ranges: CaseRanges, _ ledger: Ledger,
    _ make: @escaping (inout FigureCursor, inout TextReader) throws(LedgerError) -> Part
  ) {
    self.run = run
    self.filter = filter
    self.ranges = ranges
    self.ledger = ledger
    self.make = make
  }

  func next() throws(LedgerError) -> Part? {
    guard taken < ranges.count else { return nil }
    defer { taken += 1 }
    return try ledger.read { (connection) throws(LedgerError) in
      if readers == nil {
        try connection.statement("SAVEPOINT parts").run()
        readers = (try FigureCursor(run, filter, connection), try TextReader(run, connection))
      }
      guard var (cursor, texts) = readers else { return nil }
      readers = nil
      defer { readers = (cursor, texts) }
      try cursor.begin(ranges[taken])
      return try make(&cursor, &texts)
    }
  }

  func finish() {
    guard readers != nil else { return }
    readers = nil
    try? ledger.read { (connection) throws(LedgerError) in try connection.statement("RELEASE parts").run() }
  }
}

/// The cases of a run by their numbers, a few at a time.
private struct CaseRanges {
  private static let trialsAtATime = 128

  private var first = 0
  private var last = -1
  private var size = 1

  init(of run: Int64, _ filter: TrialFilter, in ledger: Ledger) throws(LedgerError) {
    let found = try ledger.read { (connection) throws(LedgerError) -> (Int?, Int?, Int) in
      let ends = try connection.statement(
        filter.trial == nil
          ? """
          SELECT (SELECT min(case_no) FROM trials WHERE run_id = ?1),
            (SELECT max(case_no) FROM trials WHERE run_id = ?1)
          """ : "SELECT case_no, case_no FROM trials WHERE run_id = ?1 AND id = ?2")
      ends.add(run)
      if let trial = filter.trial { ends.add(trial) }
      defer { ends.reset() }
      guard try ends.step(), let first = ends.optionalInt(0) else { return (nil, nil, 0) }
      let each = try connection.statement("SELECT count(*) FROM trials WHERE run_id = ? AND case_no = ?")
      each.add(run)
      each.add(first)
      defer { each.reset() }
      return (first, ends.optionalInt(1), try each.step() ? each.int(0) : 1)
    }
    guard let first = found.0, let last = found.1 else { return }
    self.first = first
    self.last = last
    size = max(1, Self.trialsAtATime / max(1, found.2))
  }

  var count: Int { (last - first + size) / size }

  subscript(number: Int) -> ClosedRange<Int> {
    let start = first + number * size
    return start...min(last, start + size - 1)
  }
}
