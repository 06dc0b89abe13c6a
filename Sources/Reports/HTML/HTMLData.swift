import Formats
import Ledger
import Vocabulary

/// The trials as data in the page, compact: figures of all of them in one block that is read when the page opens,
/// texts in blocks that are read when they are looked at.
struct HTMLData {
  /// Trials in a block of texts.
  private static let chunk = 250
  /// Beyond this many only what did not pass is listed: a page is for looking.
  private static let mostListed = 200_000
  /// Beyond this many the texts of what passed are left out.
  private static let mostTexts = 60_000

  private let summary: RunSummary
  private let severalPrompts: Bool
  let filter: TrialFilter
  private let textsOfPasses: Bool
  private var figures: [UInt8] = []
  private var cases: [UInt8] = []
  private var variants: [String] = []
  private var places: [VariantKey: Int] = [:]
  private var types: [String] = []
  private var typePlaces: [String: Int] = [:]
  private var caseCount = 0
  private var lastCase = -1
  private var listed = 0
  private var part: [UInt8] = []
  private var writer = CellWriter()

  init(_ summary: RunSummary) {
    self.summary = summary
    severalPrompts = summary.prompts.count > 1
    let trials = summary.whole.trials
    filter = TrialFilter(outcomes: trials > Self.mostListed ? [.fail, .error] : [])
    textsOfPasses = trials <= Self.mostTexts
  }

  /// What a reader must know of what is not there.
  func note(_ summary: RunSummary) -> String? {
    let trials = summary.whole.trials
    if trials > Self.mostListed {
      return "Of \(trials) trials only those that did not pass are listed; all of them: assay report "
        + "\(summary.run.name) -o trials.csv"
    }
    return textsOfPasses ? nil : "The replies of trials that passed are left out of this page for its size."
  }

  var parts: @Sendable (TrialFigureRow) -> TrialParts {
    let all = textsOfPasses
    return { figure in
      all || figure.outcome == .fail || figure.outcome == .error ? [.checks, .output, .calls] : []
    }
  }

  /// Takes a trial in; gives a block of texts when one is full.
  mutating func add(_ trial: TrialDetail) -> [UInt8]? {
    addFigures(trial)
    part += Array((part.isEmpty ? "\n" : ",\n").utf8)
    part += Self.inScript(parts(trial.figure).isEmpty ? [UInt8]("null".utf8) : texts(trial).bytes)
    listed += 1
    return listed % Self.chunk == 0 ? lastPart() : nil
  }

  mutating func lastPart() -> [UInt8]? {
    guard !part.isEmpty else { return nil }
    defer { part = [] }
    return Array("<script type=\"application/json\" class=\"d\">[".utf8) + part + Array("]</script>\n".utf8)
  }

  private mutating func addFigures(_ trial: TrialDetail) {
    let figure = trial.figure
    if figure.slot.caseNo != lastCase {
      lastCase = figure.slot.caseNo
      caseCount += 1
      let place = trial.test.location.map { JSON.string("\($0.file):\($0.line)") } ?? .null
      cases += Array((caseCount == 1 ? "\n" : ",\n").utf8)
      cases += Self.inScript(JSON.array([.string(Scrub.line(trial.caseName, 300)), place]).bytes)
    }
    writer.bytes.removeAll(keepingCapacity: true)
    writer.write(listed == 0 ? "\n[" as StaticString : ",\n[")
    let cells: [Cell] = [
      .count(caseCount - 1), .count(variant(trial)), .count(figure.slot.repetition),
      .count(Self.number(figure.outcome)), .number(figure.score), .time(figure.latency),
      .time(figure.timeToFirstToken), .count(figure.inputTokens + figure.outputTokens),
      figure.knownCost.map { .money($0) } ?? .none, .count(Int(figure.trialID)),
    ]
    for (place, cell) in cells.enumerated() {
      if place > 0 { writer.write("," as StaticString) }
      writer.json(cell)
    }
    writer.write("]" as StaticString)
    figures += writer.bytes
  }

