import Formats
import Suites
import Vocabulary

/// What a run may use, and what it has used: a pure state machine.
///
/// Before a call is sent its worst case is reserved; when it has ended, what it really used takes the
/// place of the reservation. So used + reserved never passes a cap, however the calls overlap. Should a
/// service charge more than its own price list and limits allow, later reservations grow by the same factor.
struct BudgetState: Sendable {
  struct Amount: Sendable, Hashable {
    var cost = Money.zero
    var tokens = 0
    var calls = 0

    static func + (a: Amount, b: Amount) -> Amount {
      Amount(cost: a.cost + b.cost, tokens: sum(a.tokens, b.tokens), calls: a.calls + b.calls)
    }
    static func - (a: Amount, b: Amount) -> Amount {
      let (tokens, overflows) = a.tokens.subtractingReportingOverflow(b.tokens)
      return Amount(
        cost: a.cost - b.cost, tokens: overflows ? (a.tokens < 0 ? .min : .max) : tokens,
        calls: a.calls - b.calls)
    }

    /// Counts of tokens come from services, which may say anything: no sum of them overflows.
    private static func sum(_ a: Int, _ b: Int) -> Int {
      let (sum, overflows) = a.addingReportingOverflow(b)
      return overflows ? (a < 0 ? .min : .max) : sum
    }

    /// So many times as much, up to what no cap comes near.
    func grown(by factor: Double) -> Amount {
      Amount(
        cost: Money(picodollars: Int64(min((Double(cost.picodollars) * factor).rounded(.up), 4e18))),
        tokens: Int(min((Double(tokens) * factor).rounded(.up), Double(1 << 53))), calls: calls)
    }
  }

  enum Answer: Sendable, Hashable {
    case granted
    /// It may fit once something that is in flight has ended for less than was reserved.
    case wait
    /// It will never fit.
    case exhausted
  }

  let caps: Budget
  private(set) var used: Amount
  private(set) var reserved = Amount()
  private(set) var inFlight = 0
  /// How much more than its reservation the most surprising call has used.
  private(set) var surprise = 1.0
  /// A factor above it says no more, and must not grow beyond numbers.
  private static let mostSurprise = 1e18

  init(_ caps: Budget, used: Amount = Amount()) {
    self.caps = caps
    self.used = used
  }

  var isLimited: Bool { caps.cost != nil || caps.tokens != nil || caps.calls != nil }

  /// What is to be reserved for a call with that worst case.
  func reservation(for worst: Amount) -> Amount {
    surprise > 1 ? worst.grown(by: surprise) : worst
  }

  mutating func reserve(_ amount: Amount) -> Answer {
    if fits(amount) {
      reserved = reserved + amount
      inFlight += 1
      return .granted
    }
    return inFlight > 0 ? .wait : .exhausted
  }

  private func fits(_ amount: Amount) -> Bool {
    let total = used + reserved + amount
    if let cap = caps.cost, total.cost > cap { return false }
    if let cap = caps.tokens, total.tokens > cap { return false }
    if let cap = caps.calls, total.calls > cap { return false }
    return true
  }

  /// A call has ended. `actual` is what it used, or the reservation where that is not known.
  mutating func settle(_ amount: Amount, actual: Amount) {
    reserved = reserved - amount
    inFlight -= 1
    used = used + actual
    if amount.cost > .zero, actual.cost > amount.cost {
      grow(by: Double(actual.cost.picodollars) / Double(amount.cost.picodollars))
    }
    if amount.tokens > 0, actual.tokens > amount.tokens {
      grow(by: Double(actual.tokens) / Double(amount.tokens))
    }
  }

  private mutating func grow(by factor: Double) {
    surprise = min(max(surprise, surprise * factor), Self.mostSurprise)
  }
}
