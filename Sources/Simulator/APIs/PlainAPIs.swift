import Formats

/// What is asked without being generated: embeddings, moderations, lists of models, token counts.
enum Plain {
  static func read(_ body: JSON, route: Route) throws(Refusal) -> Ask {
    let named = route.model ?? body["model"]?.string
    let ask = Ask(api: route.api, family: route.family, model: named ?? "omni-moderation-latest", body: body)
    if route.api == .embeddings || route.api == .ollamaEmbed, named == nil {
      throw Refusal("you must provide a model parameter", parameter: "model")
    }
    ask.dimensions = body["dimensions"]?.int
    if route.api == .geminiEmbed {
      let requests = body["requests"]?.array ?? [body]
      ask.inputs = requests.map { GeminiText.of($0["content"]) }
      ask.dimensions = requests[0]["outputDimensionality"]?.int
    } else {
      ask.inputs = inputs(body["input"])
      if ask.inputs.isEmpty { throw Refusal("'input' is required", parameter: "input") }
    }
    if let dimensions = ask.dimensions, !(1...4096).contains(dimensions) {
      throw Refusal("'dimensions' must lie between 1 and 4096", parameter: "dimensions")
    }
    guard ask.inputs.count <= 2048 else { throw Refusal("'input' has too many items", parameter: "input") }
    return ask
  }

  /// A text, texts, token numbers, lists of token numbers, or parts with text.
  private static func inputs(_ input: JSON?) -> [String] {
    switch input {
    case .string(let text)?: return [text]
    case .array(let items)?:
      if items.first?.number != nil { return [JSON.array(items).text] }
      return items.map { $0.string ?? $0["text"]?.string ?? $0.text }
    default: return []
    }
  }

  static func reply(to ask: Ask, family: API.Family) -> JSON {
    switch ask.api {
    case .embeddings: embeddings(ask)
    case .ollamaEmbed:
      .object([
        "model": JSON(ask.model), "embeddings": .array(vectors(ask, 256).map(Embedding.json)),
        "prompt_eval_count": JSON(tokens(ask)),
      ])
    case .geminiEmbed:
      ask.body["requests"] == nil
        ? .object(["embedding": .object(["values": Embedding.json(vectors(ask, 768)[0])])])
        : .object([
          "embeddings": .array(vectors(ask, 768).map { .object(["values": Embedding.json($0)]) })
        ])
    case .moderations: moderations(ask)
    case .anthropicCount: .object(["input_tokens": JSON(ask.inputTokens)])
    case .geminiCount: .object(["totalTokens": JSON(ask.inputTokens)])
    case .ollamaTags:
      .object([
        "models": .array(SimulatedModel.all.map { .object(["name": JSON($0.name), "model": JSON($0.name)]) })
      ])
    default: models(ask, family)
    }
  }

  static func tokens(_ ask: Ask) -> Int { ask.inputs.reduce(0) { $0 + Tokens.count($1) } }

  private static func vectors(_ ask: Ask, _ usual: Int) -> [[Float]] {
    ask.inputs.map { Embedding.vector($0, dimensions: ask.dimensions ?? usual) }
  }

  private static func embeddings(_ ask: Ask) -> JSON {
    let asText = ask.body["encoding_format"]?.string == "base64"
    let data = vectors(ask, Embedding.dimensions(ask.model)).enumerated().map { index, vector in
      JSON.object([
        "object": "embedding", "index": JSON(index),
        "embedding": asText ? JSON(Embedding.base64(vector)) : Embedding.json(vector),
      ])
    }
    return .object([
      "object": "list", "data": .array(data), "model": JSON(ask.model),
      "usage": .object(["prompt_tokens": JSON(tokens(ask)), "total_tokens": JSON(tokens(ask))]),
    ])
  }

  private static let categories: [(name: String, words: [String])] = [
    ("harassment", ["idiot", "stupid", "loser"]), ("harassment/threatening", ["i will hurt you"]),
    ("hate", ["hate"]), ("hate/threatening", []), ("illicit", ["steal", "counterfeit"]),
    ("illicit/violent", ["bomb"]), ("self-harm", ["suicide", "hurt myself"]), ("self-harm/intent", []),
    ("self-harm/instructions", []), ("sexual", ["explicit sex"]), ("sexual/minors", []),
    ("violence", ["kill", "murder", "attack"]), ("violence/graphic", ["gore"]),
  ]

  /// Flags by a short list of words: enough to see both outcomes.
  private static func moderations(_ ask: Ask) -> JSON {
    let results = ask.inputs.map { input -> JSON in
      let text = input.lowercased()
      var flags: [(String, JSON)] = []
      var scores: [(String, JSON)] = []
      var kinds: [(String, JSON)] = []
      var flagged = false
      for (name, words) in categories {
        let hit = words.contains { text.firstRange(ofText: $0) != nil }
        flagged = flagged || hit
        flags.append((name, JSON(hit)))
        scores.append((name, JSON(hit ? 0.93 : 0.0001)))
        kinds.append((name, ["text"]))
      }
      return .object([
        "flagged": JSON(flagged), "categories": .object(JSONObject(flags)),
        "category_scores": .object(JSONObject(scores)),
        "category_applied_input_types": .object(JSONObject(kinds)),
      ])
    }
    return .object([
      "id": JSON("modr-" + hexadecimal(ask.hash)), "model": JSON(ask.model), "results": .array(results),
    ])
  }

  private static func models(_ ask: Ask, _ family: API.Family) -> JSON {
    let names = SimulatedModel.all.map(\.name)
    switch family {
    case .anthropic:
      let items = names.map {
        JSON.object([
          "type": "model", "id": JSON($0), "display_name": JSON($0), "created_at": "2026-01-01T00:00:00Z",
        ])
      }
      return .object([
        "data": .array(items), "has_more": false, "first_id": JSON(names[0]),
        "last_id": JSON(names[names.count - 1]),
      ])
    case .gemini:
      return .object([
        "models": .array(
          names.map {
            .object(["name": JSON("models/" + $0), "supportedGenerationMethods": ["generateContent"]])
          })
      ])
    case .openAI, .azure, .ollama:
      func item(_ name: String) -> JSON {
        .object(["id": JSON(name), "object": "model", "created": 1_767_225_600, "owned_by": "simulated"])
      }
      if !ask.model.isEmpty { return item(ask.model) }
      return .object(["object": "list", "data": .array(names.map(item))])
    }
  }
}

enum GeminiText {
  static func of(_ content: JSON?) -> String {
    (content?["parts"]?.array ?? []).compactMap { $0["text"]?.string }.joined(separator: "\n")
  }
}
