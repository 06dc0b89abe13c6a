import Formats

/// What a model costs, for a time, a length of prompt, a service tier and hours of the day.
public struct PriceRow: Sendable, Hashable {
  /// Empty: whoever offers the model.
  public var provider: String
  public var model: String
  /// `2026-11-01`: first day of it, and first day that it holds no more; empty is open.
  public var from = ""
  public var to = ""
  public var context: ContextTier?
  /// `batch`, `flex`, `priority`, ...; empty is the standard one.
  public var service = ""
  public var windows: [HourWindow] = []
  public var rates = Rates()
  /// Where it comes from, for people: the list and its date, or a file.
  public var origin = ""

  public init(provider: String, model: String) {
    self.provider = provider
    self.model = model
  }

  /// Prompts from here on are charged by this row, wholly and their replies too.
  public struct ContextTier: Sendable, Hashable {
    public var tokens: Int
    /// From exactly this many on, rather than above it.
    public var isInclusive: Bool

    public func holds(_ input: Int) -> Bool { isInclusive ? input >= tokens : input > tokens }
    public var description: String { (isInclusive ? ">=" : ">") + String(tokens) }

    init?(_ text: String) {
      let isInclusive = text.hasPrefix(">=")
      guard text.hasPrefix(">"), let tokens = Int(text.dropFirst(isInclusive ? 2 : 1)), tokens > 0 else {
        return nil
      }
      self.tokens = tokens
      self.isInclusive = isInclusive
    }
  }

  /// Dollars for a million tokens. Absent: as the plainer kind (cached as input, long writes as writes).
  public struct Rates: Sendable, Hashable {
    public var input: Money?
    public var cachedInput: Money?
    public var cacheWrite: Money?
    /// For the longer lifetime: an hour at Anthropic, twelve at OpenAI.
    public var longCacheWrite: Money?
    public var output: Money?
    public var audioInput: Money?
    public var audioOutput: Money?

    public init() {}
  }

  /// Whether it is in force on a day such as `2026-11-20`.
  func holds(on day: String) -> Bool { (from.isEmpty || day >= from) && (to.isEmpty || day < to) }
}

/// `1-5 01:00-04:00`: hours in UTC on some days of the week, Monday being 1.
public struct HourWindow: Sendable, Hashable {
  public var days: ClosedRange<Int>
  /// Minutes from midnight.
  public var minutes: Range<Int>

  init?(_ text: Substring) {
    let parts = text.split(separator: " ")
    guard parts.count == 2 else { return nil }
    let days = parts[0].split(separator: "-").compactMap { Int($0) }
    let hours = parts[1].split(separator: "-").compactMap { Self.minute($0) }
    guard let first = days.first, let last = days.last, first >= 1, first <= last, last <= 7,
      hours.count == 2,
      hours[0] < hours[1]
    else { return nil }
    self.days = first...last
    minutes = hours[0]..<hours[1]
  }

  private static func minute(_ text: Substring) -> Int? {
    let parts = text.split(separator: ":").compactMap { Int($0) }
    guard parts.count == 2, 0...24 ~= parts[0], 0..<60 ~= parts[1] else { return nil }
    return parts[0] * 60 + parts[1]
  }

  func holds(_ instant: Instant) -> Bool {
    let seconds = instant.seconds
    let day = seconds >= 0 ? seconds / 86400 : (seconds - 86399) / 86400
    // The first of January 1970 was a Thursday.
    let weekday = Int(((day + 3) % 7 + 7) % 7) + 1
    return days.contains(weekday) && minutes.contains(Int(seconds - day * 86400) / 60)
  }

  /// As it is written in a price file.
  public var description: String {
    func clock(_ minute: Int) -> String {
      "\(minute / 60 < 10 ? "0" : "")\(minute / 60):\(minute % 60 < 10 ? "0" : "")\(minute % 60)"
    }
    return "\(days.lowerBound)-\(days.upperBound) \(clock(minutes.lowerBound))-\(clock(minutes.upperBound))"
  }
}

/// What is known of a model beside its rates.
public struct ModelFacts: Sendable, Hashable {
  public var provider: String
  public var model: String
  public var contextWindow: Int?
  /// The longest reply it can give.
  public var maxOutput: Int?
  /// The day on which it is withdrawn.
  public var retires: String?
  /// What a request is multiplied by for being fast or staying in a region, in thousandths.
  public var factors: [String: Int] = [:]
  /// Dollars for one web search.
  public var search: Money?
  public var origin = ""
}
