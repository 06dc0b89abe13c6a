import Formats

extension RecordedStream {
  static let messageStart = #"""
    event: message_start
    data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5-20250929","content":[],"stop_reason":null,"usage":{"input_tokens":3,"cache_creation_input_tokens":10,"cache_read_input_tokens":7,"cache_creation":{"ephemeral_5m_input_tokens":4,"ephemeral_1h_input_tokens":6},"output_tokens":1,"service_tier":"standard"}}}


    """#
  static let messageEnd = #"""
    event: message_delta
    data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":null,"output_tokens":12}}

    event: message_stop
    data: {"type":"message_stop"}


    """#

  static let anthropic: [RecordedStream] = [
    .init(
      "Anthropic: pings, usage in two parts of which the second is cumulative",
      "anthropic:messages:claude-sonnet-4-5",
      messageStart
        + #"""
        event: content_block_start
        data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

        event: ping
        data: {"type":"ping"}

        event: content_block_delta
        data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Gr\u00fc\u00dfe"}}

        event: content_block_delta
        data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" 😀"}}

        event: content_block_stop
        data: {"type":"content_block_stop","index":0}

        event: an_event_of_the_future
        data: {"type":"an_event_of_the_future","x":1}


        """# + messageEnd,
      #"text=Grüße 😀 output="Grüße 😀" calls=[] refusal=- reasoning=- finish=stop usage=20/12/7/0"#),
    .init(
      "Anthropic: thinking with its signature, then a tool in fragments",
      "anthropic:messages:claude-sonnet-4-5",
      messageStart
        + #"""
        event: content_block_start
        data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}

        event: content_block_delta
        data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hmm"}}

        event: content_block_delta
        data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"c2ln"}}

        event: content_block_stop
        data: {"type":"content_block_stop","index":0}

        event: content_block_start
        data: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_1","name":"f","input":{}}}

        event: content_block_delta
        data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":""}}

        event: content_block_delta
        data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"x\":"}}

        event: content_block_delta
        data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":" 1}"}}

        event: content_block_stop
        data: {"type":"content_block_stop","index":1}

        event: message_delta
        data: {"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":20}}

        event: message_stop
        data: {"type":"message_stop"}


        """#,
      #"text= output="Thinking: Hmm\nSignature: c2ln\n\n{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":\"f\",\"input\":{\"x\":1}}" calls=[toolu_1 f({"x":1})] refusal=- reasoning=Hmm finish=tool_calls usage=20/20/7/0"#
    ),
    .init(
      "Anthropic: overloaded in the middle", "anthropic:messages:claude-sonnet-4-5",
      messageStart
        + #"""
        event: error
        data: {"type":"error","error":{"details":null,"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"}


        """#, "failure=overloaded code=overloaded_error"),
    .init(
      "Anthropic: no message_stop", "anthropic:messages:claude-sonnet-4-5",
      messageStart
        + #"""
        event: content_block_start
        data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":"Once"}}


        """#, "failure=truncated code=-"),
    .init(
      "Anthropic: a refusal without a word", "anthropic:messages:claude-sonnet-4-5",
      messageStart
        + #"""
        event: message_delta
        data: {"type":"message_delta","delta":{"stop_reason":"refusal"},"usage":{"output_tokens":1}}

        event: message_stop
        data: {"type":"message_stop"}


        """#, "failure=refused code=refusal"),
  ]

  static let gemini: [RecordedStream] = [
    .init(
      "Gemini: thoughts apart, usage on every chunk, no end mark but a reason", "google:gemini-2.5-pro",
      #"data: {"candidates":[{"content":{"parts":[{"text":"Hm","thought":true}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":8,"totalTokenCount":8},"modelVersion":"gemini-2.5-pro"}"#
        + "\r\n\r\n"
        + #"data: {"candidates":[{"content":{"parts":[{"text":"Gr"}],"role":"model"},"index":0}]}"#
        + "\r\n\r\n"
        + #"data: {"candidates":[{"content":{"parts":[{"text":"üße"}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":8,"cachedContentTokenCount":2,"candidatesTokenCount":3,"thoughtsTokenCount":5,"totalTokenCount":16}}"#
        + "\r\n\r\n",
      #"text=Grüße output="Grüße" calls=[] refusal=- reasoning=Hm finish=stop usage=8/8/2/5"#),
    .init(
      "Gemini: a function call", "google:gemini-2.5-pro",
      #"data: {"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"x":1}},"thoughtSignature":"c2ln"}],"role":"model"},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":8,"candidatesTokenCount":3,"totalTokenCount":11}}"#
        + "\n\n",
      #"text= output=[{"functionCall":{"name":"f","args":{"x":1}},"thoughtSignature":"c2ln"}] calls=[call_0_f f({"x":1})] refusal=- reasoning=- finish=tool_calls usage=8/3/0/0"#
    ),
    .init(
      "Gemini: the prompt is blocked", "google:gemini-2.5-pro",
      #"data: {"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":8,"totalTokenCount":8}}"#
        + "\n\n", "failure=refused code=PROHIBITED_CONTENT"),
    .init(
      "Gemini: stopped for safety with nothing said", "google:gemini-2.5-pro",
      #"data: {"candidates":[{"finishReason":"SAFETY","index":0}],"usageMetadata":{"promptTokenCount":8}}"#
        + "\n\n",
      "failure=refused code=SAFETY"),
    .init(
      "Gemini: an error in a list of one", "google:gemini-2.5-pro",
      #"data: [{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}]"# + "\n\n",
      "failure=overloaded code=UNAVAILABLE"),
    .init(
      "Gemini: an error as it is, in no event", "google:gemini-2.5-pro",
      #"data: {"candidates":[{"content":{"parts":[{"text":"Once"}],"role":"model"}}]}"# + "\n\n"
        + """
        {
          "error": {
            "code": 429,
            "message": "Resource has been exhausted",
            "status": "RESOURCE_EXHAUSTED"
          }
        }

        """, "failure=rate_limited code=RESOURCE_EXHAUSTED"),
    .init(
      "Gemini: it closes before a reason", "google:gemini-2.5-pro",
      #"data: {"candidates":[{"content":{"parts":[{"text":"Once"}],"role":"model"}}]}"# + "\n\n",
      "failure=truncated code=-"),
  ]

  static let ollama: [RecordedStream] = [
    .init(
      "Ollama: lines, durations in the last", "ollama:chat:llama3",
      #"""
      {"model":"llama3","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"","thinking":"Hm"},"done":false}
      {"model":"llama3","message":{"role":"assistant","content":"Gr"},"done":false}
      {"model":"llama3","message":{"role":"assistant","content":"üße"},"done":false}
      {"model":"llama3","message":{"role":"assistant","content":""},"done_reason":"stop","done":true,"total_duration":5000000,"load_duration":1,"prompt_eval_count":11,"prompt_eval_duration":2,"eval_count":3,"eval_duration":4}

      """#, #"text=Grüße output="Grüße" calls=[] refusal=- reasoning=Hm finish=stop usage=11/3/0/0"#),
    .init(
      "Ollama: a tool call whose arguments are a value", "ollama:chat:llama3",
      #"""
      {"model":"llama3","message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":{"x":1}}}]},"done":false}
      {"model":"llama3","message":{"role":"assistant","content":""},"done_reason":"stop","done":true,"prompt_eval_count":11,"eval_count":3}
      """#,
      #"text= output=[{"function":{"name":"f","arguments":{"x":1}}}] calls=[call_0 f({"x":1})] refusal=- reasoning=- finish=tool_calls usage=11/3/0/0"#
    ),
    .init(
      "Ollama: an error line alone", "ollama:chat:llama3",
      #"{"model":"llama3","message":{"role":"assistant","content":"Once"},"done":false}"# + "\n"
        + #"{"error":"an unknown error was encountered while running the model"}"# + "\n",
      "failure=server code=-"),
    .init(
      "Ollama: no line that says done", "ollama:chat:llama3",
      #"{"model":"llama3","message":{"role":"assistant","content":"Once"},"done":false}"# + "\n",
      "failure=truncated code=-"),
    .init(
      "Ollama: generate", "ollama:llama3",
      #"{"model":"llama3","response":"Hi","done":false}"# + "\n"
        + #"{"model":"llama3","response":"","done":true,"done_reason":"length","prompt_eval_count":5,"eval_count":1}"#
        + "\n",
      #"text=Hi output="Hi" calls=[] refusal=- reasoning=- finish=length usage=5/1/0/0"#),
  ]
}
