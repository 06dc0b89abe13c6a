import Formats
import Synchronization
import Testing
import Vocabulary
import Wire

@testable import Models

@Suite("streams of each API")
struct StreamTests {
  @Test("a recorded stream becomes its reply", arguments: RecordedStream.all)
  func whole(_ stream: RecordedStream) throws {
    let outcome = try Replay(stream.id, stream.text, config: stream.config).outcome()
    #expect(Replay.digest(outcome) == stream.digest)
  }

  @Test("calls that all come with index 0 are told apart by their ids")
  func callsOfOneIndex() throws {
    func chunk(_ call: String) -> String {
      #"data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,\#(call)}]}}]}"# + "\n\n"
    }
    let text =
      chunk(#""id":"a","function":{"name":"f","arguments":"{\"x\""}"#)
      + chunk(#""function":{"arguments":":1}"}"#)
      + chunk(#""id":"b","function":{"name":"g","arguments":"{\"y\""}"#)
      + chunk(#""id":"","function":{"arguments":":2"}"#) + chunk(#""id":"b","function":{"arguments":"}"}"#)
      + "data: [DONE]\n\n"
    let reply = try Replay("openai:gpt-4o-mini", text).outcome().result.get()
    #expect(
      reply.toolCalls == [
        ToolCall(id: "a", name: "f", arguments: #"{"x":1}"#),
        ToolCall(id: "b", name: "g", arguments: #"{"y":2}"#),
      ])
  }

  @Test("it is the same wherever one cut falls", arguments: RecordedStream.all)
  func oneCut(_ stream: RecordedStream) throws {
    let replay = Replay(stream.id, stream.text, config: stream.config)
    // Every place in short streams, a hundred places in long ones: cutting at all of them comes next.
    for cut in stride(from: 1, to: max(2, replay.bytes.count), by: max(1, replay.bytes.count / 100)) {
      let digest = Replay.digest(try replay.outcome(cuts: [cut]))
      if digest != stream.digest {
        Issue.record("cut at \(cut): \(digest)")
        return
      }
    }
  }

  @Test("it is the same one byte at a time, and in random pieces", arguments: RecordedStream.all)
  func manyCuts(_ stream: RecordedStream) throws {
    let replay = Replay(stream.id, stream.text, config: stream.config)
    #expect(Replay.digest(try replay.outcome(cuts: Array(0..<replay.bytes.count))) == stream.digest)
    for seed in 0..<10 as Range<UInt64> {
      var random = SeededGenerator(seed: seed)
      let cuts = (0..<Int.random(in: 1...20, using: &random)).map { _ in
        Int.random(in: 0...replay.bytes.count, using: &random)
      }
      #expect(Replay.digest(try replay.outcome(cuts: cuts.sorted())) == stream.digest, "seed \(seed)")
    }
  }

  @Test("a stream cut short anywhere is never a reply", arguments: RecordedStream.all)
  func cutShort(_ stream: RecordedStream) throws {
    var replay = Replay(stream.id, stream.text, config: stream.config)
    let all = replay.bytes
    replay.error = HTTPError(.truncated, stage: .receiving, message: "the body ended early", bodySent: true)
    let whole = Replay.digest(try replay.outcome())
    for count in stride(from: 0, to: all.count, by: max(7, all.count / 60)) {
      replay.bytes = Array(all[..<count])
      let outcome = try replay.outcome()
      if case .success = outcome.result { #expect(Replay.digest(outcome) == whole, "cut after \(count)") }
    }
  }

  @Test("what a watcher is told is the text of the reply, in order", arguments: RecordedStream.all)
  func watched(_ stream: RecordedStream) throws {
    let told = Mutex("")
    var replay = Replay(stream.id, stream.text, config: stream.config)
    replay.onText = { piece in told.withLock { $0 += piece } }
    let outcome = try replay.outcome()
    #expect(Replay.digest(outcome) == stream.digest)
    if case .success(let reply) = outcome.result { #expect(told.withLock { $0 } == reply.text) }
  }

  @Test("a watcher is not told a key that a service repeats, wherever it was cut")
  func watchedSecret() {
    let key = "sk-0123456789abcdef"
    let text = Array("You sent sk- and \(key), sk-01234".utf8)
    for step in 1...7 {
      let told = Mutex("")
      var watched = WatchedText(Redaction([key])) { piece in told.withLock { $0 += piece } }
      for end in stride(from: step, to: text.count, by: step) { watched.grew(to: Array(text[..<end])) }
      watched.ended(with: text)
      #expect(told.withLock { $0 } == "You sent sk- and [redacted], sk-01234")
    }
  }

  @Test("a stream that refuses first and answers then is told to a watcher without a crash")
  func watchedRefusal() throws {
    let told = Mutex("")
    var replay = Replay(
      "openai:gpt-4o-mini",
      RecordedStream.chunk(#"{"refusal":"I would rather not"}"#) + RecordedStream.chunk(#"{"content":"Hi"}"#)
        + RecordedStream.done)
    replay.onText = { piece in told.withLock { $0 += piece } }
    #expect(try replay.outcome().attempt.failure?.kind != .malformed)
    #expect(told.withLock { $0 } == "I would rather not")
  }

  /// Text of one to four bytes a character, cut so that each event is a chunk of its own.
  private func eventCuts(_ text: String) -> [Int] {
    let bytes = Array(text.utf8)
    return bytes.indices.dropFirst(1).filter { bytes[$0 - 1] == 10 && ($0 < 2 || bytes[$0 - 2] == 10) }
  }

  @Test("role-only and empty deltas, usage and pings are no output")
  func stamps() throws {
    let text =
      RecordedStream.chunk(#"{"role":"assistant","content":""}"#)
      + RecordedStream.chunk(#"{"reasoning_content":"Hm"}"#) + RecordedStream.chunk(#"{"content":"a"}"#)
      + RecordedStream.chunk(#"{"content":"b"}"#) + RecordedStream.chunk("{}", finish: #""stop""#)
      + RecordedStream.usageEvent + RecordedStream.done
    let timings = try Replay("openai:gpt-4o-mini", text).outcome(cuts: eventCuts(text)).attempt.timings
    #expect(timings.firstEvent == 1000)
    #expect(timings.firstOutput == 2000)
    #expect(timings.firstVisible == 3000)
    #expect(timings.lastOutput == 4000)
    #expect(timings.longestGap == 1000)
    #expect(timings.done == 7000)
    #expect(timings.eventCount == 7)
    #expect(timings.outputEventCount == 3)
    #expect(timings.sawReasoning)
  }

  @Test("of Anthropic's events, message_start, pings and signatures are no output, and a tool's start is")
  func anthropicStamps() throws {
    let recorded = RecordedStream.anthropic[1]
    let timings = try Replay(recorded.id, recorded.text).outcome(cuts: eventCuts(recorded.text)).attempt
      .timings
    #expect(timings.firstEvent == 1000)
    #expect(timings.firstOutput == 3000)
    #expect(timings.firstVisible == 6000)
    #expect(timings.lastOutput == 9000)
    #expect(timings.done == 12000)
  }

  @Test("of the Responses API, created and added are no output")
  func responsesStamps() throws {
    let recorded = RecordedStream.responses[0]
    let timings = try Replay(recorded.id, recorded.text).outcome(cuts: eventCuts(recorded.text)).attempt
      .timings
    #expect(timings.firstEvent == 1000)
    #expect(timings.firstOutput == 3000)
    #expect(timings.firstVisible == 3000)
    #expect(timings.lastOutput == 4000)
    #expect(timings.done == 5000)
  }

  @Test("usage seen before an error is kept with the attempt, which may have been billed")
  func usageOfFailure() throws {
    let text =
      RecordedStream.messageStart
      + "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"Once\"}}\n\n"
      + "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"oops\"}}\n\n"
    let attempt = try Replay("anthropic:messages:claude-sonnet-4-5", text).outcome().attempt
    #expect(attempt.usage?.input == 20)
    #expect(attempt.mayBeBilled)
    #expect(attempt.failure?.kind == .server)
  }

  @Test("an error inside a choice is kept with the bytes that told of it")
  func evidenceOfChoice() throws {
    let text =
      RecordedStream.chunk(#"{"content":"Hi"}"#)
      + #"data: {"choices":[{"index":0,"error":{"message":"upstream broke","code":502}}]}"# + "\n\n"
    let failure = try #require(try Replay("openai:gpt-4o-mini", text).outcome().attempt.failure)
    #expect(failure.message == "upstream broke")
    #expect(failure.evidence?.contains("upstream broke") == true)
  }

  @Test("an error before any output is not billed")
  func earlyError() throws {
    let text = #"data: {"error":{"message":"busy","type":"server_error"}}"# + "\n\n"
    #expect(try !Replay("openai:gpt-4o-mini", text).outcome().attempt.mayBeBilled)
  }

  @Test("log probabilities of all pieces are gathered")
  func logProbabilities() throws {
    let text =
      #"data: {"choices":[{"index":0,"delta":{"content":"a"},"logprobs":{"content":[{"token":"a","logprob":-0.5}]}}]}"#
      + "\n\n"
      + #"data: {"choices":[{"index":0,"delta":{"content":"b"},"logprobs":{"content":[{"token":"b","logprob":-1}]},"finish_reason":"stop"}]}"#
      + "\n\n" + RecordedStream.done
    #expect(try Replay("openai:gpt-4o-mini", text).outcome().result.get().logProbabilities == [-0.5, -1])
  }

  @Test("bytes that are no UTF-8 make a reply malformed, whichever chunk holds them", arguments: [0, 1])
  func invalidUTF8(_ place: Int) throws {
    var replay = Replay("openai:gpt-4o-mini", RecordedStream.chunk(#"{"content":"first"}"#))
    var second = Array(RecordedStream.chunk(#"{"content":"X"}"#).utf8)
    if let x = second.lastIndex(of: UInt8(ascii: "X")) { second[x] = 0xFF }
    replay.bytes =
      (place == 0 ? second + replay.bytes : replay.bytes + second) + Array(RecordedStream.done.utf8)
    #expect(Replay.digest(try replay.outcome()) == "failure=malformed code=-")
  }

  @Test("ten thousand chunks and a megabyte in one are read", arguments: [10_000, 1])
  func lengths(_ chunks: Int) throws {
    let piece = String(repeating: "x", count: 1 << 20 / chunks)
    let text =
      String(repeating: RecordedStream.chunk("{\"content\":\"\(piece)\"}"), count: chunks)
      + RecordedStream.done
    #expect(
      try Replay("openai:gpt-4o-mini", text).outcome().result.get().text.utf8.count == piece.utf8.count
        * chunks)
  }
}
