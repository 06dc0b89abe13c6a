import Testing
import Vocabulary

@testable import Runs

@Suite("how many at once, in simulated time")
struct KneeTests {
  /// A service that never says no: what it cannot do at once waits there.
  private func simulation(slots: Int, latency: Double, seed: UInt64 = 1) -> LimiterSimulation {
    var server = LimitedServer(.bucketOfMinute, requestsPerMinute: 1e9)
    server.sendsHeaders = false
    var simulation = LimiterSimulation(server, seed: seed)
    simulation.meanLatency = latency
    simulation.slots = Array(repeating: 0, count: slots)
    return simulation
  }

  @Test(
    "a service that never says no is used to the full, and not flooded",
    arguments: [(1, 100.0), (8, 20_000), (100, 50_000), (64, 800_000), (256, 3_200_000)])
  func knee(_ slots: Int, _ latency: Double) {
    var simulation = simulation(slots: slots, latency: latency)
    let count = max(6_000, 50 * slots)
    simulation.run(count, window: 4_000)
    // Twice what is needed, and while it is tried whether the service has grown.
    #expect(simulation.mostInFlight <= max(80, 4 * slots))
    #expect(simulation.limiter.concurrency <= max(60, 3 * Double(slots)))
    // Neither how it began nor how the last replies were waited for.
    let rate = Double(count / 10 * 4) / Double(simulation.tenthsAt[8] - simulation.tenthsAt[4])
    #expect(rate >= 0.95 * Double(slots) / latency)
  }

  @Test("replies of very different lengths are not taken for a knee", arguments: 1...4 as ClosedRange<UInt64>)
  func noKnee(_ seed: UInt64) {
    var simulation = simulation(slots: 0, latency: 3_200_000, seed: seed)
    simulation.isExponential = true
    simulation.run(12_000, window: 2_000)
    #expect(simulation.mostInFlight == 2_000)
    // Twelve rounds of 3.2 s at 2,000 a round would be 20 s; growing to that takes some more.
    #expect(simulation.now < 90_000_000)
  }

  @Test("a service that grows later is used to the full again")
  func growing() {
    var simulation = simulation(slots: 32, latency: 500_000)
    simulation.run(4_000, window: 2_000)
    let before = simulation.limiter.concurrency
    simulation.slots += Array(repeating: simulation.now, count: 96)
    simulation.run(24_000, window: 2_000)
    #expect(before <= 64)
    #expect(simulation.limiter.concurrency >= 100)
  }

  @Test("where the times of sending are given, and where the user said how many, no knee is looked for")
  func given() {
    for change in [{ $0.findsKnee = false }, { $0.concurrency = 300 }] as [(inout LimiterSettings) -> Void] {
      var settings = LimiterSettings()
      change(&settings)
      var limit = ConcurrencyLimit(settings, at: 0)
      for reply in 1...5_000 {
        _ = limit.succeeded(among: Int(limit.value), inFlight: Int(limit.value) - 1, at: Int64(reply) * 1_000)
      }
      #expect(limit.value >= 300)
    }
  }
}

@Suite("a service that is gone")
struct OutageTests {
  private func outage(_ answeredFirst: Bool, failures: Int, over seconds: Int64) -> Bool {
    var outage = Outage()
    if answeredFirst { outage.answered() }
    for failure in 0..<failures {
      outage.failed(at: 7_000_000 + seconds * 1_000_000 * Int64(failure) / Int64(failures - 1))
    }
    return outage.isOver(LimiterSettings())
  }

  @Test("many attempts over long are needed, and longer where it had answered")
  func gone() {
    #expect(outage(false, failures: 10, over: 10))
    #expect(!outage(false, failures: 9, over: 300))
    #expect(!outage(false, failures: 500, over: 9))
    #expect(outage(true, failures: 10, over: 60))
    #expect(!outage(true, failures: 500, over: 59))
  }

  @Test("an answer of any kind begins it anew")
  func answered() {
    var outage = Outage()
    for second in 0..<50 { outage.failed(at: Int64(second) * 1_000_000) }
    outage.answered()
    for second in 50..<80 { outage.failed(at: Int64(second) * 1_000_000) }
    #expect(!outage.isOver(LimiterSettings()))
  }
}
