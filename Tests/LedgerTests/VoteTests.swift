import Testing
import Vocabulary

@testable import Ledger

@Suite("votes")
struct VoteTests {
  private let folder = TemporaryFolder()

  @Test("the latest of a voter with a name counts and each without one, on replies used again, too")
  func counted() async throws {
    let recorder = try Recorder(path: folder.ledger)
    let first = try await recorder.begin(Sample.run())
    try await recorder.record(Sample.trial(first))
    let second = try await recorder.begin(Sample.run("second"))
    var again = Sample.trial(second, outcome: .fail)
    again.calls[0].call.source = .cache
    again.calls[0].originalCallID = 1
    try await recorder.record(again)
    for (value, voter) in [(-1.0, "ann"), (1, "ann"), (0.5, nil), (0.5, nil)] {
      _ = try await recorder.vote(call: 1, value: value, voter: voter)
    }
    await recorder.close()

    let ledger = try Ledger(path: folder.ledger)
    for (run, outcome) in [(first, Outcome.pass), (second, .fail)] {
      let votes = try ledger.trialVotes(of: run.id)
      #expect(votes.map(\.value) == [1, 0.5, 0.5])
      #expect(votes.map(\.voter) == ["ann", "", ""])
      #expect(votes.allSatisfy { $0.outcome == outcome })
      let tally = try #require(try ledger.voteTallies(of: run.id)[votes[0].trialID])
      #expect(tally.count == 3 && tally.up == 3)
      let checks = try ledger.votedChecks(of: run.id)
      #expect(checks.map(\.isUp) == [true] && checks.map(\.holds) == [outcome == .pass])
    }
    // Over the whole ledger nobody's vote counts twice.
    #expect(try ledger.votedChecks().count == 1)
    #expect(try ledger.votedReplies().count == 3)
  }
}