  private mutating func variant(_ trial: TrialDetail) -> Int {
    let key = VariantKey(target: trial.target.id, prompt: trial.prompt.id)
    if let known = places[key] { return known }
    let label = Scrub.line(trial.target.label, 120)
    variants.append(severalPrompts ? "\(label), \(Scrub.line(trial.prompt.label, 60))" : label)
    places[key] = variants.count - 1
    return variants.count - 1
  }

  private static func number(_ outcome: Outcome) -> Int {
    switch outcome {
    case .pass: 0
    case .fail: 1
    case .error: 2
    case .skipped: 3
    }
  }

  private mutating func texts(_ trial: TrialDetail) -> JSON {
    var object = JSONObject()
    if let output = trial.output { object["x"] = .string(Scrub.bounded(Scrub.plain(output), 8_192)) }
    if let error = trial.errorMessage {
      let kind = trial.figure.errorKind.map { $0.rawValue + ": " } ?? ""
      object["e"] = .string(Scrub.line(kind + error, 600))
    }
    if let reason = trial.reason, trial.figure.outcome == .skipped || trial.checks.isEmpty {
      object["w"] = .string(Scrub.line(reason, 600))
    }
    if !trial.test.variables.isEmpty {
      object["v"] = .string(Scrub.bounded(Scrub.plain(JSON.object(trial.test.variables).pretty), 4_096))
    }
    if !trial.checks.isEmpty { object["h"] = .array(trial.checks.map { check($0) }) }
    if !trial.trial.calls.isEmpty {
      object["k"] = .array(trial.trial.calls.map { Self.call($0, from: trial.figure.startedAt) })
    }
    return .object(object)
  }

  private mutating func check(_ check: CheckResult) -> JSON {
    let place = typePlaces[check.type] ?? types.count
    if place == types.count {
      types.append(check.type)
      typePlaces[check.type] = place
    }
    return [JSON(Self.number(check.outcome)), JSON(place), .string(Scrub.line(check.reason, 600))]
  }

  /// Purpose, who was asked, start, total, error, attempts.
  private static func call(_ traced: TracedCall, from start: Int64) -> JSON {
    let call = traced.call
    func time(_ value: Microseconds?) -> JSON { value.map { JSON(Int($0)) } ?? .null }
    let attempts = traced.attempts.map { attempt -> JSON in
      [
        time(attempt.startedAt - call.scheduledAt), time(attempt.timings.done),
        time(attempt.timings.firstByte), time(attempt.timings.firstOutput), time(attempt.timings.lastOutput),
        attempt.status.map { JSON($0) } ?? .null,
        attempt.failure.map { .string(Scrub.line("\($0.kind.rawValue): \($0.message)", 200)) } ?? .null,
      ]
    }
    let source = call.source == .network ? "" : " (\(call.source.rawValue))"
    let who = call.purpose == .trial ? call.model : call.target.isEmpty ? call.model : call.target
    return [
      .string(call.purpose.rawValue + source), .string(Scrub.line(who, 80)),
      time(call.scheduledAt - start), time(call.total),
      call.errorKind.map { .string($0.rawValue) } ?? .null, .array(attempts),
    ]
  }

  /// The block that is read when the page opens, in pieces.
  func finish() -> [[UInt8]] {
    func list(_ texts: [String]) -> [UInt8] { Self.inScript(JSON.array(texts.map { .string($0) }).bytes) }
    return [
      Array("{\"name\":".utf8), Self.inScript(JSON.string(summary.run.name).bytes),
      Array(",\"chunk\":\(Self.chunk),\"variants\":".utf8), list(variants), Array(",\"types\":".utf8),
      list(types), Array(",\"cases\":[".utf8), cases, Array("],\"trials\":[".utf8), figures,
      Array("]}".utf8),
    ]
  }

  /// JSON that can't end the script element it stands in.
  private static func inScript(_ json: [UInt8]) -> [UInt8] {
    guard json.contains(UInt8(ascii: "<")) else { return json }
    var out: [UInt8] = []
    out.reserveCapacity(json.count + 64)
    for byte in json {
      if byte == UInt8(ascii: "<") { out += Array("\\u003c".utf8) } else { out.append(byte) }
    }
    return out
  }
}
