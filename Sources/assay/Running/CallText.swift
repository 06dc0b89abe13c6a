import Formats
import Terminal
import Vocabulary

/// What a call took, in a line.
enum CallText {
  static func facts(_ call: Call, number: Int64) -> String {
    let timings = call.attempts.last?.timings
    var facts: [String] = []
    if let usage = call.reply?.usage { facts.append("\(usage.input) tokens in, \(usage.output) out") }
    if call.reply != nil {
      facts.append(call.cost.map(\.shown) ?? "cost unknown" + (call.costReason.map { " (\($0))" } ?? ""))
    }
    if let failure = call.failure { facts.append("\(failure.kind.rawValue): \(failure.message)") }
    if let first = timings?.firstOutput { facts.append("TTFT \(durationText(Double(first)))") }
    if let done = timings?.done { facts.append("latency \(durationText(Double(done)))") }
    if call.isSimulated { facts.append("simulated") }
    facts.append("call \(number)")
    return printable(facts.joined(separator: " · "))
  }
}
