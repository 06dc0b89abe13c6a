import Formats

/// Parsing, writing and scanning: `assay-bench json [--write FILE]`, which writes the document that is measured, so
/// that other parsers can be measured on the same one.
func measureJSON(_ arguments: [String]) throws {
  let document = chatCompletions(bytes: 10_000_000)
  if arguments.first == "--write", arguments.count == 2 {
    try File.write(document, to: arguments[1])
    return
  }
  let megabytes = Double(document.count) / 1e6
  var sink = 0
  let parsing = try leastNanoseconds { sink &+= try JSON(parsing: document).array?.count ?? 0 }
  report(
    "parse 10 MB of chat completions into values", megabytes / Double(parsing) * 1e9, "MB/s", decimals: 0)
  let value = try JSON(parsing: document)
  let writing = leastNanoseconds { sink &+= value.bytes.count }
  report("write them compactly", megabytes / Double(writing) * 1e9, "MB/s", decimals: 0)
  let canonical = leastNanoseconds(rounds: 3) { sink &+= value.canonical.utf8.count }
  report("write them canonically", megabytes / Double(canonical) * 1e9, "MB/s", decimals: 0)

  let event = streamEvent(content: " certainly")
  let rounds = 2_000
  report("scan a stream event of \(event.count) bytes for 3 fields", scanning(event, rounds: rounds), "ns")
  let escaped = streamEvent(content: #" so,\n\n"#)
  report("scan one whose text has escapes", scanning(escaped, rounds: rounds), "ns")
  let eventParsing = try leastNanoseconds(rounds: 200) {
    for _ in 0..<rounds { sink &+= try JSON(parsing: event)["choices"]?.array?.count ?? 0 }
  }
  report("parse the same event into values", Double(eventParsing) / Double(rounds), "ns")
  if sink == 0 { print("nothing was measured") }
}

private func streamEvent(content: String) -> [UInt8] {
  Array(
    #"""
    {"id":"chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG","object":"chat.completion.chunk","created":1741570283,
    "model":"gpt-4o-2024-08-06","service_tier":"default","system_fingerprint":"fp_50cad350e4","choices":[{
    "index":0,"delta":{"content":"\#(content)"},"logprobs":null,"finish_reason":null}],"usage":null}
    """#.utf8.filter { $0 != 0x0A })
}

/// Nanoseconds to find text, finish reason and usage in an event, and to gather the text.
private func scanning(_ event: [UInt8], rounds: Int) -> Double {
  let scanner = JSONScanner("choices[0].delta.content", "choices[0].finish_reason", "usage")
  var fields = scanner.emptyFields
  var text: [UInt8] = []
  let least = leastNanoseconds(rounds: 200) {
    for _ in 0..<rounds {
      text.removeAll(keepingCapacity: true)
      if scanner.scan(event, into: &fields), fields[0].isNonEmpty {
        fields[0].appendText(in: event, to: &text)
      }
    }
  }
  return Double(least) / Double(rounds)
}

/// An array of replies as a chat-completions API gives them, the same on every run.
private func chatCompletions(bytes: Int) -> [UInt8] {
  let words = [
    "the", "model", "answers", "with", "some", "text", "that\\n\\n", "is", "neither", "short",
    "nor \\\"long\\\"",
    "naïve", "and", "holds", "a", "list:\\n-", "one", "two", "`code`", "日本語", "because", "people", "asked",
  ]
  var random = SeededGenerator(seed: 1)
  var text = "["
  while text.utf8.count < bytes {
    let content = (0..<(20 + random.next(below: 160))).map { _ in words[random.next(below: words.count)] }
    let (input, output) = (random.next(below: 4000), random.next(below: 900))
    if text.utf8.count > 1 { text += ",\n" }
    text += """
      {"id":"chatcmpl-\(random.next())","object":"chat.completion","created":\(1_741_569_952 + random.next(below: 9999)),\
      "model":"gpt-4.1-2025-04-14","choices":[{"index":0,"message":{"role":"assistant","content":"\
      \(content.joined(separator: " "))","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],\
      "usage":{"prompt_tokens":\(input),"completion_tokens":\(output),"total_tokens":\(input + output),\
      "prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":\
      {"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},\
      "service_tier":"default","system_fingerprint":"fp_\(random.next(below: 99999))","score":\(random.nextDouble())}
      """
  }
  return Array((text + "]").utf8)
}
