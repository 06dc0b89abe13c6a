import Formats
import Synchronization

/// Remembers what the server saw, in bounded memory: counts of everything, the last exchanges in full, and
/// all of them in a file when one is named.
final class Observatory: Sendable {
  struct Count {
    var requests = 0
    var input = 0
    var cached = 0
    var output = 0
    var reasoning = 0
    var charge = Money.zero
  }

  struct State: ~Copyable {
    var requests = 0
    var finished = 0
    var inFlight = 0
    var greatestInFlight = 0
    var statuses: [Int: Int] = [:]
    var paths: [String: Int] = [:]
    var models: [String: Count] = [:]
    var keys: [String: Int] = [:]
    var faults: [String: Int] = [:]
    var limits: [String: Int] = [:]
    var clientsLeft = 0
    var streams = 0
    var events = 0
    var right = 0
    var judgedRight = 0
    var seen = SeenContents()
    var recent = Ring()
    var log: LogFile?
  }

  let state = Mutex(State())

  init(log: LogFile? = nil) { state.withLock { $0.log = log } }

  /// Counts a request in and says how often the same content had come before.
  func begin(_ exchange: Exchange) {
    state.withLock { state in
      state.requests += 1
      state.inFlight += 1
      state.greatestInFlight = max(state.greatestInFlight, state.inFlight)
      exchange.number = state.requests
    }
  }

  func repetition(of content: UInt64) -> Int { state.withLock { $0.seen.count(content) } }

  /// How many replies to this content reached whoever asked.
  func replies(to content: UInt64) -> Int { state.withLock { $0.seen.replies(content) } }

  func replied(to content: UInt64) { state.withLock { $0.seen.reply(content) } }

  func finish(_ exchange: Exchange) {
    state.withLock { state in
      state.inFlight -= 1
      state.finished += 1
      state.statuses[exchange.status, default: 0] += 1
      Self.add(1, to: &state.paths, exchange.path)
      if !exchange.keyHash.isEmpty { Self.add(1, to: &state.keys, exchange.keyHash) }
      if let fault = exchange.fault { state.faults[fault, default: 0] += 1 }
      if let limit = exchange.limit { state.limits[limit, default: 0] += 1 }
      if exchange.clientLeft { state.clientsLeft += 1 }
      if exchange.streams { state.streams += 1 }
      state.events += exchange.events
      if let right = exchange.isRight {
        state.judgedRight += 1
        if right { state.right += 1 }
      }
      let model =
        state.models[exchange.model] == nil && state.models.count >= 1000 ? "(others)" : exchange.model
      state.models[model, default: Count()].add(exchange)
      state.recent.append(exchange)
      state.log?.write(exchange.json)
    }
  }

  /// Names come from outside: a thousand of them are kept apart, the rest is counted together.
  private static func add(_ count: Int, to counts: inout [String: Int], _ name: String) {
    counts[counts[name] == nil && counts.count >= 1000 ? "(others)" : name, default: 0] += count
  }

  func reset() {
    state.withLock { state in
      let log = state.log
      let inFlight = state.inFlight
      state = State()
      state.log = log
      state.inFlight = inFlight
    }
  }

  func close() {
    state.withLock { state in
      state.log?.close()
      state.log = nil
    }
  }
}

extension Observatory.Count {
  mutating func add(_ exchange: Exchange) {
    requests += 1
    input += exchange.usage.input
    cached += exchange.usage.cached
    output += exchange.usage.output
    reasoning += exchange.usage.reasoning
    charge += exchange.charge
  }
}

/// How often each content came, and how often it was answered: exact for the first million different ones.
struct SeenContents {
  private var counts: [UInt64: (requests: UInt32, replies: UInt32)] = [:]
  private(set) var duplicates = 0
  private(set) var isFull = false
  static let capacity = 1 << 20

  /// Counts a request and gives how often the same had come before.
  mutating func count(_ content: UInt64) -> Int {
    if let before = counts[content]?.requests {
      counts[content]?.requests = before &+ 1
      duplicates += 1
      return Int(before)
    }
    guard counts.count < Self.capacity else {
      isFull = true
      return 0
    }
    counts[content] = (1, 0)
    return 0
  }

  func replies(_ content: UInt64) -> Int { counts[content].map { Int($0.replies) } ?? 0 }

  mutating func reply(_ content: UInt64) { counts[content]?.replies &+= 1 }

  var different: Int { counts.count }
}

/// The last exchanges, oldest first.
struct Ring {
  private var items: [Exchange] = []
  private var next = 0
  static let capacity = 10_000

  mutating func append(_ exchange: Exchange) {
    if items.count < Self.capacity {
      items.append(exchange)
    } else {
      items[next] = exchange
      next = (next + 1) % Self.capacity
    }
  }

  var all: [Exchange] { Array(items[next...] + items[..<next]) }
}
