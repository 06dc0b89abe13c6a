import Formats
import Foundation
import Ledger
import Testing
import Vocabulary

@testable import Reports

private let now = Instant(rfc3339: "2026-03-31T00:00:00Z") ?? Instant(seconds: 0)

private func ledger(of calls: [CallRecord]) async throws -> (Ledger, folder: String) {
  let folder = FileManager.default.temporaryDirectory.appending(path: "assay-\(UUID().uuidString)").path
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  let recorder = try Recorder(path: folder + "/ledger.sqlite")
  // Handed over together they are committed together.
  try await withThrowingTaskGroup(of: Void.self) { group in
    for call in calls { group.addTask { _ = try await recorder.record(call) } }
    try await group.waitForAll()
  }
  await recorder.close()
  return (try Ledger(path: folder + "/ledger.sqlite"), folder)
}

/// A reply that took a millisecond; nil as its cost is an unknown one.
private func reply(daysAgo days: Double, cost: Money?, purpose: CallPurpose = .ask) -> CallRecord {
  let at = now.microseconds - Int64(days * 86_400e6)
  let timings = Timings(done: 1_000)
  var reply = Reply(text: "yes")
  reply.usage = Usage(input: 100, output: 10)
  var call = Call(
    purpose: purpose, source: .network, target: "t", provider: "sim", model: "m",
    request: ["days": JSON(days)], result: .success(reply),
    attempts: [Attempt(startedAt: at, timings: timings)], total: timings.done, scheduledAt: at)
  call.cost = cost
  return CallRecord(call)
}

/// Two models over sixty days: in the later thirty one costs twice as much, and is slower and worse.
private func ledger() async throws -> (Ledger, folder: String) {
  var calls: [CallRecord] = []
  for day in 1...60 {
    for (model, price) in [("small", 1.0), ("large", 10)] {
      for number in 0..<10 {
        let at = now.microseconds - Int64(day) * 86_400_000_000 + Int64(number) * 1_000_000 + 1
        let isLate = day <= 30 && model == "large"
        let isError = number == 0 && (isLate || day % 10 == 0)
        let timings = Timings(done: Int64((isLate ? 300_000 : 200_000) + number * 1_000))
        var attempt = Attempt(startedAt: at, timings: timings)
        let failure = Failure(.overloaded, "too much", status: 529)
        if isError { attempt.failure = failure }
        var reply = Reply(text: "yes")
        reply.usage = Usage(input: 100, output: 10)
        var call = Call(
          purpose: number == 9 ? .judge : .ask, source: .network, target: model, provider: "sim",
          model: model,
          request: ["n": JSON(day * 100 + number)], result: isError ? .failure(failure) : .success(reply),
          attempts: [attempt], total: timings.done, scheduledAt: at)
        call.cost = isError ? nil : Money(picodollars: Int64(price * (isLate ? 2e9 : 1e9)))
        // Two whose price nobody knows.
        if model == "small", day <= 2, number == 5 { call.cost = nil }
        calls.append(CallRecord(call))
      }
    }
  }
  return try await ledger(of: calls)
}

@Test("a span is told with its change, its trend, and what is not known of it")
func spans() async throws {
  let (ledger, folder) = try await ledger()
  defer { try? FileManager.default.removeItem(atPath: folder) }
  let history = try History(ledger, by: .model, since: now.adding(seconds: -30 * 86_400), now: now)
  #expect(history.groups.map(\.name) == ["sim large", "sim small"])
  let large = history.groups[0]
  #expect(large.now.calls == 300 && large.now.failed == 30)
  #expect(large.now.cost == Money(picodollars: 270 * 20_000_000_000))
  #expect(large.now.judgeCost == Money(picodollars: 30 * 20_000_000_000))
  let before = try #require(large.before)
  #expect(before.calls == 300 && before.failed == 3)
  let change = try #require(large.now.costChange(since: before))
  #expect(abs(change.value - (270.0 * 20 / (297 * 10) - 1)) < 1e-9)
  let bounds = try #require(change.interval)
  #expect(bounds.contains(change.value) && !bounds.contains(0))
  // With equal costs the variance of a sum is that of the number of calls: 1/270 + 1/297.
  let half = 1.959963984540054 * (1.0 / 270 + 1.0 / 297).squareRoot()
  #expect(abs((bounds.upper ?? 0) - ((1 + change.value) * exp(half) - 1)) < 1e-9)
  let slower = try #require(large.now.latencyChange(since: before))
  #expect((0.45...0.55).contains(slower.value) && slower.interval?.contains(0) == false)
  let worse = try #require(large.now.errorChange(since: before))
  #expect(abs(worse.value - 0.09) < 1e-12 && worse.interval?.contains(0) == false)
  #expect(
    history.groups[1].now.latencyChange(since: history.groups[1].before ?? Tally())?.interval?.contains(0)
      == true)

  // Unknown is unknown: no sum of it, no pace, no change.
  #expect(history.total.now.unknownCosts == 2)
  #expect(history.projectedMonthly == nil)
  #expect(history.total.now.costChange(since: history.total.before ?? Tally()) == nil)
  let table = HistoryTable(history, .costs)
  #expect(table.rows[1][4].contains("+ unknown"))
  #expect(table.notes.contains { $0.contains("the cost of 2 calls is unknown") })
  #expect(table.rows[0].last?.count == 14)
}

