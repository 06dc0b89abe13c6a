import Formats

/// Checks of a trace's spans: `{spans: [{name, startTime, endTime, statusCode, statusMessage, attributes}]}`, in ms.
enum TraceChecks {
  static let all: [String: PureCheck] = [
    "trace-span-count": spanCount,
    "trace-span-duration": spanDuration,
    "trace-error-spans": errorSpans,
  ]

  private static func spans(_ input: CheckInput, _ pattern: String) -> [JSON]? {
    guard let all = input.trace?["spans"]?.array else { return nil }
    return all.filter { matchesGlob($0["name"]?.string ?? "", pattern) }
  }

  private static func missing(_ check: CheckSpecView) -> Finding {
    .undecided("no trace came with the reply, which \"\(check.type)\" needs")
  }

  private static func names(_ spans: [JSON]) -> String {
    excerpt(spans.map { $0["name"]?.string ?? "unnamed" }.joined(separator: ", "))
  }

  private static func spanCount(_ check: CheckSpecView, _ input: CheckInput) -> Finding {
    guard let value = check.value?.object, let pattern = value["pattern"]?.string else {
      return .undecided("\"trace-span-count\" needs {pattern, min, max}")
    }
    guard let found = spans(input, pattern) else { return missing(check) }
    let (least, most) = (value["min"]?.double, value["max"]?.double)
    guard least != nil || most != nil else { return .undecided("\"trace-span-count\" needs min or max") }
    let n = Double(found.count)
    let wanted = [least.map { "at least \(shown($0))" }, most.map { "at most \(shown($0))" }].compactMap {
      $0
    }
    let list = found.isEmpty ? "" : ": \(names(found))"
    return .holds(
      n >= least ?? 0 && n <= most ?? .infinity,
      "\(found.count) spans match \(quoted(pattern)) (wanted \(wanted.joined(separator: ", ")))\(list)")
  }

  private static func spanDuration(_ check: CheckSpecView, _ input: CheckInput) -> Finding {
    guard let value = check.value?.object, let most = value["max"]?.double else {
      return .undecided("\"trace-span-duration\" needs {max}, in milliseconds")
    }
    let pattern = value["pattern"]?.string ?? "*"
    guard let found = spans(input, pattern) else { return missing(check) }
    let timed = found.compactMap { span -> (name: String, ms: Double)? in
      guard let start = span["startTime"]?.double, let end = span["endTime"]?.double else { return nil }
      return (span["name"]?.string ?? "unnamed", end - start)
    }.sorted { $0.ms > $1.ms }
    guard let slowest = timed.first else {
      return .undecided("no finished span matches \(quoted(pattern)), so its duration is unknown")
    }
    if let percentile = value["percentile"]?.double {
      let rank = min(
        timed.count, max(1, Int((min(percentile, 100) / 100 * Double(timed.count)).rounded(.up))))
      let ms = timed[timed.count - rank].ms
      return .holds(
        ms <= most,
        "p\(shown(percentile)) of \(timed.count) spans is \(shown(ms)) ms; at most \(shown(most)) ms")
    }
    let slow = timed.filter { $0.ms > most }
    if slow.isEmpty {
      return .holds(
        true, "all \(timed.count) spans took at most \(shown(slowest.ms)) ms; allowed \(shown(most)) ms")
    }
    let list = slow.prefix(3).map { "\($0.name) (\(shown($0.ms)) ms)" }.joined(separator: ", ")
    return .holds(false, "\(slow.count) spans took more than \(shown(most)) ms; slowest: \(excerpt(list))")
  }

  private static func errorSpans(_ check: CheckSpecView, _ input: CheckInput) -> Finding {
    let value = check.value
    let pattern = value?["pattern"]?.string ?? "*"
    guard let found = spans(input, pattern) else { return missing(check) }
    // Of a trace without spans it is known that none erred; a pattern that fits none may be a slip of the pen.
    guard !found.isEmpty || pattern == "*" else {
      return .undecided("no span matches \(quoted(excerpt(pattern))), so whether it erred is unknown")
    }
    let bad = found.compactMap { span in
      errorText(span).map { "\(span["name"]?.string ?? "unnamed") (\($0))" }
    }
    let share = found.isEmpty ? 0 : Double(bad.count) / Double(found.count) * 100
    let percentage = value?["max_percentage"]?.double
    let most = value?.double ?? value?["max_count"]?.double ?? (percentage == nil ? 0 : .infinity)
    let holds = Double(bad.count) <= most && share <= percentage ?? .infinity
    let limits = [
      most.isFinite ? "at most \(shown(most))" : nil, percentage.map { "at most \(shown($0)) %" },
    ].compactMap { $0 }.joined(separator: " and ")
    let list = bad.isEmpty ? "" : ": \(excerpt(bad.prefix(5).joined(separator: ", ")))"
    return .holds(
      holds,
      "\(bad.count) of \(found.count) spans erred (\(NumberText.fixed(share, decimals: 1)) %; wanted \(limits))\(list)"
    )
  }

  /// Why a span counts as an error; nil where it does not. OTLP's own code 2 counts too.
  private static func errorText(_ span: JSON) -> String? {
    if let code = span["statusCode"]?.double, code >= 400 { return "status: \(shown(code))" }
    if span["statusCode"]?.int == 2 || span["statusCode"]?.string == "ERROR" {
      return span["statusMessage"]?.string ?? "error"
    }
    if let attributes = span["attributes"]?.object {
      for key in ["error", "exception", "failed", "failure"] {
        if attributes[key]?.bool == true || attributes[key]?.object != nil {
          return attributes["error.message"]?.string ?? key
        }
      }
      if let code = attributes["http.status_code"]?.double, code >= 400 { return "http: \(shown(code))" }
      for key in ["otel.status_code", "status.code"] where attributes[key]?.string == "ERROR" { return key }
    }
    if let message = span["statusMessage"]?.string {
      let folded = message.lowercased()
      for word in ["error", "failed", "failure", "exception", "timeout", "abort"] where folded.contains(word)
      {
        return message
      }
    }
    return nil
  }
}

/// `*` and `?` over a whole name, without regard to case; linear in practice, no backtracking beyond one star.
func matchesGlob(_ name: String, _ pattern: String) -> Bool {
  let (text, glob) = (Array(name.lowercased()), Array(pattern.lowercased()))
  var (t, g) = (0, 0)
  var star: (glob: Int, text: Int)?
  while t < text.count {
    if g < glob.count, glob[g] == "*" {
      star = (g, t)
      g += 1
    } else if g < glob.count, glob[g] == "?" || glob[g] == text[t] {
      t += 1
      g += 1
    } else if let back = star {
      star = (back.glob, back.text + 1)
      g = back.glob + 1
      t = back.text + 1
    } else {
      return false
    }
  }
  return glob[g...].allSatisfy { $0 == "*" }
}
