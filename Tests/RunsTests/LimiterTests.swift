import Formats
import Testing
import Vocabulary

@testable import Runs

@Suite("the limiter, in simulated time")
struct LimiterTests {
  static let servers: [(LimitedServer.Window, Bool, Bool)] = [
    (.bucketOfMinute, true, true), (.bucketOfMinute, false, true), (.bucketOfMinute, false, false),
    (.bucketOfTenSeconds, true, true), (.bucketOfTenSeconds, false, true),
    (.bucketOfTenSeconds, false, false), (.sliding, true, true), (.sliding, false, true),
    (.fixedMinute, true, true), (.fixedMinute, false, true),
  ]

  @Test("a limited service is used to 95 % with at most 5 % extra sends", arguments: servers, [1, 2] as [UInt64])
  func usesLimit(_ kind: (window: LimitedServer.Window, headers: Bool, retryAfter: Bool), seed: UInt64) {
    for latency in [50_000.0, 800_000, 3_200_000] {
      var server = LimitedServer(kind.window, requestsPerMinute: 600)
      server.sendsHeaders = kind.headers
      server.sendsRetryAfter = kind.retryAfter
      var simulation = LimiterSimulation(server, seed: seed)
      simulation.meanLatency = latency
      let count = 6_000
      simulation.run(count)
      // What a bucket has saved up at the start comes on top of what flows in.
      let saved: Double =
        switch kind.window {
        case .bucketOfMinute: 600
        case .bucketOfTenSeconds: 100
        case .sliding, .fixedMinute: 0
        }
      let ideal = (Double(count) - saved) / 10
      let used = ideal / (Double(simulation.now) / 1e6)
      let extra = Double(simulation.sends - count) / Double(count)
      print(kind, latency, "used", used, "extra", extra, "mostInFlight", simulation.mostInFlight)
      #expect(simulation.done == count)
      #expect(used >= 0.95, "\(kind), latency \(latency): used \(used)")
      #expect(extra <= 0.05, "\(kind), latency \(latency): extra \(extra)")
    }
  }
}
