import Formats

extension RecordedStream {
  /// What those that speak OpenAI's chat do otherwise.
  static let services: [RecordedStream] = [
    .init(
      "Azure: a first chunk of filter results, one chunk without a delta", "azure:chat:mine",
      config: ["apiHost": "mine.example.com"],
      #"data: {"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[{"prompt_index":0,"content_filter_results":{"hate":{"filtered":false,"severity":"safe"}}}]}"#
        + "\n\n"
        + chunk(#"{"role":"assistant","content":""}"#) + chunk(#"{"content":"Hi"}"#)
        + #"data: {"choices":[{"content_filter_offsets":{"check_offset":44,"start_offset":44,"end_offset":198},"content_filter_results":{"hate":{"filtered":false,"severity":"safe"}},"finish_reason":null,"index":0}],"created":0,"id":"","model":"","object":""}"#
        + "\n\n" + chunk("{}", finish: #""stop""#) + usageEvent + done,
      #"text=Hi output="Hi" calls=[] refusal=- reasoning=- finish=stop usage=9/3/0/0"#),
    .init(
      "OpenRouter: comments while it waits, cost in usage", "openrouter:meta/llama",
      config: ["apiKey": "sk-or-0123456789"],
      ": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n"
        + chunk(#"{"role":"assistant","content":"Hi"}"#)
        + chunk(#"{"role":"assistant","content":"","reasoning":null}"#, finish: #""stop""#)
        + #"data: {"id":"g","provider":"Up","choices":[{"index":0,"delta":{"content":""},"finish_reason":null}],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12,"cost":0.00012}}"#
        + "\n\n" + done,
      #"text=Hi output="Hi" calls=[] refusal=- reasoning=- finish=stop usage=9/3/0/0"#),
    .init(
      "OpenRouter: an error with a number for its code", "openrouter:meta/llama",
      config: ["apiKey": "sk-or-0123456789"],
      chunk(#"{"content":"Hi"}"#)
        + #"data: {"id":"g","error":{"code":429,"message":"Provider returned error","metadata":{"provider_name":"Up"}},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}"#
        + "\n\n",
      "failure=rate_limited code=429"),
    .init(
      "DeepSeek: keep-alives, reasoning first, cache hits in usage", "deepseek:deepseek-reasoner",
      config: ["apiKey": "sk-ds-0123456789"],
      ": keep-alive\n\n: keep-alive\n\n"
        + chunk(#"{"role":"assistant","content":null,"reasoning_content":""}"#)
        + chunk(#"{"content":null,"reasoning_content":"Let me "}"#)
        + chunk(#"{"content":null,"reasoning_content":"think"}"#)
        + chunk(#"{"content":"42","reasoning_content":null}"#)
        + chunk(
          #"{"content":"","reasoning_content":null}"#, finish: #""stop""#,
          more:
            #","usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_cache_hit_tokens":8,"prompt_cache_miss_tokens":2,"completion_tokens_details":{"reasoning_tokens":3}}"#
        )
        + done,
      #"text=42 output="Thinking: Let me think\n\n42" calls=[] refusal=- reasoning=Let me think finish=stop usage=10/5/8/3"#
    ),
    .init(
      "reasoning is left out of the output on request", "deepseek:deepseek-reasoner",
      config: ["apiKey": "sk-ds-0123456789", "showThinking": false],
      chunk(#"{"reasoning_content":"hm"}"#) + chunk(#"{"content":"42"}"#) + chunk("{}", finish: #""stop""#)
        + done,
      #"text=42 output="42" calls=[] refusal=- reasoning=hm finish=stop usage=-"#),
    .init(
      "Groq: usage beside the choices", "groq:llama",
      chunk(#"{"role":"assistant","content":"Hi"}"#)
        + chunk(
          "{}", finish: #""stop""#,
          more:
            #","x_groq":{"id":"req_1","usage":{"queue_time":0.01,"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}"#
        )
        + done,
      #"text=Hi output="Hi" calls=[] refusal=- reasoning=- finish=stop usage=9/3/0/0"#),
    .init(
      "xAI: reasoning tokens beside the completion, ticks for the cost", "xai:grok-4.7",
      config: ["apiKey": "xai-0123456789"],
      chunk(#"{"content":"Hi"}"#) + chunk("{}", finish: #""stop""#)
        + #"data: {"choices":[],"usage":{"prompt_tokens":125,"completion_tokens":2,"total_tokens":147,"prompt_tokens_details":{"text_tokens":125,"cached_tokens":98},"completion_tokens_details":{"reasoning_tokens":20},"cost_in_usd_ticks":3910000}}"#
        + "\n\n" + done,
      #"text=Hi output="Hi" calls=[] refusal=- reasoning=- finish=stop usage=125/22/98/20"#),
    .init(
      "Moonshot: cached tokens at the top of usage", "moonshot:kimi-k3",
      config: ["apiKey": "sk-ms-0123456789"],
      chunk(#"{"content":"Hi"}"#)
        + chunk(
          "{}", finish: #""stop""#,
          more: #","usage":{"prompt_tokens":9,"completion_tokens":3,"cached_tokens":4}"#)
        + done,
      #"text=Hi output="Hi" calls=[] refusal=- reasoning=- finish=stop usage=9/3/4/0"#),
    .init(
      "Mistral: content as a list of parts", "mistral:magistral", config: ["apiKey": "ms-0123456789"],
      chunk(#"{"role":"assistant","content":[{"type":"text","text":"Hi"}]}"#) + chunk(#"{"content":" you"}"#)
        + chunk("{}", finish: #""stop""#, more: "," + usage) + done,
      #"text=Hi you output="Hi you" calls=[] refusal=- reasoning=- finish=stop usage=9/3/0/0"#),
    .init(
      "a server that repeats the name of a tool and gives no index", "vllm:qwen",
      chunk(#"{"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{"}}]}"#)
        + chunk(#"{"tool_calls":[{"function":{"name":"f","arguments":"}"}}]}"#)
        + chunk("{}", finish: #""tool_calls""#) + done,
      #"text= output=[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}] calls=[a f({})] refusal=- reasoning=- finish=tool_calls usage=-"#
    ),
  ]

  static let responses: [RecordedStream] = [
    .init(
      "Responses: events by name, the whole at the end", "openai:responses:gpt-5",
      #"""
      event: response.created
      data: {"type":"response.created","sequence_number":0,"response":{"id":"r1","status":"in_progress","output":[],"usage":null}}

      event: response.output_item.added
      data: {"type":"response.output_item.added","sequence_number":1,"output_index":0,"item":{"id":"m","type":"message","content":[]}}

      event: response.output_text.delta
      data: {"type":"response.output_text.delta","sequence_number":2,"item_id":"m","output_index":0,"content_index":0,"delta":"Hi"}

      event: response.output_text.delta
      data: {"type":"response.output_text.delta","sequence_number":3,"item_id":"m","output_index":0,"content_index":0,"delta":" you"}

      event: response.completed
      data: {"type":"response.completed","sequence_number":4,"response":{"id":"r1","status":"completed","error":null,"incomplete_details":null,"model":"gpt-5-2025-08-07","output":[{"type":"reasoning","id":"rs","summary":[]},{"type":"message","id":"m","role":"assistant","content":[{"type":"output_text","text":"Hi you","annotations":[]}]}],"usage":{"input_tokens":9,"input_tokens_details":{"cached_tokens":4},"output_tokens":70,"output_tokens_details":{"reasoning_tokens":64},"total_tokens":79}}}


      """#,
      #"text=Hi you output="Hi you" calls=[] refusal=- reasoning=- finish=stop usage=9/70/4/64"#),
    .init(
      "Responses: a function call", "openai:responses:gpt-5",
      #"""
      event: response.function_call_arguments.delta
      data: {"type":"response.function_call_arguments.delta","delta":"{\"x\":1}"}

      event: response.completed
      data: {"type":"response.completed","response":{"id":"r1","status":"completed","output":[{"type":"function_call","id":"fc","call_id":"call_a","name":"f","arguments":"{\"x\":1}","status":"completed"}]}}


      """#,
      #"text= output="{\"type\":\"function_call\",\"id\":\"fc\",\"call_id\":\"call_a\",\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1}\",\"status\":\"completed\"}" calls=[call_a f({"x":1})] refusal=- reasoning=- finish=tool_calls usage=-"#
    ),
    .init(
      "Responses: cut short by the limit", "openai:responses:gpt-5",
      #"""
      data: {"type":"response.output_text.delta","delta":"Once"}

      data: {"type":"response.incomplete","response":{"id":"r1","status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[{"type":"message","content":[{"type":"output_text","text":"Once"}]}],"usage":{"input_tokens":9,"output_tokens":1}}}


      """#,
      #"text=Once output="Once" calls=[] refusal=- reasoning=- finish=length usage=9/1/0/0"#),
    .init(
      "Responses: failed, with a limit for its reason", "openai:responses:gpt-5",
      #"""
      event: response.failed
      data: {"type":"response.failed","response":{"id":"r1","status":"failed","error":{"code":"rate_limit_exceeded","message":"slow down"},"output":[]}}


      """#, "failure=rate_limited code=rate_limit_exceeded"),
    .init(
      "Responses: an error event whose facts stand in the event", "openai:responses:gpt-5",
      #"""
      event: error
      data: {"type":"error","code":"server_error","message":"oops","param":null,"sequence_number":3}


      """#, "failure=server code=server_error"),
    .init(
      "Responses: no last event", "openai:responses:gpt-5",
      #"data: {"type":"response.output_text.delta","delta":"Once"}"# + "\n\n", "failure=truncated code=-"),
  ]

  static let completions: [RecordedStream] = [
    .init(
      "completions: text in the choices", "openai:completion:gpt-3.5-turbo-instruct",
      #"""
      data: {"id":"c","object":"text_completion","model":"gpt-3.5-turbo-instruct","choices":[{"text":"Hel","index":0,"logprobs":null,"finish_reason":null}],"usage":null}

      data: {"id":"c","choices":[{"text":"lo","index":0,"finish_reason":"stop"}]}

      data: {"id":"c","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}

      data: [DONE]


      """#,
      #"text=Hello output="Hello" calls=[] refusal=- reasoning=- finish=stop usage=5/2/0/0"#)
  ]
}
