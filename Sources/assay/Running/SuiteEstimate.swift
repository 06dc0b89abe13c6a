import Formats
import Models
import Suites
import Templates
import Wire

/// What all trials of a suite may use and cost, found out without asking anyone: prompts are rendered for cases
/// spread over the suite, and replies take from a quarter of the allowed length to all of it.
struct SuiteEstimate {
  private(set) var inputTokens = 0.0
  private(set) var mostOutputTokens = 0.0
  private(set) var leastCost = 0.0
  private(set) var mostCost = 0.0
  /// Targets for which tokens or price are unknown.
  private(set) var unknown: [String] = []
  private static let mostSamples = 25

  init(_ loaded: LoadedSuite, _ explanation: SuiteExplanation, environment: [String: String]) {
    var known = loaded.environment
    for need in explanation.keys where !need.isSet { for name in need.variables { known[name] = "not-sent" } }
    let book = try? PriceBook.configured(
      environment: environment, files: loaded.suite.priceFiles, rows: loaded.suite.prices,
      folder: loaded.suite.folder)
    let client = ModelClient(http: HTTPClient(), prices: book ?? .builtIn, environment: known)
    for (line, target) in zip(explanation.targets, loaded.suite.targets) where line.trials > 0 {
      guard
        let endpoint = try? client.endpoint(
          id: target.id, label: target.label, config: target.config, environment: known,
          folder: loaded.suite.folder, simulatorURL: "http://127.0.0.1:9"),
        add(endpoint, trials: Double(line.trials), loaded, explanation.sample, client)
      else {
        unknown.append(line.label)
        continue
      }
    }
  }

  /// Adds what a target's trials use, as the mean over prompts and sampled cases says; false where that is unknown.
  private mutating func add(
    _ endpoint: Endpoint, trials: Double, _ loaded: LoadedSuite, _ sample: [Case], _ client: ModelClient
  ) -> Bool {
    var (count, input, output, cost) = (0.0, 0.0, 0.0, 0.0)
    let step = max(1, sample.count / Self.mostSamples)
    for prompt in loaded.suite.prompts {
      guard case .template(let text) = prompt.body, let template = try? PromptTemplate(text) else { continue }
      for place in stride(from: 0, to: sample.count, by: step) {
        let rendered = (try? template.render(sample[place].variables)) ?? text
        guard let asked = try? RenderedPrompt(text: rendered),
          let call = try? client.prepare(endpoint, prompt: asked, overrides: prompt.config),
          let most = call.maxOutput, let worst = client.estimatedCost(of: call)?.dollars
        else { return false }
        count += 1
        input += Double(call.inputEstimate)
        output += Double(most)
        cost += worst
      }
    }
    guard count > 0 else { return false }
    inputTokens += input / count * trials
    mostOutputTokens += output / count * trials
    mostCost += cost / count * trials
    leastCost += cost / count / 4 * trials
    return true
  }

  var json: JSON {
    [
      "tokens": ["input": JSON(Int(inputTokens)), "most_output": JSON(Int(mostOutputTokens))],
      "cost_usd": [
        "least": JSON(leastCost), "most": JSON(mostCost), "unknown": .array(unknown.map { .string($0) }),
      ],
    ]
  }

  /// For people; nil when there is nothing to say.
  var text: String? {
    let names = unknown.joined(separator: ", ")
    guard inputTokens > 0 else { return unknown.isEmpty ? nil : "tokens and cost are unknown for \(names)" }
    func rounded(_ tokens: Double) -> String {
      tokens < 10_000 ? String(Int(tokens)) : "\(NumberText.fixed(tokens / 1000, decimals: 0)) thousand"
    }
    func dollars(_ cost: Double) -> String { "$" + NumberText.fixed(cost, decimals: cost < 10 ? 4 : 2) }
    var line =
      "about \(rounded(inputTokens)) tokens to send, up to \(rounded(mostOutputTokens)) back without judges"
    if mostCost > 0 { line += ": perhaps \(dollars(leastCost)) to \(dollars(mostCost))" }
    return line + (unknown.isEmpty ? "" : "; unknown for \(names)")
  }
}
