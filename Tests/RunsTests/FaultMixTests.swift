import Formats
import Ledger
import Testing
import Vocabulary

@testable import Runs

/// A bad day: a third of all requests fail in one way or another.
@Suite("a service on a bad day")
struct FaultMixTests {
  @Test("every trial ends in its right state, and no more is retried than the budget of retries allows")
  func mix() async throws {
    let count = 600
    let fixture = try RunFixture(
      """
      prompts: ["say {{word}}"]
      targets: ["sim:sim-echo"]
      limits: {timeout: 300ms}
      tests:

      """
        + (0..<count).map { "  - vars: {word: w\($0)}\n    assert: [{type: contains, value: w\($0)}]\n" }
        .joined(),
      faults:
        "500=0.2,429-requests;retry-after-ms=5=0.1,reset-before-body=0.03,reset-mid-stream=0.02,never-answer=0.03,truncated-json=0.01,malformed-event=0.01"
    )
    let scale: Int64 = 60
    let result = try await fixture.run { $0.limiterTimes = .scaled(by: scale) }
    #expect(result.state == .done)
    let ledger = try fixture.ledger
    let settings = LimiterSettings()
    var truth: [String: JSON] = [:]
    for entry in fixture.simulator.log {
      guard let content = entry["content"]?.string.flatMap({ UInt64($0, radix: 16) }),
        let no = entry["n"]?.int
      else { continue }
      truth["req_" + String(content ^ UInt64(no), radix: 16)] = entry
    }
    var attempted = 0
    var retried = 0
    let trials = try ledger.trials(of: result.run.id)
    #expect(trials.map(\.slot.caseNo) == Array(0..<count))
    for trial in trials {
      let call = try #require(try ledger.calls(ofTrial: trial.id).first)
      let attempts = try ledger.attempts(of: call)
      attempted += attempts.count
      // The verdict is that of the last attempt.
      let last = try #require(attempts.last)
      #expect(trial.outcome == (last.failure == nil ? .pass : .error))
      #expect(trial.errorKind == last.failure?.kind)
      var tries = RetryPolicy.Tries()
      for attempt in attempts {
        let seen = truth[Self.trimmed(attempt.requestID)]
        if let seen, let status = attempt.status { #expect(seen["status"]?.int == status) }
        guard let failure = attempt.failure else { continue }
        let decision = RetryPolicy.decide(failure, attempt, after: tries, settings: settings)
        switch decision {
        case .giveUp: #expect(attempt == last, "\(failure.kind) was tried again")
        case .whenThawed: tries.limited += 1
        case .afterBackoff:
          tries.transient += 1
          if attempt.mayBeBilled { tries.billingUnknown += 1 }
          if attempt != last { retried += 1 }
        }
      }
    }
    #expect(attempted == fixture.requestsSeen)
    let minutes = Double(result.progress.elapsed) / Double(60_000_000 / scale) + 1
    let allowed =
      settings.retryShare * Double(attempted) + Double(settings.retryReserve) * minutes + 12 * minutes
    #expect(Double(retried) <= allowed, "\(retried) retries, \(allowed) allowed")
    // A third fails at first; what is left over has had its retries.
    #expect(trials.filter { $0.outcome == .pass }.count > count * 6 / 10)
  }

  private static func trimmed(_ id: String?) -> String {
    let digits = (id ?? "").dropFirst(4).drop { $0 == "0" }
    return "req_" + digits
  }
}
