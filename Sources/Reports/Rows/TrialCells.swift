import Formats
import Ledger
import Vocabulary

/// A value in a row of a report; absent is `none`, never 0.
enum Cell: Sendable {
  case none
  case text(String)
  case count(Int)
  case number(Double)
  case money(Money)
  case flag(Bool)
  /// Microseconds since 1970 UTC.
  case instant(Int64)

  static func text(_ text: String?) -> Cell { text.map { .text($0) } ?? .none }
  static func time(_ time: Microseconds?) -> Cell { time.map { .count(Int($0)) } ?? .none }
  static func number(_ number: Double?) -> Cell { number.map { $0.isFinite ? .number($0) : .none } ?? .none }
}

/// The figures of a trial, in the same columns for every format that has rows.
enum TrialCells {
  static let columns = [
    "run", "case", "case_no", "file", "line", "target", "provider", "prompt", "repetition", "outcome",
    "score", "reason", "error_kind", "error_message", "started_at", "total_us", "latency_us", "ttft_us",
    "time_per_output_token_us", "input_tokens", "output_tokens", "cached_input_tokens", "reasoning_tokens",
    "cost_usd", "judge_cost_usd", "avoided_usd", "possibly_billed_usd", "calls", "judge_calls", "attempts",
    "source", "finish_reason", "fallback", "simulated", "function_success", "failed_checks", "output",
  ]

  static func fill(_ cells: inout [Cell], _ trial: TrialDetail, run: RunRow) {
    let figure = trial.figure
    cells.removeAll(keepingCapacity: true)
    cells.append(.text(run.name))
    cells.append(.text(trial.caseName))
    cells.append(.count(figure.slot.caseNo))
    cells.append(.text(trial.test.location?.file))
    cells.append(trial.test.location.map { .count($0.line) } ?? .none)
    cells.append(.text(trial.target.label))
    cells.append(.text(trial.target.provider))
    cells.append(.text(trial.prompt.label))
    cells.append(.count(figure.slot.repetition))
    cells.append(.text(figure.outcome.rawValue))
    cells.append(.number(figure.score))
    cells.append(.text(trial.reason))
    cells.append(.text(figure.errorKind?.rawValue))
    cells.append(.text(trial.errorMessage))
    cells.append(.instant(figure.startedAt))
    cells.append(.time(figure.total))
    cells.append(.time(figure.latency))
    cells.append(.time(figure.timeToFirstToken))
    cells.append(.number(figure.timePerOutputToken))
    cells.append(.count(figure.inputTokens))
    cells.append(.count(figure.outputTokens))
    cells.append(.count(figure.cachedInputTokens))
    cells.append(.count(figure.reasoningTokens))
    cells.append(figure.knownCost.map { .money($0) } ?? .none)
    cells.append(figure.judgeCallsOfUnknownCost == 0 ? .money(figure.judgeCost) : .none)
    cells.append(.money(figure.avoided))
    cells.append(.money(figure.possiblyBilled))
    cells.append(.count(figure.calls))
    cells.append(.count(figure.judgeCalls))
    cells.append(.count(figure.attempts))
    cells.append(.text(figure.source?.rawValue))
    cells.append(.text(figure.finishReason?.name))
    cells.append(.flag(figure.isFallback))
    cells.append(.flag(figure.isSimulated))
    cells.append(figure.functionCalls.map { .flag($0.succeeded) } ?? .none)
    let failed = trial.failedChecks
    cells.append(
      failed.isEmpty ? .none : .text(failed.map { "\($0.type): \($0.reason)" }.joined(separator: "\n")))
    cells.append(.text(trial.output))
  }
}

/// Writes cells as UTF-8, without strings in between where that would be most of the work.
struct CellWriter {
  var bytes: [UInt8] = []
  /// Trials follow each other within seconds: the text of the second is made once.
  private var second: Int64 = .min
  private var secondText: [UInt8] = []

  mutating func write(_ text: StaticString) {
    text.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  mutating func write(_ text: String) { bytes.append(contentsOf: text.utf8) }

  mutating func write(_ number: Int) {
    if number < 0 { return write(String(number)) }
    var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
    withUnsafeMutableBytes(of: &digits) { buffer in
      var place = buffer.count
      var rest = number
      repeat {
        place -= 1
        buffer[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      } while rest > 0
      bytes.append(contentsOf: buffer[place...])
    }
  }

  mutating func write(_ number: Double) {
    if let whole = Int(exactly: number), whole.magnitude < 1 << 53 { return write(whole) }
    // In between Swift writes the same digits as JavaScript, without an exponent.
    let isPlain = (1e-3..<1e15).contains(number.magnitude)
    write(isPlain ? number.description : NumberText.javaScript(number))
  }

  mutating func write(_ money: Money) {
    if money.picodollars < 0 { return write(money.description) }
    let (dollars, part) = money.picodollars.quotientAndRemainder(dividingBy: 1_000_000_000_000)
    write(Int(dollars))
    if part == 0 { return }
    bytes.append(UInt8(ascii: "."))
    write(digits: Int(part), 12)
    while bytes.last == UInt8(ascii: "0") { bytes.removeLast() }
  }

  mutating func write(instant: Int64) {
    let instant = Instant(microseconds: instant)
    if instant.seconds != second {
      second = instant.seconds
      secondText = Array(Instant(seconds: second).isoMicroseconds.utf8.dropLast(7))
    }
    bytes.append(contentsOf: secondText)
    write(digits: Int(instant.microseconds - second * 1_000_000), 6)
    bytes.append(UInt8(ascii: "Z"))
  }

  /// Exactly so many digits.
  mutating func write(digits number: Int, _ count: Int) {
    let end = bytes.count + count
    bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: count))
    var rest = number
    for place in 1...count {
      bytes[end - place] += UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
  }

  /// As JSON; nothing is added for `none` but `null`.
  mutating func json(_ cell: Cell) {
    switch cell {
    case .none: write("null" as StaticString)
    case .text(let text): JSON.string(text).write(to: &bytes)
    case .instant(let instant):
      write("\"" as StaticString)
      write(instant: instant)
      write("\"" as StaticString)
    case .flag(let flag): write(flag ? "true" as StaticString : "false")
    case .count(let count): write(count)
    case .number(let number): write(number)
    case .money(let money): write(money)
    }
  }

  /// As a field of CSV; `none` is an empty one.
  mutating func csv(_ cell: Cell, _ writer: CSVWriter) {
    switch cell {
    case .none: break
    case .text(let text):
      if Self.isPlain(text) { write(text) } else { writer.write(Scrub.plain(text), to: &bytes) }
    case .instant(let instant): write(instant: instant)
    case .flag(let flag): write(flag ? "true" as StaticString : "false")
    case .count(let count): write(count)
    case .number(let number): write(number)
    case .money(let money): write(money)
    }
  }

  /// A field as it is, in one look: printable ASCII that no reader takes for anything else. Most are.
  private static func isPlain(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      switch bytes.first {
      case UInt8(ascii: " "), UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"):
        return false
      default: break
      }
      if bytes.last == UInt8(ascii: " ") { return false }
      for byte in bytes {
        switch byte {
        case 0..<0x20, 0x7F..., UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: "["), UInt8(ascii: "#"):
          return false
        default: break
        }
      }
      return true
    }
  }
}
