import Formats
import Testing
import Vocabulary
import Wire

@testable import Models

@Suite("requests of each API")
struct RequestTests {
  static let conversation = RenderedPrompt(messages: [
    ["role": "system", "content": "Be brief."],
    [
      "role": "user",
      "content": [
        ["type": "text", "text": "What is this?"],
        ["type": "image_url", "image_url": ["url": "data:image/png;base64,aGk="]],
      ],
    ],
    [
      "role": "assistant", "content": .null,
      "tool_calls": [
        ["id": "a", "type": "function", "function": ["name": "look", "arguments": "{\"x\":1}"]],
        ["id": "b", "type": "function", "function": ["name": "look", "arguments": "{}"]],
      ],
    ],
    ["role": "tool", "tool_call_id": "a", "content": "a cat"],
    ["role": "tool", "tool_call_id": "b", "content": "{\"dog\":true}"],
  ])
  static let tools: JSONObject = [
    "tools": [
      [
        "type": "function",
        "function": ["name": "look", "description": "Looks.", "parameters": ["type": "object"]],
      ]
    ],
    "tool_choice": "required", "max_tokens": 5, "temperature": 0.5,
  ]

  func body(_ id: String, _ prompt: RenderedPrompt = conversation, _ config: JSONObject = tools) throws
    -> JSON
  {
    let question = try question(id, prompt, config: config)
    return try #require(try question.endpoint.api.request(question).body)
  }

