import Formats
import Ledger
import Statistics
import Vocabulary

/// A view of the history as a table: every format is made from these cells, so that they agree.
public struct HistoryTable: Sendable {
  public enum View: String, Sendable { case costs, latency, errors }

  public struct Column: Sendable {
    /// As people read it.
    public var title: String
    public var isNumber: Bool
    /// Name in CSV and JSON, with the unit; nil where the column is for people only.
    var key: String?
  }

  public var view: View
  public var title: String
  public var columns: [Column] = []
  /// As people read them.
  public var rows: [[String]] = []
  /// What stands below: the pace, the change, what is unknown.
  public var notes: [String] = []
  private(set) var values: [[Cell]] = []

  public init(_ history: History, _ view: View, asModel: String? = nil) {
    self.view = view
    title =
      view == .latency
      ? "Latency by \(history.key.rawValue)"
      : "\(view == .costs ? "Costs" : "Errors") by \(history.key.rawValue)"
    if let asModel { title += ", as if every call had been made to \(asModel)" }
    let specs = Self.specs(history, view)
    columns = specs.map(\.column)
    for group in history.groups + [history.total] {
      let cells = specs.map { $0.cell(group) }
      rows.append(cells.map(\.shown))
      values.append(cells.map(\.value))
    }
    notes = Self.notes(history, view)
  }

  // MARK: Columns

  private typealias Shown = (shown: String, value: Cell)

  private struct Spec {
    var column: Column
    var cell: (History.Group) -> Shown

    init(_ title: String, _ key: String?, isNumber: Bool = true, _ cell: @escaping (History.Group) -> Shown) {
      column = Column(title: title, isNumber: isNumber, key: key)
      self.cell = cell
    }
  }

  private static func specs(_ history: History, _ view: View) -> [Spec] {
    var specs = [
      Spec(history.key.rawValue, history.key.rawValue, isNumber: false) { ($0.name, .text($0.name)) }
    ]
    switch view {
    case .costs: specs += costs
    case .latency: specs += latency
    case .errors: specs += errors
    }
    // A day is one point of the trend, and no part of the span before is its counterpart.
    guard history.key != .day else { return specs }
    if history.total.before != nil { specs += changes(view) }
    specs.append(Spec("trend", nil, isNumber: false) { (trend($0, view), .none) })
    return specs
  }

  private static func count(_ title: String, _ key: String, _ value: @escaping (Tally) -> Int) -> Spec {
    Spec(title, key) { (String(value($0.now)), .count(value($0.now))) }
  }

  /// - Parameter value: nil where it is unknown.
  private static func money(_ title: String, _ key: String, _ value: @escaping (Tally) -> Money?) -> Spec {
    Spec(title, key) { group in
      guard let money = value(group.now) else { return ("unknown", .none) }
      return (money == .zero ? "-" : money.shown, .money(money))
    }
  }

  private static var costs: [Spec] {
    [
      count("calls", "calls") { $0.calls }, count("input", "input_tokens") { $0.inputTokens },
      count("output", "output_tokens") { $0.outputTokens },
      Spec("cost", "cost_usd") { group in
        guard let cost = group.now.knownCost else { return ("unknown", .none) }
        return (cost.shown + (group.now.unknownCosts > 0 ? " + unknown" : ""), .money(cost))
      },
      Spec("unknown", "calls_of_unknown_cost") { group in
        (group.now.unknownCosts > 0 ? "\(group.now.unknownCosts) calls" : "-", .count(group.now.unknownCosts))
      },
      money("judges", "judge_cost_usd") { $0.knownJudgeCost }, money("saved", "avoided_usd") { $0.avoided },
      money("perhaps billed", "possibly_billed_usd") { $0.possiblyBilled },
    ]
  }

  private static var latency: [Spec] {
    [
      Spec("replies", "replies") { (String($0.latency?.count ?? 0), .count($0.latency?.count ?? 0)) },
      Spec("p50", "latency_p50_us") { time($0.latency?[0.5]) },
      Spec("95 % CI", nil) { ($0.latency?[0.5]?.intervalText ?? "n/a", .none) },
    ] + bounds("latency_p50", "us") { $0.latency?[0.5]?.interval } + [
      Spec("p95", "latency_p95_us") { time($0.latency?[0.95]) }
    ] + bounds("latency_p95", "us") { $0.latency?[0.95]?.interval } + [
      Spec("p99", "latency_p99_us") { time($0.latency?[0.99]) }
    ] + bounds("latency_p99", "us") { $0.latency?[0.99]?.interval } + [
      Spec("TTFT p50", "ttft_p50_us") { time($0.timeToFirstToken?[0.5]) }
    ] + bounds("ttft_p50", "us") { $0.timeToFirstToken?[0.5]?.interval } + [
      Spec("TTFT p95", "ttft_p95_us") { time($0.timeToFirstToken?[0.95]) }
    ] + bounds("ttft_p95", "us") { $0.timeToFirstToken?[0.95]?.interval }
  }

