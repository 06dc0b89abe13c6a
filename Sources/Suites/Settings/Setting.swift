import Formats

/// A setting of a model that a matrix may vary, by the name that suites use for every API.
public struct Setting: Sendable {
  public enum Kind: Sendable, Hashable {
    case number(ClosedRange<Double>)
    case integer(from: Int)
    case flag
    case text
    /// A value that is itself a list, so that only a list of lists multiplies.
    case texts
    case object
    case textOrObject
  }

  public var name: String
  public var kind: Kind
  public var meaning: String
  public var example: String

  init(_ name: String, _ kind: Kind, _ meaning: String, _ example: String) {
    self.name = name
    self.kind = kind
    self.meaning = meaning
    self.example = example
  }

  public static let all: [Setting] = [
    Setting("temperature", .number(0...2), "How freely tokens are drawn.", "temperature: [0, 0.7]"),
    Setting("top_p", .number(0...1), "Draws from the likeliest tokens of this share.", "top_p: [0.9, 1]"),
    Setting("top_k", .integer(from: 1), "Draws from this many of the likeliest tokens.", "top_k: 40"),
    Setting("max_tokens", .integer(from: 1), "The most tokens of a reply.", "max_tokens: 300"),
    Setting(
      "max_completion_tokens", .integer(from: 1), "The most tokens of a reply, reasoning included.",
      "max_completion_tokens: 2000"),
    Setting(
      "frequency_penalty", .number(-2...2), "Makes tokens rarer the more often they came.",
      "frequency_penalty: [0, 0.5]"),
    Setting(
      "presence_penalty", .number(-2...2), "Makes tokens rarer that came at all.",
      "presence_penalty: [0, 0.2]"),
    Setting("seed", .integer(from: 0), "Asks for the same draw again.", "seed: [1, 2, 3]"),
    Setting(
      "reasoning_effort", .text, "How long a reasoning model thinks.", "reasoning_effort: [low, high]"),
    Setting("verbosity", .text, "How much a model says.", "verbosity: low"),
    Setting("stop", .texts, "Texts at which the reply ends.", #"stop: [["END"], ["STOP", "END"]]"#),
    Setting(
      "response_format", .textOrObject, "The promised form of the reply.",
      "response_format: {type: json_object}"),
    Setting(
      "tool_choice", .textOrObject, "Which tool must be called, if any.", "tool_choice: [auto, required]"),
    Setting(
      "parallel_tool_calls", .flag, "Several tools may be called at once.", "parallel_tool_calls: false"),
    Setting("logprobs", .flag, "Returns the log probability of each token.", "logprobs: true"),
    Setting("top_logprobs", .integer(from: 0), "And of this many others.", "top_logprobs: 3"),
    Setting("logit_bias", .object, "Makes single tokens likelier or rarer.", "logit_bias: {\"50256\": -100}"),
    Setting("service_tier", .text, "Which service is asked for.", "service_tier: [default, flex]"),
    Setting(
      "thinking", .object, "Extended thinking of Claude models.",
      "thinking: {type: enabled, budget_tokens: 2000}"),
    Setting("effort", .text, "How much work a Claude model puts in.", "effort: [low, high]"),
    Setting(
      "stream", .flag, "The reply comes as it is made; without it there is no TTFT.", "stream: [true, false]"),
  ]

  private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
  public static func named(_ name: String) -> Setting? { byName[name] }

  var type: FormatType {
    switch kind {
    case .number(let range): .number(from: range.lowerBound, to: range.upperBound)
    case .integer(let from): .integer(from: from)
    case .flag: .flag
    case .text: .text
    case .texts: .either([.text, .list(.text)])
    case .object: .map(.any)
    case .textOrObject: .either([.text, .map(.any)])
    }
  }

  /// The value alone, or a list of values that multiplies.
  var matrixType: FormatType {
    kind == .texts ? .either([.text, .list(.either([.text, .list(.text)]))]) : .either([type, .list(type)])
  }

  /// The values that a matrix entry stands for.
  func values(of entry: JSON) -> [JSON] {
    guard let items = entry.array else { return [entry] }
    if kind == .texts { return items.contains { $0.array != nil } ? items : [entry] }
    return items
  }
}
