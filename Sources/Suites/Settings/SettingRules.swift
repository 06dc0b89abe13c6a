import Formats

/// Which settings a model or a version of an API does not take, as data. A suite that asks for one is
/// wrong before anything is sent.
public struct SettingRule: Sendable {
  /// The provider part of an id; `responses` and the like are kinds of it.
  var providers: Set<String>
  var kinds: Set<String> = []
  /// Beginnings of model names; empty means all.
  var models: [String] = []
  /// Those that begin so are not meant after all.
  var exceptModels: [String] = []
  var apiVersion: String?
  var settings: Set<String>
  /// Ends the sentence `... does not take "temperature":`
  var reason: String
  var mend: String
  /// promptfoo leaves it out silently when it stands in `config`; so do we, with a warning.
  var promptfooLeavesOut: Set<String> = []

  static let reasoningModels = ["o1", "o3", "o4", "gpt-5", "gpt-6", "codex-"]
  private static let openAI: Set<String> = ["openai", "azure", "azureopenai"]

  public static let all: [SettingRule] = [
    SettingRule(
      providers: openAI, models: reasoningModels,
      exceptModels: ["gpt-5-chat", "gpt-5.1-chat", "gpt-5.2-chat"],
      settings: [
        "temperature", "top_p", "frequency_penalty", "presence_penalty", "logprobs", "top_logprobs",
        "logit_bias",
      ],
      reason: "it is a reasoning model", mend: "leave it out, or vary reasoning_effort",
      promptfooLeavesOut: ["temperature", "top_p", "frequency_penalty", "presence_penalty"]),
    SettingRule(
      providers: openAI, models: reasoningModels,
      exceptModels: ["gpt-5-chat", "gpt-5.1-chat", "gpt-5.2-chat"],
      settings: ["max_tokens"], reason: "it is a reasoning model, which counts its thinking too",
      mend: "use max_completion_tokens", promptfooLeavesOut: ["max_tokens"]),
    SettingRule(
      providers: openAI, models: ["gpt-3", "gpt-4", "chatgpt-4", "gpt-5-chat"],
      settings: ["reasoning_effort"],
      reason: "it is no reasoning model", mend: "leave it out for this target, or ask a reasoning model"),
    SettingRule(
      providers: openAI, settings: ["top_k", "thinking", "effort"], reason: "OpenAI's APIs do not have it",
      mend: "leave it out for this target: give it in the target's own settings"),
    SettingRule(
      providers: openAI, kinds: ["responses"],
      settings: ["frequency_penalty", "presence_penalty", "seed", "stop", "logit_bias"],
      reason: "the Responses API does not have it", mend: "leave it out, or ask with openai:chat:"),
    SettingRule(
      providers: ["anthropic"], apiVersion: "2026-10-21", settings: ["temperature", "top_p", "top_k"],
      reason: "version 2026-10-21 of the Claude API refuses it, even at its default",
      mend: "leave it out, or ask for apiVersion 2023-06-01"),
    SettingRule(
      providers: ["anthropic"],
      settings: [
        "frequency_penalty", "presence_penalty", "seed", "logprobs", "top_logprobs", "logit_bias",
        "verbosity",
        "reasoning_effort",
      ],
      reason: "the Claude API does not have it",
      mend: "leave it out for this target: give it in the target's own settings"),
    SettingRule(
      providers: ["google", "vertex", "palm"],
      settings: ["logit_bias", "verbosity", "parallel_tool_calls", "thinking", "effort"],
      reason: "the Gemini API does not have it",
      mend: "leave it out for this target: give it in the target's own settings"),
    SettingRule(
      providers: ["ollama"],
      settings: [
        "logit_bias", "verbosity", "reasoning_effort", "service_tier", "parallel_tool_calls", "effort",
      ],
      reason: "Ollama does not have it",
      mend: "leave it out for this target: give it in the target's own settings"),
  ]

  /// Ranges that are narrower than a setting's own.
  static let narrowerRanges: [(provider: String, setting: String, range: ClosedRange<Double>)] = [
    ("anthropic", "temperature", 0...1)
  ]

  func applies(to model: ModelName, apiVersion asked: String?) -> Bool {
    guard providers.contains(model.provider) else { return false }
    if !kinds.isEmpty, !kinds.contains(model.kind ?? "") { return false }
    if let apiVersion, apiVersion != asked { return false }
    if models.isEmpty { return true }
    return models.contains { model.name.hasPrefix($0) } && !exceptModels.contains { model.name.hasPrefix($0) }
  }
}

/// The parts of a target's id: `openai:chat:gpt-4o` is the provider, a kind and a name.
public struct ModelName: Sendable, Hashable {
  public var provider: String
  public var kind: String?
  public var name: String

  private static let kinds: Set<String> = [
    "chat", "completion", "responses", "embedding", "embeddings", "moderation", "messages", "realtime",
    "image", "live", "video", "transcription", "assistant", "agents", "chatkit", "codex-sdk",
    "claude-agent-sdk",
    "foundry-agent",
  ]

  public init(_ id: String) {
    let parts = id.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
    provider = parts[0]
    if parts.count == 3, ModelName.kinds.contains(parts[1]) {
      kind = parts[1]
      name = parts[2]
    } else {
      name = parts.dropFirst().joined(separator: ":")
    }
  }
}

extension SettingRule {
  /// What is wrong with a setting for a target; nil when nothing is known against it.
  public static func objection(to setting: String, value: JSON, for id: String, apiVersion: String?)
    -> (message: String, mend: String, promptfooLeavesOut: Bool)?
  {
    if value.isNull { return nil }
    let model = ModelName(id)
    for rule in all where rule.settings.contains(setting) && rule.applies(to: model, apiVersion: apiVersion) {
      return (
        "\(id) does not take \"\(setting)\": \(rule.reason)", rule.mend,
        rule.promptfooLeavesOut.contains(setting)
      )
    }
    for (provider, name, range) in narrowerRanges where provider == model.provider && name == setting {
      if let number = value.double, !range.contains(number) {
        return (
          "\(id) takes a \"\(setting)\" from \(JSON(range.lowerBound).scalarText ?? "") to \(JSON(range.upperBound).scalarText ?? "")",
          "choose a value within that range", false
        )
      }
    }
    return nil
  }
}
