import Formats
import Testing
import Vocabulary

@testable import Models

@Suite(".env files, tokens and prices of one's own")
struct EnvironmentAndTokenTests {
  @Test("a .env file is read as the usual tools read it")
  func dotEnv() throws {
    let text = """
      \u{FEFF}# a comment
      PLAIN=value # and a comment
      export EXPORTED = spaced
      EMPTY=
      HASH=a#b
      SINGLE='as $PLAIN is\\n'
      DOUBLE="two\\nlines $PLAIN ${EXPORTED} ${GONE:-fallback} \\$5"
      MULTI="first
      second"
      AFTER=${OUTER}/x
      """
    let values = try DotEnv.parse(text, environment: ["OUTER": "outer"])
    #expect(
      values == [
        "PLAIN": "value", "EXPORTED": "spaced", "EMPTY": "", "HASH": "a#b", "SINGLE": "as $PLAIN is\\n",
        "DOUBLE": "two\nlines value spaced fallback $5", "MULTI": "first\nsecond", "AFTER": "outer/x",
      ])
  }

  @Test(
    "a broken .env file is told with its line",
    arguments: [("A=1\nnot an assignment", 2), ("A=1\n\nB=\"open", 3)])
  func brokenDotEnv(_ text: String, _ line: Int) {
    let problem = #expect(throws: Problem.self) { try DotEnv.parse(text) }
    #expect(problem?.location?.line == line)
  }

  @Test("the estimate learns a model's ratio")
  func estimator() throws {
    let estimator = TokenEstimator()
    let prompt = try RenderedPrompt(text: String(repeating: "word ", count: 200))
    let before = estimator.estimate(prompt, model: "m")
    #expect(before == 1000 * 27 / 100 + 7)
    for _ in 0..<30 { estimator.learn(prompt, model: "m", tokens: 207) }
    #expect(abs(estimator.estimate(prompt, model: "m") - 207) <= 3)
    #expect(estimator.estimate(prompt, model: "other") == before)
  }

  @Test("byte pairs merge in the order of their ranks")
  func bytePairs() throws {
    // "ab" before "bc": "abc" is "ab" + "c".
    let tokens = ["a", "b", "c", " ", "ab", "bc", " a", " ab"]
    let file = tokens.enumerated().map { "\(Base64.encode(Array($1.utf8))) \($0)" }.joined(separator: "\n")
    let vocabulary = try BytePairVocabulary(bytes: Array(file.utf8), name: "cl100k_base.tiktoken")
    #expect(vocabulary.count("abc") == 2)
    #expect(vocabulary.count("ab ab") == 2)
    #expect(vocabulary.count("") == 0)
    #expect(vocabulary.count("cab") == 2)
    #expect(throws: Problem.self) { try BytePairVocabulary(bytes: Array("not a vocabulary".utf8), name: "x") }
  }

  @Test(
    "text is cut as each vocabulary cuts it",
    arguments: [
      (
        TextSplitting.cl100k, "Hello world's 12345  end\n\n x",
        ["Hello", " world", "'s", " ", "123", "45", " ", " end", "\n\n", " x"]
      ),
      (.gpt2, "Hello world's 12345  end", ["Hello", " world", "'s", " 12345", " ", " end"]),
      (.o200k, "HelloWorld isn't/\n ok", ["Hello", "World", " isn't", "/\n", " ok"]),
      (.cl100k, "a\u{00E9}\u{4E2D}\u{6587}!?\n", ["a\u{00E9}\u{4E2D}\u{6587}", "!?\n"]),
      (.o200k, "\u{4E2D}A", ["\u{4E2D}", "A"]),
    ])
  func splitting(_ splitting: TextSplitting, _ text: String, _ pieces: [String]) {
    #expect(splitting.pieces(text).map { String(decoding: $0, as: UTF8.self) } == pieces)
  }

  private func reply(_ usage: Usage, model: String? = nil) -> Reply {
    var reply = Reply(text: "")
    reply.usage = usage
    reply.model = model
    return reply
  }

  @Test("an unknown price is unknown, with its reason", arguments: ["gpt-99", "ft:gpt-4o:me::1"])
  func unknownPrice(_ model: String) {
    let cost = PriceBook.builtIn.cost(
      of: reply(Usage(input: 1, output: 1)), provider: "openai", model: model, at: .now())
    #expect(cost.amount == nil)
    #expect(cost.reason == "no price is known for \(model) at openai")
    let none = PriceBook.builtIn.cost(of: Reply(text: ""), provider: "openai", model: "gpt-4o", at: .now())
    #expect(none.amount == nil && none.reason == "the service reported no usage")
  }

  @Test(
    "dated forms and aliases find their model",
    arguments: [
      ("gpt-4o-2024-08-06", "gpt-4o"), ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5"),
      ("gpt-4o-latest", "gpt-4o"),
      ("claude-sonnet-4-5@20250929", "claude-sonnet-4-5"),
    ])
  func dated(_ model: String, _ listed: String) {
    let provider = model.hasPrefix("gpt") ? "openai" : "anthropic"
    #expect(PriceBook.builtIn.rows(provider: provider, model: model)?.name == listed)
  }

  @Test("the model that answered is priced where it has a price of its own")
  func answeringModel() {
    let usage = Usage(input: 1_000_000, output: 0)
    let own = PriceBook.builtIn.adding([row("gpt-4o-2024-05-13", "5")])
    let cost = own.cost(
      of: reply(usage, model: "gpt-4o-2024-05-13"), provider: "openai", model: "gpt-4o", at: .now())
    #expect(cost.amount == Money(dollars: "5"))
    let aliased = PriceBook.builtIn.cost(
      of: reply(usage, model: "gpt-4o-2024-08-06"), provider: "openai", model: "my-alias", at: .now())
    #expect(aliased.amount == Money(dollars: "2.5"))
  }

  private func row(_ model: String, _ input: String) -> PriceRow {
    var row = PriceRow(provider: "openai", model: model)
    row.rates.input = Money(dollars: input)
    row.rates.output = Money(dollars: input)
    return row
  }

  @Test("a reported cost wins, then the target's settings, then own rows, then the list")
  func order() throws {
    let book = PriceBook.builtIn.adding([row("gpt-4o", "7")])
    var reply = reply(Usage(input: 1_000_000, output: 0))
    #expect(
      book.cost(of: reply, provider: "openai", model: "gpt-4o", at: .now()).amount == Money(dollars: "7"))
    let settings = PriceSettings(["cost": 0.000001])
    #expect(
      book.cost(of: reply, provider: "openai", model: "gpt-4o", settings: settings, at: .now()).amount
        == Money(dollars: "1"))
    reply.reportedCost = Money(dollars: "0.5")
    let reported = book.cost(of: reply, provider: "openai", model: "gpt-4o", settings: settings, at: .now())
    #expect(reported.amount == Money(dollars: "0.5") && reported.source == .reported)
  }

  @Test("prices change on their day")
  func days() throws {
    func cost(_ day: String) throws -> Money? {
      PriceBook.builtIn.cost(
        of: reply(Usage(input: 1_000_000, output: 0)), provider: "google", model: "gemini-4-argon",
        at: try #require(Instant(rfc3339: day))
      ).amount
    }
    #expect(try cost("2026-11-30T23:59:59Z") == Money(dollars: "2"))
    #expect(try cost("2026-12-01T00:00:00Z") == Money(dollars: "4"))
    let before = PriceBook.builtIn.cost(
      of: reply(Usage(input: 1, output: 0)), provider: "openai", model: "gpt-5.6-sol",
      at: try #require(Instant(rfc3339: "2026-01-01T00:00:00Z")))
    #expect(before.amount == nil && before.reason == "no price of gpt-5.6-sol is known for 2026-01-01")
  }

  @Test("a tier without a price of its own is charged as the standard one, and that is said")
  func missingTier() {
    var reply = reply(Usage(input: 1_000_000, output: 0))
    reply.serviceTier = "flex"
    let cost = PriceBook.builtIn.cost(of: reply, provider: "openai", model: "gpt-4o-mini", at: .now())
    #expect(cost.amount == Money(dollars: "0.15"))
    #expect(cost.reason.contains("no price is listed for flex"))
  }

  @Test("Anthropic's searches and fast speed are charged")
  func extras() {
    var reply = reply(Usage(input: 1_000_000, output: 0))
    reply.rawUsage = ["server_tool_use": ["web_search_requests": 3], "speed": "fast"]
    let cost = PriceBook.builtIn.cost(of: reply, provider: "anthropic", model: "claude-opus-5", at: .now())
    #expect(cost.amount == Money(dollars: "10.03"))
  }

  @Test("what OpenAI's own tools cost is added where it is listed, and else the cost is unknown")
  func hostedTools() throws {
    func cost(_ items: String, model: String) throws -> Cost {
      let body = """
        {"id":"r","status":"completed","model":"\(model)","usage":{"input_tokens":1000000,"output_tokens":0},
         "output":[\(items),{"type":"message","content":[{"type":"output_text","text":"Hi"}]}]}
        """
      let question = try question("openai:responses:\(model)")
      let reply = try OpenAIResponses.read(JSON(parsing: Array(body.utf8)), question).get()
      return PriceBook.builtIn.cost(of: reply, provider: "openai", model: model, at: .now())
    }
    let search = #"{"type":"web_search_call","action":{"type":"search"}}"#
    let page = #"{"type":"web_search_call","action":{"type":"open_page"}}"#
    let plain = try #require(try cost(page, model: "gpt-4.1").amount)
    let searched = try #require(try cost("\(search),\(page),\(search)", model: "gpt-4.1").amount)
    #expect(searched - plain == Money(dollars: "0.05"))
    #expect(try cost(search, model: "gpt-4o").reason == "the price of a web search is not known")
    for tool in ["file_search", "code_interpreter", "image_generation"] {
      let unknown = try cost(#"{"type":"\#(tool)_call"}"#, model: "gpt-4.1")
      #expect(
        unknown.amount == nil && unknown.reason == "the price of the service's own \(tool) is not known")
    }
    #expect(
      try cost(#"{"type":"function_call","name":"f","arguments":"{}"}"#, model: "gpt-4.1").amount == plain)
  }

  @Test("a reported cost that no call can have is not believed")
  func absurdCost() {
    var reply = reply(Usage(input: 1, output: 1))
    reply.reportedCost = Money(dollars: "9000000")
    let cost = PriceBook.builtIn.cost(of: reply, provider: "openai", model: "gpt-4.1", at: .now())
    #expect(cost.amount == nil && cost.source == .unknown)
    #expect(cost.reason == "the service reported $9,000,000.00 for one call, which is not believed")
    reply.reportedCost = Money(dollars: "9999.99")
    #expect(
      PriceBook.builtIn.cost(of: reply, provider: "openai", model: "gpt-4.1", at: .now()).source == .reported)
  }

  @Test("rows of the user: a list, a map, CSV; what is wrong is named")
  func ownRows() throws {
    let list = try PriceOverrides.rows([["model": "a", "input": 1, "output": "2.5"]], origin: "suite")
    #expect(list[0].rates.output == Money(dollars: "2.5"))
    let map = try PriceOverrides.rows(["a": ["input": 1, "output": 2]], origin: "suite")
    #expect(map[0].model == "a")
    for broken in [
      ["input": 1], ["model": "a", "imput": 1], ["model": "a", "input": "cheap"],
      ["model": "a", "from": "soon"],
    ] as [JSON] {
      #expect(throws: Problem.self) { try PriceOverrides.row(broken, origin: "suite") }
    }
    let problem = #expect(throws: Problem.self) {
      try PriceOverrides.row(["model": "a", "imput": 1], origin: "suite")
    }
    #expect(problem?.message == "suite: unknown key \"imput\" in the price of a; did you mean \"input\"?")
  }

  @Test("sums beyond any budget saturate")
  func saturation() {
    let cost = PriceBook.builtIn.cost(
      of: reply(Usage(input: 1 << 40, output: 1 << 40)), provider: "openai", model: "gpt-5.5-pro", at: .now())
    #expect(cost.amount == Money(picodollars: .max))
  }

  @Test("the embedded price list is the data file")
  func embedded() throws {
    let folder = Path.folder(of: Path.folder(of: Path.folder(of: #filePath))) + "/Sources/Models/Data"
    for (name, embedded) in [("prices.csv", PriceList.prices), ("models.csv", PriceList.models)] {
      let lines = try File.readText("\(folder)/\(name)").split(separator: "\n").dropFirst().joined(
        separator: "\n")
      #expect(embedded.description == lines, "run Sources/Models/Data/prices.py embed")
    }
  }

  @Test("explains what would be used, by id and by name")
  func explain() throws {
    let at = try #require(Instant(rfc3339: "2026-11-20T12:00:00Z"))
    let byID = PriceBook.builtIn.explain("google:gemini-4-argon", at: at)
    #expect(byID.count == 1 && byID[0].rows.count == 4 && byID[0].otherTimes.count == 1)
    #expect(byID[0].facts?.contextWindow == 1_048_576)
    #expect(
      Set(PriceBook.builtIn.explain("openai/gpt-oss-120b", at: at).map(\.provider)) == [
        "groq", "together_ai",
      ])
    #expect(PriceBook.builtIn.explain("nothing", at: at).isEmpty)
    #expect(PriceBook.builtIn.explain(nil, at: at).count >= 70)
  }
}
