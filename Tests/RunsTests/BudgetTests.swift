import Formats
import Suites
import Testing

@testable import Runs

@Suite("the budget")
struct BudgetTests {
  /// Calls that overlap in every order, and use anything up to what was reserved for them.
  private func play(seed: UInt64, most: Double) -> (state: BudgetState, worstTotal: Money, isOver: Bool) {
    var generator = SeededGenerator(seed: seed)
    var caps = Budget()
    caps.cost = Money(picodollars: Int64(1 + generator.next(below: 10_000_000)))
    if generator.nextDouble() < 0.3 { caps.tokens = 1 + generator.next(below: 100_000) }
    if generator.nextDouble() < 0.3 { caps.calls = 1 + generator.next(below: 200) }
    var state = BudgetState(caps)
    var open: [BudgetState.Amount] = []
    var worst = Money.zero
    var isOver = false
    for _ in 0..<400 {
      if generator.nextDouble() < 0.6 {
        let asked = BudgetState.Amount(
          cost: Money(picodollars: Int64(generator.next(below: 1_000_000))),
          tokens: generator.next(below: 5_000),
          calls: 1)
        let amount = state.reservation(for: asked)
        if state.reserve(amount) == .granted { open.append(amount) }
      } else if !open.isEmpty {
        let amount = open.remove(at: generator.next(below: open.count))
        // Adversarial: nothing, all of it, or anything between.
        let share = [0, 1, generator.nextDouble()][generator.next(below: 3)] * most
        state.settle(
          amount,
          actual: BudgetState.Amount(
            cost: Money(picodollars: Int64(Double(amount.cost.picodollars) * share)),
            tokens: Int(Double(amount.tokens) * share), calls: 1))
      }
      let total = state.used + state.reserved
      worst = max(worst, total.cost)
      if total.cost > caps.cost ?? .zero { isOver = true }
      if let cap = caps.tokens, total.tokens > cap { isOver = true }
      if let cap = caps.calls, total.calls > cap { isOver = true }
    }
    return (state, worst, isOver)
  }

  @Test("no order of calls and no use of them passes the cap")
  func neverExceeded() {
    for seed in 1...3_000 as ClosedRange<UInt64> {
      let result = play(seed: seed, most: 1)
      #expect(!result.isOver, "seed \(seed): \(result.worstTotal)")
      if result.isOver { break }
    }
  }

  /// A run as the ledger sees it: calls with retries, some of which may have been billed and are booked in
  /// full; deaths of the process, after which everything that was on the wire counts in full; and what the
  /// service truly charged, which is anything up to the worst case, for what came back and what did not.
  private func live(seed: UInt64) -> (billed: Money, cap: Money, isOver: Bool) {
    var generator = SeededGenerator(seed: seed)
    var caps = Budget()
    caps.cost = Money(picodollars: Int64(1_000_000 + generator.next(below: 50_000_000)))
    var recorded = BudgetState.Amount()
    var billed = Money.zero
    for _ in 0..<4 {
      // Resumed with what is recorded, and now and then with more.
      if generator.nextDouble() < 0.3, let cap = caps.cost { caps.cost = cap + Money(picodollars: 5_000_000) }
      var state = BudgetState(caps, used: recorded)
      var open: [(amount: BudgetState.Amount, charged: Money)] = []
      for _ in 0..<(20 + generator.next(below: 200)) {
        if generator.nextDouble() < 0.55 {
          let worst = BudgetState.Amount(
            cost: Money(picodollars: Int64(1 + generator.next(below: 2_000_000))), tokens: 10, calls: 1)
          guard state.reserve(state.reservation(for: worst)) == .granted else { continue }
          let share = [0, 1, generator.nextDouble()][generator.next(below: 3)]
          open.append((worst, Money(picodollars: Int64(Double(worst.cost.picodollars) * share))))
          billed += open[open.count - 1].charged
        } else if !open.isEmpty {
          let (amount, charged) = open.remove(at: generator.next(below: open.count))
          // What came back is known; what may have been billed is booked in full.
          let isKnown = generator.nextDouble() < 0.8
          let actual = isKnown ? BudgetState.Amount(cost: charged, tokens: 5, calls: 1) : amount
          state.settle(amount, actual: actual)
          recorded = recorded + actual
        }
        if billed > caps.cost ?? .zero { return (billed, caps.cost ?? .zero, true) }
      }
      // The process dies: what was on the wire was noted before it was sent.
      for (amount, _) in open { recorded = recorded + amount }
    }
    return (billed, caps.cost ?? .zero, false)
  }

