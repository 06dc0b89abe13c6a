import Formats
import Models
import Suites
import Testing
import Wire

@testable import Runs

/// The order of a run that may stop when it is sure.
@Suite("shuffled cases")
struct ShuffleTests {
  private func order(_ suite: String, window: Int, seed: UInt64 = 3) async throws -> [Int] {
    let fixture = try RunFixture(suite)
    let loaded = try await SuiteLoader.load([fixture.folder + "/suite.yaml"])
    let plan = try RunPlan(
      loaded, client: ModelClient(http: HTTPClient(), environment: [:]),
      options: fixture.options { $0.seed = seed })
    let cases = ShuffledCases(plan, window: window)
    var found: [Int] = []
    while let test = try cases.next() { found.append(test.index) }
    #expect(cases.plannedTrials == found.count)
    return found
  }

  private static func suite(_ count: Int, clusters: Int? = nil) -> String {
    "prompts: [\"{{q}}\"]\ntargets: [sim:sim-echo]\ntests:\n"
      + (0..<count).map { i in
        "  - {vars: {q: w\(i)}" + (clusters.map { ", metadata: {cluster: d\(i % $0)}" } ?? "") + "}\n"
      }.joined()
  }

  @Test(
    "each case comes once, in an order that the seed decides and the window does not",
    arguments: [1, 7, 60, 500])
  func eachOnce(window: Int) async throws {
    let found = try await order(Self.suite(60), window: window)
    #expect(found.sorted() == Array(0..<60))
    #expect(found == (0..<60).sorted { shuffledRank(of: $0, seed: 3) < shuffledRank(of: $1, seed: 3) })
    #expect(found != Array(0..<60))
    #expect(try await order(Self.suite(60), window: window, seed: 4) != found)
  }

  @Test("cases of a cluster follow each other", arguments: [5, 500])
  func clusters(window: Int) async throws {
    let groups = try await order(Self.suite(60, clusters: 6), window: window).map { $0 % 6 }
    let changes = zip(groups, groups.dropFirst()).count { $0 != $1 }
    #expect(changes == 5)
  }

  @Test("cases that use earlier replies are refused")
  func refused() async throws {
    let suite = "prompts: [\"{{_conversation}}\"]\ntargets: [sim:sim-echo]\ntests: [{vars: {q: a}}]\n"
    await #expect(throws: Problems.self) { try await order(suite, window: 10) }
  }
}
