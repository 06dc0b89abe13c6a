import Testing
import Vocabulary

@testable import Checks

@Test(
  "what is decided later is no pass yet, whatever the score",
  arguments: [nil, 0.3, 1] as [Double?])
func waitingIsNoPass(threshold: Double?) {
  var pass = CheckResult.pass("yes")
  pass.weight = 1
  let waiting = CheckResult(.skipped, score: 0, reason: "later")
  #expect(aggregate([pass, waiting], threshold: threshold).outcome == .skipped)
  if threshold != nil {
    #expect(aggregate([pass, .fail("no"), waiting], threshold: threshold).outcome == .skipped)
  }
  #expect(aggregate([.fail("no"), waiting], threshold: nil).outcome == .fail)
}

@Test(
  "long runs of marks are found however they are written",
  arguments: ["\u{301}", "\u{F73}", "\u{1D165}", "\\u0301", "\\u0f73", "\\ud834\\udd65"])
func longMarks(mark: String) {
  #expect(MarkRuns.areTooLong(in: "a" + String(repeating: mark, count: 100)))
  #expect(!MarkRuns.areTooLong(in: String(repeating: "a" + mark, count: 100)))
}
