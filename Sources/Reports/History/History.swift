import Formats
import Ledger
import Vocabulary

/// What was spent and how long it took over any span of the ledger, by model, target, suite, day or tag.
public struct History: Sendable {
  public enum Key: String, Sendable, CaseIterable { case model, target, suite, day, purpose, tag }

  /// All calls of one group, and those of the same length of time just before.
  public struct Group: Sendable {
    public var name: String
    public var now: Tally
    /// Nil for the whole history, and for a day: no day of the span before has its name.
    public var before: Tally?
    public var latency: TimeSummary?
    public var timeToFirstToken: TimeSummary?

    init(_ name: String, _ now: Tally, before: Tally?) {
      self.name = name
      self.now = now
      self.before = before
      latency = TimeSummary(sorted: now.latencies.sorted())
      timeToFirstToken = TimeSummary(sorted: now.firstTokens.sorted())
      self.now.latencies = TimeColumn()
      self.now.firstTokens = TimeColumn()
    }
  }

  public var key: Key
  public var groups: [Group]
  public var total: Group
  public var spanDays: Double?
  /// Days since the first call of the span: a longer span has nothing to say of the pace.
  var paceDays: Double?

  /// Parts of the span that a trend is drawn of.
  static let trendParts = 14

  /// Dollars a month at the pace since the first call of the span; nil for less than a day, or where a price is unknown.
  public var projectedMonthly: Double? {
    guard let paceDays, paceDays >= 1, total.now.unknownCosts == 0 else { return nil }
    return total.now.cost.dollars / paceDays * 365.25 / 12
  }

  /// Reads every call once.
  ///
  /// - Parameters:
  ///   - purpose: calls of this purpose alone; nil counts all.
  ///   - reprice: what a call's usage would cost elsewhere; nil leaves costs as they were recorded.
  public init(
    _ ledger: Ledger, by key: Key, since: Instant?, purpose: CallPurpose? = nil, now: Instant = .now(),
    reprice: ((CallRow) -> Money?)? = nil
  ) throws {
    self.key = key
    let first = try ledger.firstCallAt(of: purpose) ?? now.microseconds
    let start = since?.microseconds ?? first
    let span = max(1, now.microseconds - start)
    let names = GroupNames(key, try ledger.runTags())
    var empty = Tally()
    empty.parts = Array(repeating: Tally.Part(), count: Self.trendParts)
    var found: [String: Tally] = [:]
    var earlier: [String: Tally] = [:]
    var all = empty
    var allEarlier = Tally()
    try ledger.forEachCall(purpose: purpose) { (call) throws(LedgerError) in
      let cost = reprice.map { call.source.isPaid ? $0(call) : .zero } ?? call.cost
      if call.scheduledAt < start {
        guard call.scheduledAt >= start - span else { return }
        if key != .day {
          for name in names.of(call) { earlier[name, default: Tally()].add(call, cost: cost, part: nil) }
        }
        allEarlier.add(call, cost: cost, part: nil)
        return
      }
      let part = min(Self.trendParts - 1, Int((call.scheduledAt - start) * Int64(Self.trendParts) / span))
      for name in names.of(call) { found[name, default: empty].add(call, cost: cost, part: part) }
      all.add(call, cost: cost, part: part)
    }
    let hasBefore = since != nil
    let groupsHaveBefore = hasBefore && key != .day
    // Taken out one by one: their times are large.
    groups = []
    for name in found.keys.sorted() {
      guard let tally = found.removeValue(forKey: name) else { continue }
      groups.append(Group(name, tally, before: groupsHaveBefore ? earlier[name] ?? Tally() : nil))
    }
    if key != .day {
      groups.sort { $0.now.cost == $1.now.cost ? $0.name < $1.name : $0.now.cost > $1.now.cost }
    }
    total = Group("all", all, before: hasBefore ? allEarlier : nil)
    spanDays = Double(span) / 86_400e6
    paceDays = Double(max(0, now.microseconds - max(start, first))) / 86_400e6
  }
}

/// The groups that a call belongs to; with tags there may be several.
private struct GroupNames {
  private let key: History.Key
  private let runs: [Int64: (name: String, suite: String?, tags: JSON)]

  init(_ key: History.Key, _ runs: [Int64: (name: String, suite: String?, tags: JSON)]) {
    self.key = key
    self.runs = runs
  }

  func of(_ call: CallRow) -> [String] {
    switch key {
    case .model: return ["\(call.provider) \(call.model)"]
    case .target: return [call.target.isEmpty ? "\(call.provider):\(call.model)" : call.target]
    case .suite: return [call.runID.flatMap { runs[$0]?.suite } ?? "no suite"]
    case .day: return [Instant(microseconds: call.scheduledAt).date]
    case .purpose: return [call.purpose.rawValue]
    case .tag:
      let tags = call.runID.flatMap { runs[$0]?.tags.object } ?? JSONObject()
      return tags.isEmpty ? ["no tag"] : tags.map { "\($0.key)=\($0.value.string ?? $0.value.text)" }
    }
  }
}
