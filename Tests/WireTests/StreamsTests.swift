import Testing

@testable import Wire

@Suite("streams, parsed as they come")
struct StreamsTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var text: String
    var events: [String]
    var testDescription: String { text.debugDescription }

    init(_ text: String, _ events: [String]) {
      self.text = text
      self.events = events
    }
  }

  /// Each event as `name|data`.
  static let serverSent: [Case] = [
    Case("data: a\n\n", ["|a"]),
    Case("data:a\n\n", ["|a"]),
    Case("data:  a\n\n", ["| a"]),
    Case("data: a\r\n\r\n", ["|a"]),
    Case("data: a\r\r", ["|a"]),
    Case("data: a\r\n\rdata: b\n\r\n", ["|a", "|b"]),
    Case("data: a\r\rdata: b\n\n", ["|a", "|b"]),
    Case("data: a\ndata: b\ndata:\n\n", ["|a\nb\n"]),
    Case("data\n\n", ["|"]),
    Case("data:\n\n", ["|"]),
    Case("data\ndata\n\n", ["|\n"]),
    Case("event: x\ndata: a\n\ndata: b\n\n", ["x|a", "|b"]),
    Case("data: a\nevent: x\nevent: y\n\n", ["y|a"]),
    Case("event: x\n\ndata: a\n\n", ["|a"]),
    Case(": comment\n\n:\n\ndata: a\n: in between\n\n", ["|a"]),
    Case("id: 7\nretry: 10\nunknown: z\ndatax: no\ndata: a\n\n", ["|a"]),
    Case("\u{FEFF}data: a\n\n\u{FEFF}data: b\n\n", ["|a"]),
    Case("\n\n\ndata: a\n\n\n\n", ["|a"]),
    Case("data: \u{1F600} grüße\n\n", ["|\u{1F600} grüße"]),
    Case("data: [DONE]\n\n", ["|[DONE]"]),
    Case("data: not closed", []),
    Case("data: not closed\n", []),
    Case(" data: a\n\n", []),
    Case("", []),
  ]

  private func parse(_ chunks: [ArraySlice<UInt8>], flushesTail: Bool = false) -> [String] {
    let collector = Collector()
    var parser = SSEParser()
    for chunk in chunks { #expect(parser.feed(chunk.span.bytes, to: collector, at: 0) == .fine) }
    parser.finish(flushesTail: flushesTail, to: collector, at: 0)
    #expect(parser.eventCount == collector.events.count)
    return collector.events.map { "\($0.name)|\($0.data)" }
  }

  @Test("server-sent events are read by the standard, wherever the chunks are cut", arguments: serverSent)
  func serverSentEvents(_ test: Case) {
    let bytes = Array(test.text.utf8)
    #expect(parse([bytes[...]]) == test.events)
    #expect(parse(bytes.indices.map { bytes[$0...$0] }) == test.events)
    for first in 0...bytes.count {
      for second in stride(from: first, through: bytes.count, by: max(1, bytes.count / 8)) {
        #expect(parse([bytes[..<first], bytes[first..<second], bytes[second...]]) == test.events)
      }
    }
  }

  @Test("an event that no empty line closed is handed over only where that is asked for")
  func tail() {
    let bytes = Array("event: x\ndata: tail".utf8)
    #expect(parse([bytes[...]], flushesTail: true) == ["x|tail"])
    #expect(parse([bytes[...]], flushesTail: false) == [])
  }

  @Test("an event may be as large as the limit, and no larger")
  func tooLarge() {
    for (count, status) in [(90, StreamStatus.fine), (200, .eventTooLarge)] {
      let collector = Collector()
      var parser = SSEParser(maxEventBytes: 100)
      let bytes = Array("data: \(String(repeating: "x", count: count))".utf8)
      #expect(parser.feed(bytes.span.bytes, to: collector, at: 0) == status)
    }
    let collector = Collector()
    var parser = SSEParser(maxEventBytes: 100)
    var status = StreamStatus.fine
    for _ in 0..<20 where status == .fine {
      status = parser.feed(Array("data: 0123456789\n".utf8).span.bytes, to: collector, at: 0)
    }
    #expect(status == .eventTooLarge)
    #expect(parser.feed(Array("\n\ndata: a\n\n".utf8).span.bytes, to: collector, at: 0) == .eventTooLarge)
    #expect(collector.events.isEmpty)
  }

  @Test(
    "lines are events, empty ones are not",
    arguments: [
      Case("{}\n[]\n", ["{}", "[]"]), Case("{}\r\n\r\n\n[]", ["{}", "[]"]), Case("a\rb", ["a", "b"]),
      Case("\u{FEFF}{}\n", ["{}"]), Case("", []), Case("\n\n", []), Case("tail", ["tail"]),
    ])
  func lines(_ test: Case) {
    let bytes = Array(test.text.utf8)
    for size in [1, 2, 3, max(1, bytes.count)] {
      let collector = Collector()
      var parser = LineParser()
      for start in stride(from: 0, to: bytes.count, by: size) {
        let chunk = bytes[start..<min(start + size, bytes.count)]
        #expect(parser.feed(chunk.span.bytes, to: collector, at: 0) == .fine)
      }
      parser.finish(to: collector, at: 0)
      #expect(collector.data == test.events)
      #expect(Set(collector.names).isSubset(of: [""]))
    }
  }

  @Test("random bytes, cut at random, give the same events and no crash")
  func random() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SplitMix(state: seed)
    let alphabet = Array("data: \r\n:exvnt\u{FEFF}\n\n\r".utf8)
    for _ in 0..<2000 {
      let bytes = (0..<Int.random(in: 0..<60, using: &generator)).map { _ in
        alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
      }
      let whole = parse([bytes[...]], flushesTail: true)
      var chunks: [ArraySlice<UInt8>] = []
      var start = 0
      while start < bytes.count {
        let end = Int.random(in: start...bytes.count, using: &generator)
        chunks.append(bytes[start..<end])
        start = end
      }
      #expect(parse(chunks, flushesTail: true) == whole, "seed \(seed), bytes \(bytes)")
    }
  }

  private struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }
}
