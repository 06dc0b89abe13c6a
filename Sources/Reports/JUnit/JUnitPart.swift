import Formats
import Ledger
import Vocabulary

/// Some cases of a suite as the thread that reads them leaves them: those that passed and have plain names, which are most,
/// are XML already.
struct JUnitPart: Sendable {
  enum Piece: Sendable {
    /// Its XML ends at `end`; a number may be put at `nameEnd`, where the name came before.
    case passed(nameHash: Int, nameEnd: Int, end: Int)
    case other(TrialDetail)
  }

  var pieces: [Piece] = []
  var cells = CellWriter()
  private let variant: String
  private let className: String
  private let isRich: Bool

  init(variant: String, className: String, dialect: JUnitReport.Dialect) {
    self.variant = variant
    self.className = className
    isRich = dialect == .rich
  }

  mutating func add(_ trial: TrialDetail) {
    let name = Self.name(trial, variant)
    let file = trial.test.location?.file ?? ""
    guard trial.figure.outcome == .pass, [name, className, file].allSatisfy(Self.isPlain) else {
      return pieces.append(.other(trial))
    }
    cells.write("  <testcase name=\"" as StaticString)
    cells.write(name)
    let nameEnd = cells.bytes.count
    cells.write("\" classname=\"" as StaticString)
    cells.write(className)
    cells.write("\" time=\"" as StaticString)
    cells.write(seconds: VariantCount.milliseconds(trial.figure.total))
    if isRich {
      if let place = trial.test.location {
        cells.write("\" file=\"" as StaticString)
        cells.write(file)
        cells.write("\" line=\"" as StaticString)
        cells.write(place.line)
      }
      cells.write("\" assertions=\"" as StaticString)
      cells.write(trial.checks.count)
      cells.write("\">" as StaticString)
      cells.writeProperties(trial.figure)
      cells.write("</testcase>\n" as StaticString)
    } else {
      cells.write("\"/>\n" as StaticString)
    }
    pieces.append(.passed(nameHash: name.hashValue, nameEnd: nameEnd, end: cells.bytes.count))
  }

  static func name(_ trial: TrialDetail, _ variant: String) -> String {
    var name = "\(trial.caseName)[\(variant)]"
    if trial.figure.slot.repetition > 0 { name += " #\(trial.figure.slot.repetition + 1)" }
    return Scrub.line(name, 240)
  }

  /// ASCII that stands in an attribute as it is.
  private static func isPlain(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      bytes.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "&"), UInt8(ascii: "<"), UInt8(ascii: ">"): false
        default: byte >= 0x20 && byte < 0x7F
        }
      }
    }
  }
}

extension CellWriter {
  /// Numbers and words of ours, but for the finish reason, which is cleaned.
  mutating func writeProperties(_ figure: TrialFigureRow) {
    write("\n      <properties>" as StaticString)
    property("score", .number(figure.score))
    property("cost_usd", figure.knownCost.map { .money($0) } ?? .text("unknown"))
    property("tokens.input", .count(figure.inputTokens))
    property("tokens.output", .count(figure.outputTokens))
    property("tokens.cached", .count(figure.cachedInputTokens))
    if let latency = figure.latency { property("latency_us", .count(Int(latency))) }
    if let first = figure.timeToFirstToken { property("ttft_us", .count(Int(first))) }
    property("http.retries", .count(max(0, figure.attempts - figure.calls - figure.judgeCalls)))
    if let reason = figure.finishReason {
      let name = reason == .stop ? reason.name : JUnitReport.slug(Scrub.line(reason.name, 60))
      property("finish_reason", .text(name))
    }
    if figure.isFallback { property("fallback", .text("true")) }
    write("\n      </properties>\n      " as StaticString)
  }

  private mutating func property(_ name: StaticString, _ value: Cell) {
    write("\n        <property name=\"" as StaticString)
    write(name)
    write("\" value=\"" as StaticString)
    switch value {
    case .text(let text): write(text)
    case .count(let count): write(count)
    case .number(let number): write(number)
    case .money(let money): write(money)
    case .none, .flag, .instant: break
    }
    write("\"/>" as StaticString)
  }

  /// Whole milliseconds as seconds with three decimals.
  mutating func write(seconds milliseconds: Int64) {
    write(Int(milliseconds / 1_000))
    write("." as StaticString)
    write(digits: Int(milliseconds % 1_000), 3)
  }
}
