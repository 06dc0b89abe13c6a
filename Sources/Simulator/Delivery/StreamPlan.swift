import Formats

/// Everything that a streamed reply will send, laid out before the first byte, written out event by event.
struct StreamPlan {
  enum Framing { case serverSentEvents, lines, jsonArray }

  /// The bytes around a piece of text in an event; made once for a stream.
  struct Template {
    var name: String?
    var prefix: [UInt8]
    var suffix: [UInt8]
    /// The event counts itself: its number and a brace follow the suffix (OpenAI Responses).
    var isNumbered = false
  }

  enum Event {
    case fixed(name: String?, data: [UInt8])
    case delta(template: Int, from: Int32, to: Int32, tokens: Int32)
  }

  struct Item {
    var event: Event
    /// Token gaps that pass before it; the first such event waits for the time to first token.
    var gaps: Int32
  }

  var framing = Framing.serverSentEvents
  var text: [UInt8] = []
  var templates: [Template] = []
  var items: [Item] = []
  /// `data: [DONE]`, where the interface has it.
  var endMark: [UInt8]?
  /// Fixed events carry `"sequence_number":0`, to be numbered when they are written.
  var numbersEvents = false
  /// What an error in the middle of the stream looks like here.
  var errorName: String?
  var errorData: [UInt8] = []

  var contentType: String {
    switch framing {
    case .serverSentEvents: "text/event-stream; charset=utf-8"
    case .lines: "application/x-ndjson"
    case .jsonArray: "application/json; charset=utf-8"
    }
  }

  var outputTokens: Int { items.reduce(0) { $0 + Int($1.gaps) } }

  mutating func fixed(_ data: [UInt8], name: String? = nil, gaps: Int32 = 0) {
    items.append(Item(event: .fixed(name: name, data: data), gaps: gaps))
  }

  mutating func fixed(_ json: JSON, name: String? = nil) { fixed(json.bytes, name: name) }

  /// Cuts `text` into deltas of a token each, or of a few where tokens come joined.
  mutating func deltas(
    of text: String, _ template: Template, joining: (inout SplitMix64) -> Int, _ draws: Draws
  ) {
    guard !text.isEmpty else { return }
    templates.append(template)
    let bytes = Array(text.utf8)
    let base = Int32(self.text.count)
    let ends = Tokens.ends(bytes)
    self.text.append(contentsOf: bytes)
    items.reserveCapacity(items.count + ends.count)
    var sequence = SplitMix64(seed: draws.seed ^ UInt64(base))
    var index = 0
    var from = base
    while index < ends.count {
      let count = min(joining(&sequence), ends.count - index)
      index += count
      let to = base + ends[index - 1]
      items.append(
        Item(
          event: .delta(template: templates.count - 1, from: from, to: to, tokens: Int32(count)),
          gaps: Int32(count)))
      from = to
    }
  }

  /// Mixes the events of several choices, as they are generated side by side: one of each in turn. Only the
  /// first of a round waits for its token.
  mutating func interleave(lanesAt starts: [Int]) {
    guard let first = starts.first else { return }
    let before = items[..<first]
    let lanes = starts.enumerated().map { number, start in
      Array(items[start..<(number + 1 < starts.count ? starts[number + 1] : items.count)])
    }
    items = Array(before)
    var round = 0
    while lanes.contains(where: { round < $0.count }) {
      var isFirst = true
      for lane in lanes where round < lane.count {
        var item = lane[round]
        if item.gaps > 0 {
          if !isFirst { item.gaps = 0 }
          isFirst = false
        }
        items.append(item)
      }
      round += 1
    }
  }
}
