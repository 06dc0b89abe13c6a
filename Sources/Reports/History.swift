import Formats
import Ledger
import Statistics
import Vocabulary

/// What was spent and how long it took over any span of the ledger, by model, target, suite, day or tag.
public struct History: Sendable {
  public enum Key: String, Sendable, CaseIterable { case model, target, suite, day, purpose, tag }

  /// All calls of one group.
  public struct Group: Sendable {
    public var name: String
    public var calls = 0
    public var sent = 0
    public var errors: [ErrorKind: Int] = [:]
    public var cost: Money = .zero
    public var unknownCosts = 0
    public var judgeCost: Money = .zero
    public var avoided: Money = .zero
    public var possiblyBilled: Money = .zero
    public var inputTokens = 0
    public var outputTokens = 0
    public var latency: TimeSummary?
    public var timeToFirstToken: TimeSummary?
    /// Cost a day over the span, oldest first, for a sparkline.
    public var days: [Double] = []
    var latencies: [Double] = []
    var firstTokens: [Double] = []

    public var failed: Int { errors.values.reduce(0, +) }
    public var errorRate: Double? { calls > 0 ? Double(failed) / Double(calls) : nil }
  }

  public var groups: [Group]
  public var total: Group
  /// The same length of time just before, for comparison; nil for the whole history.
  public var before: Group?
  public var spanDays: Double?

  /// Dollars a month at the pace of the span.
  public var projectedMonthly: Double? {
    guard let spanDays, spanDays > 0 else { return nil }
    return total.cost.dollars / spanDays * 30.4
  }

  /// Reads every call once.
  ///
  /// - Parameter reprice: what a call's usage would cost elsewhere; nil leaves costs as they were recorded.
  public init(
    _ ledger: Ledger, by key: Key, since: Instant?, now: Instant = .now(),
    reprice: ((CallRow) -> Money?)? = nil
  ) throws {
    var found: [String: Group] = [:]
    var total = Group(name: "all")
    var before = Group(name: "before")
    let span = since.map { now.microseconds - $0.microseconds }
    let runs = Dictionary(uniqueKeysWithValues: try ledger.runs(limit: 1_000_000).map { ($0.id, $0) })
    var first: Int64?
    try ledger.forEachCall { (call) throws(LedgerError) in
      first = first ?? call.scheduledAt
      if let since, let span, call.scheduledAt < since.microseconds {
        if call.scheduledAt >= since.microseconds - span { Self.add(call, to: &before, reprice) }
        return
      }
      for name in Self.names(call, key, runs) {
        Self.add(call, to: &found[name, default: Group(name: name)], reprice)
      }
      Self.add(call, to: &total, reprice)
    }
    groups = found.values.map(Self.finished).sorted {
      $0.cost == $1.cost ? $0.name < $1.name : $0.cost > $1.cost
    }
    if key == .day { groups.sort { $0.name < $1.name } }
    self.total = Self.finished(total)
    self.before = since == nil ? nil : Self.finished(before)
    spanDays = (span ?? first.map { now.microseconds - $0 }).map { Double($0) / 86_400e6 }
  }

  private static func names(_ call: CallRow, _ key: Key, _ runs: [Int64: RunRow]) -> [String] {
    switch key {
    case .model: return ["\(call.provider) \(call.model)"]
    case .target: return [call.target.isEmpty ? "\(call.provider):\(call.model)" : call.target]
    case .suite: return [call.runID.flatMap { runs[$0]?.suiteFile } ?? "no suite"]
    case .day: return [Instant(microseconds: call.scheduledAt).date]
    case .purpose: return [call.purpose.rawValue]
    case .tag:
      let tags = call.runID.flatMap { runs[$0]?.tags.object } ?? JSONObject()
      return tags.isEmpty ? ["no tag"] : tags.map { "\($0.key)=\($0.value.string ?? $0.value.text)" }
    }
  }

  private static func add(_ call: CallRow, to group: inout Group, _ reprice: ((CallRow) -> Money?)?) {
    group.calls += 1
    if call.source == .network { group.sent += 1 }
    if let kind = call.errorKind { group.errors[kind, default: 0] += 1 }
    let cost = reprice.map { call.source == .network ? $0(call) : .zero } ?? call.cost
    if let cost {
      group.cost += cost
      if call.purpose != .trial { group.judgeCost += call.purpose == .ask ? .zero : cost }
    } else if call.errorKind == nil {
      group.unknownCosts += 1
    }
    group.avoided += call.avoided ?? .zero
    group.possiblyBilled += call.possiblyBilled
    if call.source == .network, let usage = call.usage {
      group.inputTokens += usage.input
      group.outputTokens += usage.output
    }
    if let latency = call.latency { group.latencies.append(Double(latency)) }
    if let first = call.firstOutput { group.firstTokens.append(Double(first)) }
  }

  private static func finished(_ group: Group) -> Group {
    var group = group
    group.latency = TimeSummary(group.latencies)
    group.timeToFirstToken = TimeSummary(group.firstTokens)
    group.latencies = []
    group.firstTokens = []
    return group
  }
}
