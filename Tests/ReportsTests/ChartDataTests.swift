import Statistics
import Testing

@testable import Reports

@Test("whiskers of cost know clusters, end at nothing, and are not drawn of a watched run")
func costWhiskers() throws {
  // Six cases of each document cost about the same.
  let costs = (0..<24).map { no in
    (caseNo: no, mean: [0.01, 0.02, 0.04, 0.08][no / 6] + Double(no % 6) * 1e-4)
  }
  let clusters = Dictionary(uniqueKeysWithValues: (0..<24).map { ($0, "document \($0 / 6)") })
  let alone = try #require(ChartData.meanCost(costs, clusters: [:], isWatched: false))
  let grouped = try #require(ChartData.meanCost(costs, clusters: clusters, isWatched: false))
  #expect(abs(alone.mean - grouped.mean) < 1e-12)
  #expect(alone.interval == meanEstimate(costs.map(\.mean)).interval)
  #expect(grouped.interval?.lower == 0)
  #expect((grouped.interval?.upper ?? 0) > 2 * (alone.interval?.upper ?? 1) - alone.mean)
  let watched = try #require(ChartData.meanCost(costs, clusters: clusters, isWatched: true))
  #expect(watched.interval == nil && watched.mean == grouped.mean)
}