  @Test("no schedule of calls, retries, deaths and resumptions is billed more than the cap")
  func neverBilledMore() {
    for seed in 1...3_000 as ClosedRange<UInt64> {
      let result = live(seed: seed)
      #expect(!result.isOver, "seed \(seed): \(result.billed) of \(result.cap)")
      if result.isOver { break }
    }
  }

  @Test("a service that charges more than its list says is reserved for with more from then on")
  func surprise() {
    var caps = Budget()
    caps.cost = Money(picodollars: 1_000)
    var state = BudgetState(caps)
    let worst = BudgetState.Amount(cost: Money(picodollars: 100), calls: 1)
    #expect(state.reserve(state.reservation(for: worst)) == .granted)
    state.settle(worst, actual: BudgetState.Amount(cost: Money(picodollars: 150), calls: 1))
    #expect(state.reservation(for: worst).cost == Money(picodollars: 150))
  }

  @Test(
    "a service that charges beyond all reason stops nothing but the spending",
    arguments: [
      BudgetState.Amount(cost: Money(picodollars: .max), tokens: .max, calls: 1),
      BudgetState.Amount(cost: .zero, tokens: 1 << 60, calls: 1),
      BudgetState.Amount(cost: Money(picodollars: 4_000_000_000_000_000_000), tokens: 0, calls: 1),
    ])
  func hugeSurprise(_ charged: BudgetState.Amount) {
    var caps = Budget()
    caps.calls = 1_000
    var state = BudgetState(caps)
    let worst = BudgetState.Amount(cost: Money(picodollars: 3), tokens: 1, calls: 1)
    for _ in 0..<40 {
      let amount = state.reservation(for: worst)
      #expect(amount.cost >= worst.cost && amount.tokens >= worst.tokens)
      #expect(state.reserve(amount) == .granted)
      state.settle(worst, actual: charged)
    }
    #expect(state.reservation(for: BudgetState.Amount(calls: 1)) == BudgetState.Amount(calls: 1))
    #expect(state.used.calls == 40)
  }

  @Test("what does not fit waits while something is in flight, and never fits when nothing is")
  func waitsOrEnds() {
    var caps = Budget()
    caps.calls = 1
    var state = BudgetState(caps)
    let one = BudgetState.Amount(calls: 1)
    #expect(state.reserve(one) == .granted)
    #expect(state.reserve(one) == .wait)
    state.settle(one, actual: one)
    #expect(state.reserve(one) == .exhausted)
  }

  @Test("five hundred tasks at once never spend more than a cent")
  func concurrentTasks() async {
    var caps = Budget()
    caps.cost = Money(picodollars: 10_000_000_000)
    let keeper = BudgetKeeper(BudgetState(caps))
    await withTaskGroup(of: Void.self) { group in
      for no in 0..<500 {
        group.addTask {
          var generator = SeededGenerator(seed: UInt64(no))
          let worst = BudgetState.Amount(cost: Money(picodollars: 100_000_000), calls: 1)
          guard let reservation = await keeper.reserve(worst, priority: .new) else { return }
          await Task.yield()
          keeper.settle(
            reservation,
            actual: BudgetState.Amount(
              cost: Money(picodollars: Int64(generator.next(below: 100_000_001))), calls: 1))
        }
      }
    }
    #expect(keeper.used.cost <= Money(picodollars: 10_000_000_000))
    #expect(keeper.used.cost >= Money(picodollars: 9_700_000_000))
    #expect(keeper.isExhausted)
  }
}