@Test("costs that nobody knows are nothing in no span, no part and no column")
func unknownCosts() async throws {
  let (ledger, folder) = try await ledger(of: [
    reply(daysAgo: 20, cost: nil), reply(daysAgo: 19, cost: nil),
    reply(daysAgo: 10.5, cost: nil), reply(daysAgo: 10.4, cost: nil, purpose: .judge),
    reply(daysAgo: 3.5, cost: Money(picodollars: 1_000_000_000_000)),
  ])
  defer { try? FileManager.default.removeItem(atPath: folder) }
  let history = try History(ledger, by: .model, since: now.adding(seconds: -14 * 86_400), now: now)
  let table = HistoryTable(history, .costs)
  #expect(table.notes.contains("the span before had 2 calls, 2 of unknown cost"))
  #expect(Array(table.rows[0][4...6]) == ["$1.00 + unknown", "2 calls", "unknown"])
  #expect(table.rows[0].last == "···?······█···")

  let total = try #require(history.json["total"])
  #expect(total["before"]?["cost_usd"] == .null)
  #expect(total["before"]?["calls_of_unknown_cost"]?.int == 2)
  #expect(total["judge_cost_usd"] == .null)
  #expect(total["judge_calls_of_unknown_cost"]?.int == 1)
  let trend = try #require(total["trend"]?.array)
  #expect(trend[3]["cost_usd"] == .null)
  #expect(trend[3]["calls_of_unknown_cost"]?.int == 2)
  #expect(trend[10]["cost_usd"]?.double == 1)
}

@Test(
  "a day is not compared with the span before it",
  arguments: [HistoryTable.View.costs, .latency, .errors])
func days(view: HistoryTable.View) async throws {
  let cost = Money(picodollars: 1_000_000_000_000)
  let (ledger, folder) = try await ledger(
    of: [3.2, 2.2, 1.7, 1.2].map { reply(daysAgo: $0, cost: cost) })
  defer { try? FileManager.default.removeItem(atPath: folder) }
  // The span begins in the middle of a day.
  let history = try History(ledger, by: .day, since: now.adding(seconds: -2 * 86_400 + 43_200), now: now)
  #expect(history.groups.map(\.name) == ["2026-03-29"])
  let callsBefore = history.groups[0].before?.calls
  #expect(callsBefore == nil)
  #expect(history.json["groups"]?[0]?["before"] == .null)
  let table = HistoryTable(history, view)
  #expect(!table.columns.contains { $0.title == "change" || $0.key?.hasPrefix("change") == true })
  let total = try #require(history.total.before)
  #expect(total.calls == 2)
}

@Test("every format of the history has the same figures")
func formats() async throws {
  let (ledger, folder) = try await ledger()
  defer { try? FileManager.default.removeItem(atPath: folder) }
  for view in [HistoryTable.View.costs, .latency, .errors] {
    for key in History.Key.allCases {
      let history = try History(ledger, by: key, since: nil, now: now)
      let table = HistoryTable(history, view)
      let csv = table.csv.split(separator: "\n")
      #expect(csv.count == table.rows.count + 1)
      #expect(table.markdown.split(separator: "\n").count { $0.hasPrefix("|") } == table.rows.count + 2)
      #expect(table.html.components(separatedBy: "<tr>").count == table.rows.count + 2)
      #expect(!table.html.contains("<script"))
      let json = history.json
      #expect(json["groups"]?.array?.count == history.groups.count)
      if view == .costs {
        let total = try #require(csv.last?.split(separator: ",").map(String.init))
        #expect(total[4] == json["total"]?["cost_usd"]?.text)
        #expect(total[1] == json["total"]?["calls"]?.text)
      }
    }
  }
}

@Test(
  "the pace is told of a span whose costs are known, and another model's prices are asked for what was used")
func paceAndPrices() async throws {
  let (ledger, folder) = try await ledger()
  defer { try? FileManager.default.removeItem(atPath: folder) }
  let since = now.adding(seconds: -30 * 86_400)
  let priced = try History(
    ledger, by: .model, since: since, now: now,
    reprice: { call in call.usage.map { Money(picodollars: 1_000) * $0.input } })
  // 270 + 297 replies of 100 tokens in thirty days.
  let spent = Money(picodollars: 567 * 100_000)
  #expect(priced.total.now.cost == spent)
  let monthly = try #require(priced.projectedMonthly)
  #expect(abs(monthly - spent.dollars / 30 * 365.25 / 12) < 1e-12)
}

@Test(
  "the pace is that since the first call, however long the span that is asked for", arguments: [3.0, 30, nil])
func paceOfAShortHistory(sinceDays: Double?) async throws {
  let price = Money(picodollars: 1_000_000_000_000)
  let (ledger, folder) = try await ledger(of: [
    reply(daysAgo: 2, cost: price), reply(daysAgo: 1, cost: price),
  ])
  defer { try? FileManager.default.removeItem(atPath: folder) }
  let since = sinceDays.map { now.adding(seconds: Int64(-$0 * 86_400)) }
  let monthly = try #require(try History(ledger, by: .model, since: since, now: now).projectedMonthly)
  #expect(abs(monthly - 365.25 / 12) < 1e-9)
}
