import Formats
import Models
import Wire

/// What it costs to read the events of a stream: parsing, stamping and taking them in, without a wire.
func measureModels(_ arguments: [String]) async throws {
  let events = 10_000
  let streams: [(name: String, id: String, head: String, event: String)] = [
    (
      "OpenAI chat", "openai:gpt-4o-mini",
      #"data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}"#,
      #"data: {"id":"chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz012","object":"chat.completion.chunk","created":1763600000,"model":"gpt-4o-mini-2024-07-18","service_tier":"default","system_fingerprint":"fp_0123456789","choices":[{"index":0,"delta":{"content":" token"},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"aB3dE"}"#
    ),
    (
      "Anthropic", "anthropic:messages:claude-sonnet-4-5",
      "event: content_block_start\n"
        + #"data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
      "event: content_block_delta\n"
        + #"data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" token"}}"#
    ),
    (
      "Responses", "openai:responses:gpt-5", #"data: {"type":"response.created","response":{"id":"r"}}"#,
      "event: response.output_text.delta\n"
        + #"data: {"type":"response.output_text.delta","sequence_number":7,"item_id":"msg_0123456789","output_index":0,"content_index":0,"delta":" token","logprobs":[],"obfuscation":"aB3dE"}"#
    ),
    (
      "Gemini", "google:gemini-2.5-flash", "",
      #"data: {"candidates":[{"content":{"parts":[{"text":" token"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":8,"candidatesTokenCount":3,"totalTokenCount":11},"modelVersion":"gemini-2.5-flash","responseId":"abc"}"#
    ),
  ]
  for stream in streams {
    let endpoint = try Endpoint(
      id: stream.id, label: stream.name, config: ["apiBaseUrl": "http://127.0.0.1"], environment: [:])
    let prompt = try RenderedPrompt(text: "Hello")
    let head = Array((stream.head + "\n\n").utf8)
    let body = Array(String(repeating: stream.event + "\n\n", count: 64).utf8)
    let nanoseconds = leastNanoseconds {
      let receiver = endpoint.makeStreamReceiver(for: prompt)
      var parser = SSEParser()
      _ = parser.feed(head.span.bytes, to: receiver, at: 1)
      for chunk in 0..<events / 64 { _ = parser.feed(body.span.bytes, to: receiver, at: Int64(chunk)) }
    }
    report(
      "\(stream.name), one event", Double(nanoseconds) / Double(events / 64 * 64) / 1000, "µs", decimals: 3)
  }

  var prices = 0
  let table = leastNanoseconds(rounds: 1) { prices = PriceBook.builtIn.explain("openai:gpt-4o-mini").count }
  report("first look into the price list (\(prices) found)", Double(table) / 1e6, "ms", decimals: 2)
}
