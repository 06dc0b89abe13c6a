import Formats

/// What a simulated service allows a key to do with a model.
///
///     rpm=60,tpm=10000,itpm=,otpm=,concurrency=4,window=bucket,burst=60,charge=max,count-failed=no
struct Limits: Sendable, Equatable {
  enum Window: String, Sendable, CaseIterable {
    /// refills steadily, holds `burst` seconds' worth
    case bucket
    /// what happened in the last minute
    case sliding
    /// what happened since the minute began
    case fixed
  }

  /// By minute.
  var requests: Int?
  var tokens: Int?
  var inputTokens: Int?
  var outputTokens: Int?
  /// At once.
  var concurrency: Int?
  var window = Window.bucket
  /// Seconds' worth that a full bucket holds.
  var burst = 60.0
  /// `max_tokens` is charged on arrival, as OpenAI does; otherwise what was really written, afterwards.
  var chargesMaximum = true
  /// A refused request counts, too.
  var countsFailed = false

  private static let greatest = 1_000_000_000_000

  var isEmpty: Bool {
    requests == nil && tokens == nil && inputTokens == nil && outputTokens == nil && concurrency == nil
  }

  init() {}

  init(_ text: String) throws(Problem) {
    for part in text.split(separator: ",").map({ $0.trimmed }) where !part.isEmpty {
      let sides = part.split(separator: "=", maxSplits: 1).map { $0.trimmed }
      try set(sides[0].lowercased(), sides.count > 1 ? sides[1] : "")
    }
  }

  mutating func set(_ name: String, _ value: String) throws(Problem) {
    let count = Int(value)
    let problem = Problem(
      "cannot read the limit \"\(name)=\(value)\"",
      mend:
        "rpm, tpm, itpm, otpm, concurrency, burst take a whole number from 1 to \(Self.greatest); window takes "
        + "bucket, sliding or fixed; charge takes max or actual; count-failed takes yes or no")
    if ["rpm", "tpm", "itpm", "otpm", "concurrency", "burst"].contains(name),
      !(1...Self.greatest).contains(count ?? 0)
    {
      throw problem
    }
    switch name {
    case "rpm": requests = count
    case "tpm": tokens = count
    case "itpm": inputTokens = count
    case "otpm": outputTokens = count
    case "concurrency": concurrency = count
    case "burst": burst = Double(count ?? 60)
    case "window":
      guard let kind = Window(rawValue: value) else { throw problem }
      window = kind
    case "charge":
      guard ["max", "actual"].contains(value) else { throw problem }
      chargesMaximum = value == "max"
    case "count-failed":
      guard ["yes", "no", "true", "false"].contains(value) else { throw problem }
      countsFailed = value == "yes" || value == "true"
    default: throw problem
    }
  }
}

/// One limit and what was used of it. Times are simulated seconds.
struct LimitMeter {
  let limit: Double
  private let window: Limits.Window
  private let capacity: Double
  private var level: Double
  private var last = 0.0
  /// Of a sliding window, oldest first from `head` on.
  private var used: [(at: Double, amount: Double)] = []
  private var head = 0
  private var sum = 0.0

  init(_ limit: Int, _ limits: Limits) {
    self.limit = Double(limit)
    window = limits.window
    capacity = max(1, Double(limit) * min(limits.burst, 60) / 60)
    level = capacity
  }

  private mutating func advance(to now: Double) {
    switch window {
    case .bucket:
      level = min(capacity, level + limit / 60 * max(0, now - last))
    case .fixed:
      if (now / 60).rounded(.down) > (last / 60).rounded(.down) { sum = 0 }
    case .sliding:
      while head < used.count, used[head].at <= now - 60 {
        sum -= used[head].amount
        head += 1
      }
      if head > 1024, head * 2 > used.count {
        used.removeFirst(head)
        head = 0
      }
    }
    last = max(last, now)
  }

  mutating func remaining(at now: Double) -> Double {
    advance(to: now)
    return window == .bucket ? level : limit - sum
  }

  /// Seconds until so much is free; what is larger than the whole limit is let through when all of it is.
  mutating func wait(for amount: Double, at now: Double) -> Double {
    let free = remaining(at: now)
    let wanted = min(amount, window == .bucket ? capacity : limit)
    if free >= wanted - 1e-9 { return 0 }
    switch window {
    case .bucket: return (wanted - free) / (limit / 60)
    case .fixed: return 60 - (now - (now / 60).rounded(.down) * 60)
    case .sliding:
      var freed = free
      for place in head..<used.count {
        freed += used[place].amount
        if freed >= wanted { return max(0, used[place].at + 60 - now) }
      }
      return 60
    }
  }

  mutating func take(_ amount: Double, at now: Double) {
    advance(to: now)
    switch window {
    case .bucket: level -= amount
    case .fixed: sum += amount
    case .sliding:
      used.append((now, amount))
      sum += amount
    }
  }

  /// Seconds until nothing of it is used any more.
  mutating func reset(at now: Double) -> Double {
    let free = remaining(at: now)
    switch window {
    case .bucket: return (capacity - free) / (limit / 60)
    case .fixed: return sum > 0 ? 60 - (now - (now / 60).rounded(.down) * 60) : 0
    case .sliding: return used.count > head ? max(0, used[used.count - 1].at + 60 - now) : 0
    }
  }
}