  /// Of a figure's interval, in files alone.
  private static func bounds(
    _ name: String, _ unit: String? = nil, _ interval: @escaping (History.Group) -> Interval?
  ) -> [Spec] {
    let end = unit.map { "_\($0)" } ?? ""
    return [
      Spec("", "\(name)_low\(end)") { ("", .number(interval($0)?.lower)) },
      Spec("", "\(name)_high\(end)") { ("", .number(interval($0)?.upper)) },
    ]
  }

  private static var errors: [Spec] {
    [
      count("calls", "calls") { $0.calls }, count("errors", "errors") { $0.failed },
      Spec("rate", "error_rate") { (MarkdownReport.percent($0.now.errorRate), .number($0.now.errorRate)) },
      Spec("95 % CI", nil) { group in
        guard let interval = wilson(group.now.failed, of: group.now.calls) else { return ("n/a", .none) }
        return (range(interval, unit: "%"), .none)
      },
    ] + bounds("error_rate") { wilson($0.now.failed, of: $0.now.calls) } + [
      Spec("kinds", "kinds", isNumber: false) { group in
        let kinds = group.now.errors.sorted { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }
        let text = kinds.map { "\($0.value) \($0.key.rawValue)" }.joined(separator: ", ")
        return (text.isEmpty ? "-" : text, .text(text))
      }
    ]
  }

  private static func time(_ percentile: Percentile?) -> Shown {
    (MarkdownReport.time(percentile), .number(percentile?.value))
  }

  /// The change against the span before, with its interval, in per cent or in points.
  private static func changes(_ view: View) -> [Spec] {
    func change(_ group: History.Group) -> Tally.Change? {
      guard let before = group.before else { return nil }
      switch view {
      case .costs: return group.now.costChange(since: before)
      case .latency: return group.now.latencyChange(since: before)
      case .errors: return group.now.errorChange(since: before)
      }
    }
    let unit = view == .errors ? "pp" : "%"
    let key = view == .errors ? "change_of_rate" : "change"
    return [
      Spec("change", key) { group in
        guard let change = change(group) else {
          return (group.before?.calls == 0 ? "new" : "n/a", .none)
        }
        let text = signed(change.value, unit: unit)
        return (change.interval.map { "\(text) (\(range($0, unit: "")))" } ?? text, .number(change.value))
      }
    ] + bounds(key) { change($0)?.interval }
  }

  private static func signed(_ share: Double, unit: String) -> String {
    (share < 0 ? "" : "+") + NumberText.fixed(share * 100, decimals: unit == "pp" ? 1 : 0) + " \(unit)"
  }

  private static func range(_ interval: Interval, unit: String) -> String {
    func bound(_ value: Double?) -> String { value.map { NumberText.fixed($0 * 100, decimals: 1) } ?? "…" }
    return "\(bound(interval.lower)) to \(bound(interval.upper))" + (unit.isEmpty ? "" : " \(unit)")
  }

  // MARK: Trend

  /// Eighths of a block: the parts of the span, oldest first; a dot where there was nothing, a question mark
  /// where the only costs are unknown.
  private static func trend(_ group: History.Group, _ view: View) -> String {
    let values = group.now.parts.map { part -> Double? in
      guard part.calls > 0 else { return nil }
      switch view {
      case .costs: return part.knownCost
      case .latency: return part.meanLatency
      case .errors: return Double(part.failed) / Double(part.calls)
      }
    }
    let most = values.compactMap { $0 }.max() ?? 0
    let blocks = Array("▁▂▃▄▅▆▇█")
    return zip(group.now.parts, values).map { part, value -> String in
      guard let value else { return view == .costs && part.calls > 0 ? "?" : "·" }
      return String(blocks[most > 0 ? min(7, Int(value / most * 7.999)) : 0])
    }.joined()
  }

  // MARK: Notes

  private static func notes(_ history: History, _ view: View) -> [String] {
    var notes: [String] = []
    let now = history.total.now
    if view == .costs {
      if let monthly = history.projectedMonthly {
        notes.append("at this pace about $\(NumberText.fixed(monthly, decimals: 2)) a month")
      }
      if let before = history.total.before {
        notes.append(spanBefore(before))
      }
      if now.unknownCosts > 0 {
        notes.append(
          "the cost of \(now.unknownCosts) calls is unknown and not in these sums; see: assay prices")
      }
    }
    return notes
  }

  private static func spanBefore(_ before: Tally) -> String {
    let unknown = before.unknownCosts > 0 ? ", \(before.unknownCosts) of unknown cost" : ""
    let calls = "\(before.calls) calls\(unknown)"
    guard let cost = before.knownCost else { return "the span before had \(calls)" }
    return "the span before cost \(cost.shown) in \(calls)"
  }
}
