import Vocabulary

/// What one event of a stream held.
struct Seen: OptionSet, Sendable {
  let rawValue: UInt8
  /// Thinking that a user would not see.
  static let reasoning = Seen(rawValue: 1)
  /// Text, refusal or tool call.
  static let visible = Seen(rawValue: 2)
  /// The stream's end mark.
  static let end = Seen(rawValue: 4)
  /// An error in place of the rest.
  static let failed = Seen(rawValue: 8)
}

/// When what was seen, in microseconds from the start of the attempt.
struct StreamStamps: Sendable {
  var firstEvent: Microseconds?
  var firstOutput: Microseconds?
  var firstVisible: Microseconds?
  var lastOutput: Microseconds?
  var longestGap: Microseconds?
  var end: Microseconds?
  var events = 0
  var outputs = 0
  var sawReasoning = false

  mutating func note(_ seen: Seen, at time: Microseconds) {
    events += 1
    if firstEvent == nil { firstEvent = time }
    if seen.contains(.end), end == nil { end = time }
    guard !seen.isDisjoint(with: [.reasoning, .visible]) else { return }
    outputs += 1
    if let last = lastOutput { longestGap = max(longestGap ?? 0, time - last) }
    lastOutput = time
    if firstOutput == nil { firstOutput = time }
    if seen.contains(.reasoning) { sawReasoning = true }
    if seen.contains(.visible), firstVisible == nil { firstVisible = time }
  }

  func fill(_ timings: inout Timings) {
    timings.firstEvent = firstEvent
    timings.firstOutput = firstOutput
    timings.firstVisible = firstVisible
    timings.lastOutput = lastOutput
    timings.longestGap = longestGap
    timings.eventCount = events
    timings.outputEventCount = outputs
    timings.sawReasoning = sawReasoning
    if let end { timings.done = end }
  }
}