  @Test("Anthropic: system apart, images and tools in its own form, results in one message")
  func anthropic() throws {
    #expect(
      try body("anthropic:messages:claude-haiku-4-5") == [
        "model": "claude-haiku-4-5", "max_tokens": 5, "system": "Be brief.", "temperature": 0.5,
        "stream": true,
        "messages": [
          [
            "role": "user",
            "content": [
              ["type": "text", "text": "What is this?"],
              ["type": "image", "source": ["type": "base64", "media_type": "image/png", "data": "aGk="]],
            ],
          ],
          [
            "role": "assistant",
            "content": [
              ["type": "tool_use", "id": "a", "name": "look", "input": ["x": 1]],
              ["type": "tool_use", "id": "b", "name": "look", "input": [:]],
            ],
          ],
          [
            "role": "user",
            "content": [
              ["type": "tool_result", "tool_use_id": "a", "content": "a cat"],
              ["type": "tool_result", "tool_use_id": "b", "content": "{\"dog\":true}"],
            ],
          ],
        ],
        "tools": [["name": "look", "description": "Looks.", "input_schema": ["type": "object"]]],
        "tool_choice": ["type": "any"],
      ])
  }

  @Test("Gemini: contents of parts, results by the name of their function")
  func gemini() throws {
    #expect(
      try body("google:gemini-2.5-pro") == [
        "contents": [
          [
            "role": "user",
            "parts": [["text": "What is this?"], ["inlineData": ["mimeType": "image/png", "data": "aGk="]]],
          ],
          [
            "role": "model",
            "parts": [
              ["functionCall": ["name": "look", "args": ["x": 1]]],
              ["functionCall": ["name": "look", "args": [:]]],
            ],
          ],
          [
            "role": "user",
            "parts": [
              ["functionResponse": ["name": "look", "response": ["result": "a cat"]]],
              ["functionResponse": ["name": "look", "response": ["dog": true]]],
            ],
          ],
        ],
        "systemInstruction": ["parts": [["text": "Be brief."]]],
        "generationConfig": ["temperature": 0.5, "maxOutputTokens": 5],
        "tools": [
          [
            "functionDeclarations": [
              ["name": "look", "description": "Looks.", "parametersJsonSchema": ["type": "object"]]
            ]
          ]
        ],
        "toolConfig": ["functionCallingConfig": ["mode": "ANY"]],
      ])
  }

  @Test("Responses: a reasoning model is sent no limit that nobody asked for, not even null")
  func noLimit() throws {
    let body = try body("openai:responses:gpt-5", RenderedPrompt(text: "x"), [:])
    #expect(body["max_output_tokens"] == nil)
    #expect(JSON.null.unlessNull == nil && JSON("x").unlessNull == "x")
  }

  @Test("Responses: items, flat tools, calls and their outputs")
  func responses() throws {
    #expect(
      try body("openai:responses:gpt-4o") == [
        "model": "gpt-4o", "max_output_tokens": 5, "temperature": 0.5, "stream": true,
        "input": [
          ["role": "system", "content": "Be brief."],
          [
            "role": "user",
            "content": [
              ["type": "input_text", "text": "What is this?"],
              ["type": "input_image", "image_url": "data:image/png;base64,aGk="],
            ],
          ],
          ["type": "function_call", "call_id": "a", "name": "look", "arguments": "{\"x\":1}"],
          ["type": "function_call", "call_id": "b", "name": "look", "arguments": "{}"],
          ["type": "function_call_output", "call_id": "a", "output": "a cat"],
          ["type": "function_call_output", "call_id": "b", "output": "{\"dog\":true}"],
        ],
        "tools": [
          ["type": "function", "name": "look", "description": "Looks.", "parameters": ["type": "object"]]
        ],
        "tool_choice": "required",
      ])
  }

  @Test("Ollama: images beside the text, arguments as values, the limit as num_predict")
  func ollama() throws {
    #expect(
      try body("ollama:chat:llava") == [
        "model": "llava", "stream": true, "options": ["num_predict": 5, "temperature": 0.5],
        "messages": [
          ["role": "system", "content": "Be brief."],
          ["role": "user", "content": "What is this?", "images": ["aGk="]],
          [
            "role": "assistant", "content": "",
            "tool_calls": [
              ["function": ["name": "look", "arguments": ["x": 1]]],
              ["function": ["name": "look", "arguments": [:]]],
            ],
          ],
          ["role": "tool", "content": "a cat", "tool_name": "look"],
          ["role": "tool", "content": "{\"dog\":true}", "tool_name": "look"],
        ],
        "tools": Self.tools["tools"] ?? [],
      ])
  }

  @Test(
    "a reasoning model takes max_completion_tokens and no temperature of its own accord",
    arguments: [
      ("openai:o3-mini", true), ("openai:gpt-5-nano", true), ("openai:gpt-6.1-sol", true),
      ("openai:o1", true),
      ("openai:gpt-4o", false), ("openai:gpt-5-chat-latest", false), ("openrouter:openai/gpt-5", true),
      ("openai:omni-x", false),
    ])
  func reasoning(_ id: String, _ reasons: Bool) throws {
    let body = try body(id, RenderedPrompt(text: "Hi"), ["max_tokens": 7, "apiKey": "sk-0123456789"])
    #expect(body["max_completion_tokens"]?.int == (reasons ? 7 : nil))
    #expect(body["max_tokens"]?.int == (reasons ? nil : 7))
    #expect(body["temperature"]?.int == (reasons ? nil : 0))
  }

  @Test("Anthropic's newest version takes the key as a bearer and refuses temperature")
  func anthropicVersions() throws {
    let id = "anthropic:messages:claude-sonnet-5-5"
    let new: JSONObject = ["headers": ["anthropic-version": "2026-10-21"]]
    let asked = try question(id, config: new)
    let request = try asked.endpoint.api.request(asked)
    #expect(request.headers.contains { $0 == ("Authorization", "Bearer sk-test-0123456789abcdef") })
    #expect(request.headers.contains { $0 == ("anthropic-version", "2026-10-21") })
    #expect(request.body?["temperature"] == nil)
    let old = try question(id)
    #expect(try old.endpoint.api.request(old).headers.contains { $0.0 == "x-api-key" })
    #expect(try old.endpoint.api.request(old).body?["temperature"] == 0)
    var hot = new
    hot["temperature"] = 1
    #expect(throws: Problem.self) { try body(id, RenderedPrompt(text: "Hi"), hot) }
  }

  @Test(
    "addresses",
    arguments: [
      ("openai:gpt-4o", [:], "https://api.openai.com/v1/chat/completions"),
      ("openai:gpt-4o", ["apiHost": "proxy.example.com"], "https://proxy.example.com/v1/chat/completions"),
      (
        "openai:chat:gpt-4o", ["apiBaseUrl": "http://127.0.0.1:9/v1/"],
        "http://127.0.0.1:9/v1/chat/completions"
      ),
      ("openai:embedding:text-embedding-3-small", [:], "https://api.openai.com/v1/embeddings"),
      ("openai:text-embedding-3-small", [:], "https://api.openai.com/v1/embeddings"),
      ("openai:moderation:omni-moderation-latest", [:], "https://api.openai.com/v1/moderations"),
      ("openai:completion:davinci-002", [:], "https://api.openai.com/v1/completions"),
      ("openai:o3-pro", [:], "https://api.openai.com/v1/responses"),
      ("groq:openai/gpt-oss-20b", [:], "https://api.groq.com/openai/v1/chat/completions"),
      (
        "azure:chat:my deployment", ["apiHost": "x.openai.azure.com", "apiVersion": "2024-10-21"],
        "https://x.openai.azure.com/openai/deployments/my%20deployment/chat/completions?api-version=2024-10-21"
      ),
      (
        "google:gemini-2.5-pro", [:],
        "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse"
      ),
      (
        "google:gemini-2.5-pro", ["stream": false],
        "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:generateContent"
      ),
      ("ollama:llama3:8b", [:], "http://localhost:11434/api/generate"),
      ("ollama:chat:llama3:8b", [:], "http://localhost:11434/api/chat"),
      ("vllm:Qwen/Qwen3", [:], "http://localhost:8000/v1/chat/completions"),
    ] as [(String, JSONObject, String)])
  func addresses(_ id: String, _ config: JSONObject, _ url: String) throws {
    let question = try question(id, config: config)
    #expect(try question.endpoint.api.request(question).url == url)
  }

  @Test(
    "a missing key is told by the name of its variable, before anything is sent",
    arguments: [
      ("openai:gpt-4o", "OPENAI_API_KEY"), ("anthropic:messages:x", "ANTHROPIC_API_KEY"),
      ("google:x", "GOOGLE_API_KEY"),
      ("groq:x", "GROQ_API_KEY"), ("mistral:x", "MISTRAL_API_KEY"), ("openrouter:x", "OPENROUTER_API_KEY"),
    ])
  func missingKeys(_ id: String, _ variable: String) {
    let problem = #expect(throws: Problem.self) { try Endpoint(id: id, label: id, environment: [:]) }
    #expect(problem?.message.contains(variable) == true)
  }

  @Test("a local service needs no key, and takes one that is set")
  func localKeys() throws {
    #expect(try Endpoint(id: "vllm:x", label: "x", environment: [:]).headers.isEmpty)
    #expect(
      try Endpoint(id: "vllm:x", label: "x", environment: ["VLLM_API_KEY": "secret-key"]).headers.count == 1)
    #expect(throws: Never.self) {
      try Endpoint(
        id: "openai:x", label: "x", config: ["apiBaseUrl": "http://localhost:1/v1"], environment: [:])
    }
  }

  @Test("a key with a line end is refused rather than sent")
  func brokenKey() {
    #expect(throws: Problem.self) {
      try Endpoint(id: "openai:x", label: "x", environment: ["OPENAI_API_KEY": "sk-1\nX-Evil: 1"])
    }
  }

  @Test("what an endpoint and a prepared call print or keep holds no key")
  func noSecrets() throws {
    let key = "sk-test-0123456789abcdef"
    let question = try question(
      "openai:gpt-4o",
      config: ["headers": ["X-Api-Token": "tok-9876543210"], "passthrough": ["note": .string(key)]])
    #expect("\(question.endpoint)" == "openai:gpt-4o")
    let wire = try question.endpoint.api.request(question)
    let canonical = CanonicalRequest.json(wire, question).text
    #expect(!canonical.contains(key) && !canonical.contains("tok-9876543210"))
    #expect(!question.endpoint.limitKey.contains(key))
  }

  /// Targets that carry the key in one place or another.
  static let keyed: [(String, JSONObject)] = [
    ("https://user:s3cr-0123456789@h.example/chat?api_key=s3cr-0123456789", [:]),
    ("http", ["url": "https://h.example/chat?api_key=s3cr-0123456789"]),
    ("webhook:https://h.example/hook?token=s3cr-0123456789", [:]),
    ("http", ["url": "https://h.example/", "body": ["a": ["api_key": "{{env.ACME}}", "q": "{{prompt}}"]]]),
    ("http", ["url": "https://h.example/", "body": #"{"list":[{"auth":"Bearer {{env.ACME}}"}]}"#]),
    (
      "http",
      [
        "url": "https://h.example/", "headers": ["content-type": "application/x-www-form-urlencoded"],
        "body": ["secret": "{{env.ACME}}"],
      ]
    ),
    ("http", ["url": "https://h.example/{{env.ACME}}", "headers": ["X-Auth": "{{env.ACME}}"]]),
    ("http", ["url": "https://h.example/", "queryParams": ["api_key": "{{env.ACME}}"]]),
    (
      "http",
      [
        "url": "https://h.example/",
        "auth": ["type": "api_key", "keyName": "mine", "value": "{{env.ACME}}", "placement": "query"],
      ]
    ),
    ("openai:x", ["apiBaseUrl": "https://user:s3cr-0123456789@proxy.example/v1"]),
    ("google:x", ["apiBaseUrl": "https://user:s3cr-0123456789@proxy.example/v1beta"]),
  ]

  @Test(
    "what is recorded of a target and its request holds none of its keys, and they are sent",
    arguments: keyed)
  func recordedKeys(_ id: String, _ config: JSONObject) throws {
    let key = "s3cr-0123456789"
    let question = try question(id, config: config, environment: ["ACME": key])
    let endpoint = question.endpoint
    let wire = try endpoint.api.request(question)
    let call = PreparedCall(question, wire: wire, maxOutput: nil)
    let kept = [
      endpoint.recordedID, endpoint.model, endpoint.limitKey, call.canonical.text, call.request.text,
      call.redaction.text(wire.body?.text ?? wire.rawBody ?? ""),
    ]
    for text in kept { #expect(!text.contains(key)) }
    let sent = wire.headers.map { $0.1 } + [wire.url, wire.body?.text ?? "", wire.rawBody ?? ""]
    #expect(sent.contains { $0.contains(key) })
  }

  @Test("requests that differ in a key of their body alone are told apart, and the prompt is no key")
  func keysTellApart() throws {
    func canonical(_ key: String, _ member: String = "token") throws -> JSON {
      let body: JSONObject = [member: "{{env.ACME}}", "q": "{{prompt}}"]
      let question = try question(
        "http", RenderedPrompt(text: "Hello there"),
        config: ["url": "https://h.example/", "body": .object(body)], environment: ["ACME": key])
      return CanonicalRequest.json(try question.endpoint.api.request(question), question)
    }
    #expect(try canonical("user-a-0123456789") != canonical("user-b-0123456789"))
    #expect(try canonical("user-a-0123456789")["body"]?["token"]?.string == Redaction.mark)
    #expect(try canonical("user-a-0123456789", "keywords")["body"]?["keywords"] == "user-a-0123456789")
    #expect(try canonical("Hello there", "secret")["body"]?["q"] == "Hello there")
  }

  @Test(
    "headers that hold credentials are known by their names",
    arguments: [
      ("Authorization", true), ("X-Auth", true), ("x-auth-user", true), ("PRIVATE-TOKEN", true),
      ("X-Author", false), ("Accept", false),
    ])
  func secretHeaders(_ name: String, _ isSecret: Bool) { #expect(HeaderRules.isSecret(name) == isSecret) }

  @Test("streaming, user and metadata make no other request; a beta header and a parameter do")
  func canonical() throws {
    func canonical(_ id: String, _ config: JSONObject) throws -> String {
      let question = try question(id, config: config)
      return CanonicalRequest.json(try question.endpoint.api.request(question), question).canonical
    }
    let plain = try canonical("openai:gpt-4o", [:])
    #expect(try canonical("openai:gpt-4o", ["stream": false]) == plain)
    #expect(try canonical("openai:gpt-4o", ["user": "me", "metadata": ["a": "b"]]) == plain)
    #expect(try canonical("openai:gpt-4o", ["seed": 1]) != plain)
    #expect(
      try canonical("google:gemini-2.5-pro", [:]) == canonical("google:gemini-2.5-pro", ["stream": false]))
    #expect(
      try canonical("anthropic:messages:x", ["beta": ["b"]]) != canonical("anthropic:messages:x", [:]))
  }

  @Test("the canonical bytes that are put together from an endpoint's are those of the whole")
  func canonicalBytes() throws {
    let configs: [JSONObject] = [
      [:], ["temperature": 0.70, "max_tokens": 1e2, "seed": 7, "stream": false, "user": "me"],
      [
        "passthrough": [
          "zeta": [1, 2.50], "a": ["z": 1, "b": 2], "\u{E000}": 1, "\u{1F600}": 2, "n": .null,
        ]
      ],
      [
        "headers": ["X-Beta": "b", "OpenAI-Organization": "o"],
        "apiBaseUrl": "http://127.0.0.1:9/v1?key=abcdefgh",
      ],
      ["messages": [["role": "user", "content": "given"]]], ["systemPrompt": "Be \"short\"."],
    ]
    for config in configs {
      var config = config
      config["apiKey"] = "sk-0123456789abcdef"
      let endpoint = try Endpoint(id: "openai:gpt-4o", label: "x", config: config, environment: [:])
      let client = ModelClient(http: HTTPClient(), environment: [:])
      for text in [
        "Hello", "sk-0123456789abcdef, \"ü\" \n",
        #"[{"role":"system","content":"a"},{"content":"b","role":"user"}]"#,
      ] {
        for overrides: JSONObject in [[:], ["top_p": 0.5]] {
          let call = try client.prepare(
            endpoint, prompt: try RenderedPrompt(text: text), overrides: overrides)
          #expect(call.canonicalBytes == call.canonical.canonicalBytes)
          #expect(call.canonical == CanonicalRequest.json(call.wire, call.question))
        }
      }
    }
  }

  @Test("settings come from the environment where the suite is silent")
  func environment() throws {
    let environment = [
      "OPENAI_TEMPERATURE": "0.7", "OPENAI_MAX_TOKENS": "99", "OPENAI_STOP": "[\"END\"]",
      "OPENAI_MODEL": "gpt-x",
      "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
    ]
    let asked = try question("openai", environment: environment)
    let request = try asked.endpoint.api.request(asked)
    #expect(request.url == "http://127.0.0.1:9/v1/chat/completions")
    #expect(request.body?["model"] == "gpt-x")
    #expect(request.body?["temperature"]?.double == 0.7)
    #expect(request.body?["max_tokens"] == 99)
    #expect(request.body?["stop"] == ["END"])
    #expect(try question("openai").model == "gpt-4o-mini")
    #expect(throws: Problem.self) {
      let broken = try question("openai", environment: ["OPENAI_TEMPERATURE": "warm"])
      _ = try broken.endpoint.api.request(broken)
    }
  }

  @Test("ids that are no target are told apart from those that nearly are")
  func unknown() {
    let problem = #expect(throws: Problem.self) { try TargetID("opanai:gpt-4o") }
    #expect(problem?.message == "unknown target \"opanai:gpt-4o\"; did you mean \"openai\"?")
    #expect(throws: Problem.self) { try TargetID("openai:realtime:gpt-4o") }
    #expect(throws: Problem.self) { try TargetID("exec:") }
    #expect(throws: Problem.self) {
      try Endpoint(id: "groq:", label: "x", environment: ["GROQ_API_KEY": "gsk-1"])
    }
  }

  @Test("a reply goes back into the history in its service's own form, and to others without it")
  func history() throws {
    let recorded = RecordedStream.anthropic[1]
    let reply = try Replay(recorded.id, recorded.text).outcome().result.get()
    let message = try #require(reply.message)
    let prompt = RenderedPrompt(messages: [["role": "user", "content": "Hi"], message])
    let own = try body(recorded.id, prompt)
    #expect(own["messages"]?[1]?["content"]?[0]?["signature"] == "c2ln")
    let other = try body("openai:gpt-4o", prompt)
    #expect(other["messages"]?[1]?["provider_content"] == nil)
    #expect(other["messages"]?[1]?["tool_calls"]?[0]?["function"]?["name"] == "f")
  }
}
