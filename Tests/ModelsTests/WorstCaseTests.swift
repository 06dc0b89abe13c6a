import Formats
import Testing
import Vocabulary
import Wire

@testable import Models

@Suite("the worst case of a call")
struct WorstCaseTests {
  let client = ModelClient(
    http: HTTPClient(),
    environment: ["OPENAI_API_KEY": "k", "ANTHROPIC_API_KEY": "k", "GOOGLE_API_KEY": "k", "XAI_API_KEY": "k"])

  private func worst(
    _ id: String, _ config: JSONObject = JSONObject(), prompt: String = "hello"
  ) throws -> WorstCase {
    let endpoint = try client.endpoint(id: id, config: config)
    return client.worstCase(of: try client.prepare(endpoint, prompt: RenderedPrompt(text: prompt)))
  }

  @Test("no usage that the bound permits, at any tier, costs more")
  func pricesAreCeilings() throws {
    var generator = SeededGenerator(seed: 5)
    let book = PriceBook.builtIn
    let providers = [
      "openai": "openai:chat:", "anthropic": "anthropic:messages:", "google": "google:", "xai": "xai:",
    ]
    var tried = 0
    for row in PriceTable.builtIn.allRows.sorted(by: {
      ($0.model, $0.service) < ($1.model, $1.service)
    }) {
      guard let prefix = providers[row.provider] else { continue }
      let tier = ["", "auto", "default", "flex", "priority"][generator.next(below: 5)]
      var config: JSONObject = ["max_tokens": JSON(1 + generator.next(below: 100_000))]
      if !tier.isEmpty { config["service_tier"] = .string(tier) }
      if generator.nextDouble() < 0.5 {
        config["tools"] = [
          ["name": "t", "input_schema": ["type": "object"], "cache_control": ["type": "ephemeral"]]
        ]
      }
      let prompt = String(repeating: "long ", count: 1 << generator.next(below: 17))
      guard let endpoint = try? client.endpoint(id: prefix + row.model, config: config),
        let call = try? client.prepare(endpoint, prompt: RenderedPrompt(text: prompt))
      else { continue }
      let worst = client.worstCase(of: call)
      guard let most = worst.cost, let tokens = worst.tokens, let output = call.maxOutput else {
        // What has no price for its replies now has none for the bound either.
        continue
      }
      for _ in 0..<20 {
        var usage = Usage(
          input: [0, tokens - output, generator.next(below: tokens - output + 1)][generator.next(below: 3)],
          output: [0, output, generator.next(below: output + 1)][generator.next(below: 3)])
        usage.cachedInput = generator.next(below: usage.input + 1)
        let mayWrite = row.provider != "anthropic" || config["tools"] != nil
        usage.cacheWrite = mayWrite ? generator.next(below: usage.input - usage.cachedInput + 1) : 0
        usage.longCacheWrite = generator.next(below: usage.cacheWrite + 1)
        usage.audioInput = generator.next(below: usage.input - usage.cachedInput - usage.cacheWrite + 1)
        usage.audioOutput = generator.next(below: usage.output + 1)
        var reply = Reply(text: "")
        reply.usage = usage
        reply.serviceTier =
          tier.isEmpty || tier == "auto" ? ["default", "priority", "flex"][generator.next(below: 3)] : tier
        let cost = book.cost(of: reply, provider: row.provider, model: row.model, at: .now())
        #expect(cost.amount ?? .zero <= most, "\(row.provider) \(row.model) \(tier): \(usage)")
        tried += 1
      }
    }
    #expect(tried > 1_500)
  }

  @Test(
    "a text never counts more tokens than are reserved for it",
    arguments: [
      "", "a", "hello, world", "日本語のテキスト", "👩‍👩‍👧‍👦🏳️‍🌈", "\u{0}\u{1}\u{7F}", "a\u{0301}\u{0302}", "\"\\\n\t",
    ])
  func bytes(text: String) throws {
    let tokens = try #require(
      try worst("openai:gpt-4o-mini", ["max_tokens": 10], prompt: "x" + text).tokens)
    // One token for each byte is what a tokenizer does that knows no word.
    #expect(tokens >= text.utf8.count + 1 + 10 + RequestBound.perMessage)
  }

  @Test("what was not limited is reserved at the model's own limit, several replies so many times")
  func output() throws {
    let one = try worst("openai:gpt-4o-mini", ["max_tokens": 100])
    let three = try worst("openai:gpt-4o-mini", ["max_tokens": 100, "n": 3])
    #expect(try #require(three.tokens) - (try #require(one.tokens)) >= 200)
    #expect(!one.usesModelLimit)
    let unlimited = try worst("openai:gpt-5")
    #expect(unlimited.usesModelLimit && unlimited.tokens ?? 0 > 128_000)
  }

  @Test("images are reserved at the dearest, documents at the context window")
  func media() throws {
    let image = """
      [{"role": "user", "content": [{"type": "text", "text": "what is it?"}, \
      {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]}]
      """
    let seen = try worst("openai:gpt-4o-mini", ["max_tokens": 10], prompt: image)
    #expect(seen.tokens ?? 0 >= RequestBound.perImage)
    let document = """
      [{"role": "user", "content": [{"type": "file", "file": {"file_id": "file-1"}}]}]
      """
    let read = try worst("openai:gpt-4o-mini", ["max_tokens": 10], prompt: document)
    #expect(read.tokens == 128_010)
  }

  @Test(
    "what nothing bounds says so",
    arguments: [
      ("vllm:mine", ["max_tokens": 10] as JSONObject, "no price is known for mine"),
      ("vllm:o9-mine", JSONObject(), "the most that o9-mine can write is not known: set max_tokens"),
      (
        "anthropic:messages:claude-sonnet-5",
        ["tools": [["type": "web_search_20250305", "name": "web_search"]]], "web_search"
      ),
      ("llama:mine", ["passthrough": ["max_tokens": -1]], "the most that mine can write is not known"),
      ("ollama:chat:mine", ["num_predict": -1], "the most that mine can write is not known"),
      ("openai:chat:gpt-4o-mini", ["passthrough": ["web_search_options": [:]]], "web_search_options"),
      ("google:gemini-2.5-flash", ["tools": [["googleSearch": [:]]]], "googleSearch"),
      ("exec:echo hi", JSONObject(), "nobody knows"),
      ("https://example.com/", ["body": ["x": 1]], "nobody knows"),
    ] as [(String, JSONObject, String)])
  func unbounded(id: String, config: JSONObject, why: String) throws {
    let worst = try worst(id, config)
    #expect(worst.cost == nil)
    #expect(worst.reason?.contains(why) == true, "\(worst.reason ?? "no reason")")
  }

  @Test("a limit of no tokens is none: the longest reply that the model can give is reserved")
  func limitBelowOne() throws {
    let unlimited = try worst("openai:chat:gpt-4.1", ["passthrough": ["max_tokens": -1]])
    #expect(unlimited.usesModelLimit)
    #expect((unlimited.tokens ?? 0) > 32_768)
  }

  @Test("a negative limit in a variable is refused by its name")
  func negativeVariable() throws {
    let endpoint = try Endpoint(
      id: "llama:mine", label: "mine", environment: ["OPENAI_MAX_TOKENS": "-1"])
    let problem = #expect(throws: Problem.self) {
      try client.prepare(endpoint, prompt: RenderedPrompt(text: "hello"))
    }
    #expect(problem?.message == "OPENAI_MAX_TOKENS is no number of tokens: -1")
  }
}
