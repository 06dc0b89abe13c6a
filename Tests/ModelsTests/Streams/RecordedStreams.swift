import Formats
import Testing

/// Byte streams written from the formats of each API, with every trap that is known of them.
struct RecordedStream: Sendable, CustomTestStringConvertible {
  var name: String
  var id: String
  var text: String
  var config: JSONObject = [:]
  /// As `Replay.digest` tells it.
  var digest: String

  var testDescription: String { name }

  init(_ name: String, _ id: String, config: JSONObject = [:], _ text: String, _ digest: String) {
    self.name = name
    self.id = id
    self.config = config
    self.text = text
    self.digest = digest
  }

  static let all: [RecordedStream] = openAI + services + responses + anthropic + gemini + ollama + completions

  static func chunk(_ delta: String, finish: String = "null", more: String = "") -> String {
    #"data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"gpt-4o-mini-2024-07-18","#
      + #""choices":[{"index":0,"delta":\#(delta),"logprobs":null,"finish_reason":\#(finish)}]\#(more)}"#
      + "\n\n"
  }
  static let usage = #""usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}"#
  static let usageEvent =
    #"data: {"id":"c1","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}"#
    + "\n\n"
  static let done = "data: [DONE]\n\n"

  static let openAI: [RecordedStream] = [
    .init(
      "role first, text in pieces, usage in a chunk without choices", "openai:gpt-4o-mini",
      chunk(#"{"role":"assistant","content":"","refusal":null}"#, more: #","usage":null"#)
        + chunk(#"{"content":"Grüße"}"#, more: #","usage":null"#)
        + chunk(#"{"content":", \"du\" \u00e9\ud83d\ude00"}"#)
        + chunk("{}", finish: #""stop""#) + usageEvent + done,
      #"text=Grüße, "du" é😀 output="Grüße, \"du\" é😀" calls=[] refusal=- reasoning=- finish=stop usage=9/3/0/0"#
    ),
    .init(
      "usage in the last chunk that has choices", "openai:gpt-4o-mini",
      chunk(#"{"role":"assistant","content":"Hi"}"#) + chunk("{}", finish: #""stop""#, more: "," + usage)
        + done,
      #"text=Hi output="Hi" calls=[] refusal=- reasoning=- finish=stop usage=9/3/0/0"#),
    .init(
      "usage on every chunk, cumulative: the last that is not null holds", "openai:gpt-4o-mini",
      chunk(#"{"content":"a"}"#, more: #","usage":{"prompt_tokens":9,"completion_tokens":1}"#)
        + chunk(#"{"content":"b"}"#, more: #","usage":{"prompt_tokens":9,"completion_tokens":2}"#)
        + chunk("{}", finish: #""stop""#, more: #","usage":null"#) + done,
      #"text=ab output="ab" calls=[] refusal=- reasoning=- finish=stop usage=9/2/0/0"#),
    .init(
      "no usage at all", "openai:gpt-4o-mini",
      chunk(#"{"content":"Hi"}"#) + chunk("{}", finish: #""stop""#) + done,
      #"text=Hi output="Hi" calls=[] refusal=- reasoning=- finish=stop usage=-"#),
    .init(
      "two tool calls in fragments, interleaved", "openai:gpt-4o-mini",
      chunk(
        #"{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call_a","type":"function","function":{"name":"f","arguments":""}}]}"#
      )
        + chunk(#"{"tool_calls":[{"index":0,"function":{"arguments":"{\"x\":"}}]}"#)
        + chunk(
          #"{"tool_calls":[{"index":1,"id":"call_b","type":"function","function":{"name":"g","arguments":"{}"}}]}"#
        )
        + chunk(#"{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}"#)
        + chunk("{}", finish: #""tool_calls""#) + usageEvent + done,
      #"text= output=[{"id":"call_a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},{"id":"call_b","type":"function","function":{"name":"g","arguments":"{}"}}] calls=[call_a f({"x":1}); call_b g({})] refusal=- reasoning=- finish=tool_calls usage=9/3/0/0"#
    ),
    .init(
      "a legacy function call", "openai:gpt-4o-mini",
      chunk(#"{"role":"assistant","content":null,"function_call":{"name":"f","arguments":""}}"#)
        + chunk(#"{"function_call":{"arguments":"{\"x\":"}}"#)
        + chunk(#"{"function_call":{"arguments":"1}"}}"#)
        + chunk("{}", finish: #""function_call""#) + done,
      #"text= output={"name":"f","arguments":"{\"x\":1}"} calls=[- f({"x":1})] refusal=- reasoning=- finish=tool_calls usage=-"#
    ),
    .init(
      "a refusal", "openai:gpt-4o-mini",
      chunk(#"{"role":"assistant","content":null,"refusal":""}"#) + chunk(#"{"refusal":"I can't "}"#)
        + chunk(#"{"refusal":"do that."}"#) + chunk("{}", finish: #""stop""#) + done,
      #"text=I can't do that. output="I can't do that." calls=[] refusal=I can't do that. reasoning=- finish=stop usage=-"#
    ),
    .init(
      "structured output is a value", "openai:gpt-4o-mini",
      config: [
        "response_format": [
          "type": "json_schema", "json_schema": ["name": "n", "schema": ["type": "object"]],
        ]
      ],
      chunk(#"{"content":"{\"a\":"}"#) + chunk(#"{"content":" 1}"}"#) + chunk("{}", finish: #""stop""#)
        + done,
      #"text={"a": 1} output={"a":1} calls=[] refusal=- reasoning=- finish=stop usage=-"#),
    .init(
      "two choices interleaved: the first is the reply", "openai:gpt-4o-mini",
      #"data: {"choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{"content":"x"}}]}"# + "\n\n"
        + #"data: {"choices":[{"index":1,"delta":{"content":"y"}}]}"# + "\n\n"
        + #"data: {"choices":[{"index":0,"delta":{"content":"b"},"finish_reason":"stop"}]}"# + "\n\n" + done,
      #"text=ab output="ab" calls=[] refusal=- reasoning=- finish=stop usage=-"#),
    .init(
      "padding and unknown members mean nothing", "openai:gpt-4o-mini",
      chunk(#"{"content":"Hi","whatever":[1,{"a":null}]}"#, more: #","obfuscation":"abcd","nonce":{"x":[]}"#)
        + chunk("{}", finish: #""stop""#) + done,
      #"text=Hi output="Hi" calls=[] refusal=- reasoning=- finish=stop usage=-"#),
    .init(
      "CRLF line ends, data lines in parts, no space after the colon", "openai:gpt-4o-mini",
      "data:{\"choices\":[{\"index\":0,\r\ndata: \"delta\":{\"content\":\"Hi\"}}]}\r\n\r\n"
        + "data:{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\r\n\r\ndata:[DONE]\r\n\r\n",
      #"text=Hi output="Hi" calls=[] refusal=- reasoning=- finish=stop usage=-"#),
    .init(
      "the end mark without a last empty line, and twice", "openai:gpt-4o-mini",
      chunk(#"{"content":"Hi"}"#, finish: #""stop""#) + "data: [DONE]\n\ndata: [DONE]\n",
      #"text=Hi output="Hi" calls=[] refusal=- reasoning=- finish=stop usage=-"#),
    .init(
      "cut short by the token limit", "openai:gpt-4o-mini",
      chunk(#"{"content":"Once upon"}"#) + chunk("{}", finish: #""length""#) + done,
      #"text=Once upon output="Once upon" calls=[] refusal=- reasoning=- finish=length usage=-"#),
    .init(
      "filtered after some text: a reply, flagged", "openai:gpt-4o-mini",
      chunk(#"{"content":"Once"}"#) + chunk("{}", finish: #""content_filter""#) + done,
      #"text=Once output="Once" calls=[] refusal=- reasoning=- finish=content_filter usage=-"#),
    .init(
      "filtered before any text: refused", "openai:gpt-4o-mini",
      chunk(#"{"role":"assistant","content":""}"#) + chunk("{}", finish: #""content_filter""#) + done,
      "failure=refused code=content_filter"),
    .init(
      "an error in a stream that began well", "openai:gpt-4o-mini",
      chunk(#"{"content":"Once"}"#)
        + #"data: {"error":{"message":"The server had an error","type":"server_error","param":null,"code":null}}"#
        + "\n\n",
      "failure=server code=server_error"),
    .init(
      "the connection closes without an end mark", "openai:gpt-4o-mini",
      chunk(#"{"content":"Once upon"}"#), "failure=truncated code=-"),
    .init(
      "it closes after the reason but before the mark: still no made-up ending", "openai:gpt-4o-mini",
      chunk(#"{"content":"Once upon"}"#) + chunk("{}", finish: #""stop""#), "failure=truncated code=-"),
    .init("nothing but the end mark", "openai:gpt-4o-mini", done, "failure=malformed code=-"),
    .init("nothing", "openai:gpt-4o-mini", "", "failure=truncated code=-"),
    .init(
      "half a chunk", "openai:gpt-4o-mini",
      chunk(#"{"content":"Hi"}"#) + "data: {\"choices\":[{\"index\":0,\"delta\":{\"conte\n\n" + done,
      "failure=malformed code=-"),
    .init(
      "no JSON at all", "openai:gpt-4o-mini", "data: hello\n\n" + done, "failure=malformed code=-"),
  ]
}
