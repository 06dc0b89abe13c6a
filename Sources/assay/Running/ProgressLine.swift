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
        console.noteRaw("\r\u{1B}[2K" + text(snapshot, width: console.width - 1))
      } else if ticks % 15 == 0, snapshot.done != last {
        last = snapshot.done
        console.note(text(snapshot))
      }
    }
    if isLive { console.noteRaw("\r\u{1B}[2K") }
  }

  /// One thing that is said, and how soon it is left out where there is no room.
  private struct Part {
    var text: String
    var importance: Int
    var paint: @Sendable (String) -> String = { $0 }
  }

  /// What fits into the width, the least important left out.
  func text(_ snapshot: ProgressSnapshot, width: Int = .max) -> String {
    var parts = parts(snapshot)
    func length() -> Int { parts.reduce(-3) { $0 + $1.text.count + 3 } }
    while parts.count > 1, length() > width, let least = parts.map(\.importance).min() {
      parts.removeAll { $0.importance == least }
    }
    return parts.map { $0.paint($0.text) }.joined(separator: " · ")
  }

  private func parts(_ snapshot: ProgressSnapshot) -> [Part] {
    var parts: [Part] = []
    let style = console.errors
    let done = snapshot.done + snapshot.alreadyDone
    if let planned = snapshot.planned, planned > 0 {
      parts.append(Part(text: "\(done)/\(planned) (\(done * 100 / planned) %)", importance: 9))
    } else {
      parts.append(Part(text: "\(done) done", importance: 9))
    }
    parts.append(Part(text: "\(snapshot.passed) passed", importance: 3))
    if snapshot.failed > 0 {
      parts.append(Part(text: "\(snapshot.failed) failed", importance: 7) { style.red($0) })
    }
    if snapshot.erred > 0 {
      parts.append(Part(text: "\(snapshot.erred) erred", importance: 8) { style.yellow($0) })
    }
    parts.append(Part(text: snapshot.cost.shown + (snapshot.unknownCosts > 0 ? "+?" : ""), importance: 6))
    if snapshot.rate >= 0.05 {
      let rate = NumberText.fixed(snapshot.rate, decimals: snapshot.rate < 10 ? 1 : 0)
      parts.append(Part(text: "\(rate)/s", importance: 2))
    }
    if let planned = snapshot.planned, snapshot.rate > 0.01, planned > done {
      parts.append(Part(text: "\(Self.rough(Double(planned - done) / snapshot.rate)) left", importance: 5))
    }
    for (key, left) in snapshot.frozen.prefix(1) {
      // A key is service, address, credential and model: the last says enough.
      let model = key.split(separator: "|").last.map(String.init) ?? key
      parts.append(Part(text: "\(model) waits \(Self.rough(Double(left) / 1e6))", importance: 4))
    }
    return parts
  }

  /// A guess, in whole units: `9 s`, `4 min`, `2 h 10 min`.
  private static func rough(_ seconds: Double) -> String {
    let whole = Int(min(max(1, seconds.rounded()), 1e8))
    if whole < 100 { return "\(whole) s" }
    let minutes = (whole + 30) / 60
    return minutes < 100 ? "\(minutes) min" : "\(minutes / 60) h \(minutes % 60) min"
  }
}

/// Microseconds as people say them: `850 ms`, `2.4 s`, `3 min`.
func durationText(_ microseconds: Double) -> String { Durations.text(microseconds) }
