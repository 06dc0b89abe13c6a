extension SuiteFormat {
  static let target = FormatObject(
    .target, "A target",
    "A model behind an API. A map with one key, the id, is the same: `{\"openai:gpt-4o\": {config: {...}}}`.",
    place: ["targets", "0"],
    frame: #"{prompts: ["Say {{word}}"], targets: [{id: echo}], tests: [{vars: {word: hello}}]}"#,
    keys: [
      FormatKey("id", .text, "Which API and which model.", "id: openai:gpt-4o-mini"),
      FormatKey("label", .text, "Its name in reports and filters; unique.", "label: small"),
      FormatKey(
        "config", .map(.any), "Settings, keys, tools and whatever else the API takes.",
        "config: {temperature: 0.4, max_tokens: 300}"),
      FormatKey(
        "prompts", .list(.text),
        "Labels or ids of the prompts it is asked; `group:*` takes all that begin so.",
        #"prompts: ["Say*"]"#),
      FormatKey(
        "transform", .text, "JavaScript or a file that makes the output to be judged from the reply.",
        "transform: output.trim()"),
      FormatKey("delay", .integer(from: 0), "Milliseconds to wait after each call.", "delay: 100"),
      FormatKey(
        "env", .map(.any), "Environment variables for this target alone.",
        "env: {OPENAI_BASE_URL: \"http://127.0.0.1:8080/v1\"}"),
      .ours(
        "settings", .either([.object(.settings), .list(.object(.settings))]),
        "A matrix for this target alone; its values replace those of the suite's matrix.",
        "settings: {temperature: [0, 1]}"),
      .ours(
        "repeat", .integer(from: 1), "How often its trials are repeated; a million at most.", "repeat: 5"),
      .ours("limits", .object(.limits), "How fast it may be asked.", "limits: {requests_per_minute: 20}"),
      .ours("fallback", .text, "The target that is asked when this one errs.", "fallback: echo"),
      .ours(
        "context", .object(.context),
        "What is sent of a long conversation, in place of the cases' own policy: to compare policies.",
        "context: {max_tokens: 4000}"),
      .ignored("inputs", .any, "only red teaming has a use for it", "inputs: {name: text}"),
      .ignored("callApi", .any, "only programs can set it", "callApi: null"),
    ])

  /// The names of the settings are those of `Settings`.
  static let settings = FormatObject(
    .settings, "Settings",
    "Named as OpenAI names them, for every API. In a matrix a list of values multiplies; `stop`, which is itself a list, takes a list of lists.",
    place: ["settings"],
    frame: #"{prompts: ["Say {{word}}"], targets: ["sim:sim-small"], tests: [{vars: {word: hello}}]}"#,
    keys: Setting.all.map { .ours($0.name, $0.matrixType, $0.meaning, $0.example) })

  static let limits = FormatObject(
    .limits, "Limits", "Of a target, or of all targets of a provider.",
    place: ["limits"], frame: frame,
    keys: [
      .ours(
        "requests_per_minute", .integer(from: 1), "Requests sent in any minute.", "requests_per_minute: 60"),
      .ours(
        "tokens_per_minute", .integer(from: 1), "Tokens in and out in any minute.", "tokens_per_minute: 90000"
      ),
      .ours("concurrency", .integer(from: 1), "Calls in flight at once.", "concurrency: 8"),
      .ours("timeout", .duration, "The longest that one attempt may take.", "timeout: 30s"),
      .ours("retries", .integer(from: 0), "How often a call that may be retried is.", "retries: 3"),
      .ours(
        "providers", .map(.object(.limits)), "Limits by provider, the part of an id before its first colon.",
        "providers: {openai: {requests_per_minute: 500}}"),
    ])

  static let budget = FormatObject(
    .budget, "A budget", "A run stops before it would go beyond any of these.",
    place: ["budget"], frame: frame,
    keys: [
      .ours("cost", .money, "USD.", "cost: 2.50"),
      .ours("tokens", .integer(from: 1), "Tokens in and out.", "tokens: 200000"),
      .ours("calls", .integer(from: 1), "Calls, judges included.", "calls: 500"),
    ])

  static let gate = FormatObject(
    .gate, "A gate", "An expression that must hold for the run, or for one target.",
    required: ["gate"], place: ["gates", "0"],
    frame: #"{prompts: [hello], targets: [echo], gates: [{gate: pass_rate >= 0.9}]}"#,
    keys: [
      .ours("gate", .text, "The expression.", "gate: error_rate <= 0.01"),
      .ours(
        "target", .text, "The label or id of the target it is about; without it, the whole run.",
        "target: echo"),
    ])

  static let price = FormatObject(
    .price, "A price", "USD for a million tokens.", others: .passedOn("the price list"),
    required: ["model"], place: ["prices", "0"],
    frame: #"{prompts: [hello], targets: [echo], prices: [{model: mine, input: 1, output: 2}]}"#,
    keys: [
      .ours("model", .text, "The model as it is asked for.", "model: my-model"),
      .ours("provider", .text, "The provider, where two have a model of that name.", "provider: openai"),
      .ours("input", .money, "Input tokens.", "input: 0.15"),
      .ours("cached_input", .money, "Input tokens read from the provider's cache.", "cached_input: 0.075"),
      .ours("cache_write", .money, "Input tokens written to the provider's cache.", "cache_write: 0.19"),
      .ours("output", .money, "Output tokens, reasoning included.", "output: 0.60"),
    ])
}
