import Formats
import Reports
import Runs
import Terminal

/// What a person sees while a run goes on: one line that is rewritten on a terminal, a plain line now and
/// then elsewhere.
struct ProgressLine: Sendable {
  var console: Console
  var isLive: Bool

  init(_ console: Console) {
    self.console = console
    isLive =
      console.errorsAreTerminal && console.environment["TERM"] != "dumb" && console.environment["CI"] == nil
  }

  /// Shows the runner's progress until the task is cancelled.
  func follow(_ runner: Runner) async {
    var last = 0
    var ticks = 0
    while !Task.isCancelled {
      try? await Task.sleep(for: .milliseconds(isLive ? 100 : 1_000))
      if Task.isCancelled { break }
      let snapshot = runner.progress
      ticks += 1
      if isLive {
        console.noteRaw("\r\u{1B}[2K" + clipped(text(snapshot), to: console.width - 1))
      } else if ticks % 15 == 0, snapshot.done != last {
        last = snapshot.done
        console.note(text(snapshot))
      }
    }
    if isLive { console.noteRaw("\r\u{1B}[2K") }
  }

  func text(_ snapshot: ProgressSnapshot) -> String {
    var parts: [String] = []
    let done = snapshot.done + snapshot.alreadyDone
    if let planned = snapshot.planned, planned > 0 {
      parts.append("\(done)/\(planned) (\(done * 100 / planned) %)")
    } else {
      parts.append("\(done) done")
    }
    parts.append("\(snapshot.passed) passed")
    if snapshot.failed > 0 { parts.append(console.errors.red("\(snapshot.failed) failed")) }
    if snapshot.erred > 0 { parts.append(console.errors.yellow("\(snapshot.erred) erred")) }
    parts.append(snapshot.cost.shown + (snapshot.unknownCosts > 0 ? "+?" : ""))
    if snapshot.rate >= 0.05 {
      parts.append("\(NumberText.fixed(snapshot.rate, decimals: snapshot.rate < 10 ? 1 : 0))/s")
    }
    if let planned = snapshot.planned, snapshot.rate > 0.01, planned > done {
      parts.append("\(durationText(Double(planned - done) / snapshot.rate * 1e6)) left")
    }
    for (key, left) in snapshot.frozen.prefix(1) {
      parts.append("\(key) waits \(durationText(Double(left)))")
    }
    return parts.joined(separator: " · ")
  }
}

/// Microseconds as people say them: `850 ms`, `2.4 s`, `3 min`.
func durationText(_ microseconds: Double) -> String { Durations.text(microseconds) }
