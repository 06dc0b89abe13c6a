import Formats
import Vocabulary

/// Every service's usage object in one form: input with all cached tokens, output with all reasoning.
enum UsageReading {
  /// OpenAI's chat, Responses, completions and embeddings, and all that speak like them.
  static func openAI(_ raw: JSON) -> Usage? {
    guard let input = count(raw["prompt_tokens"]) ?? count(raw["input_tokens"]),
      let output = openAIOutput(raw, input: input)
    else { return nil }
    let inputDetails = raw["prompt_tokens_details"] ?? raw["input_tokens_details"]
    let outputDetails = raw["completion_tokens_details"] ?? raw["output_tokens_details"]

    var usage = Usage(input: input, output: output)
    usage.cachedInput =
      count(inputDetails?["cached_tokens"]) ?? count(raw["prompt_cache_hit_tokens"]) ?? count(
        raw["cached_tokens"])
      ?? 0
    usage.cacheWrite = count(inputDetails?["cache_write_tokens"]) ?? 0
    usage.longCacheWrite = count(inputDetails?["cache_write_tokens_details"]?["ttl_12h_tokens"]) ?? 0
    usage.audioInput = count(inputDetails?["audio_tokens"]) ?? 0
    usage.audioOutput = count(outputDetails?["audio_tokens"]) ?? 0
    usage.reasoning = count(outputDetails?["reasoning_tokens"]) ?? count(raw["reasoning_tokens"]) ?? 0
    // xAI leaves reasoning out of its completion tokens; its total tells.
    if usage.reasoning > 0, let total = count(raw["total_tokens"]), total == input + output + usage.reasoning
    {
      usage.output += usage.reasoning
    }
    return usage.withinBounds
  }

  /// Nil where an output is told of that is no count: it is not known then, and must not be taken for none.
  /// Embeddings tell of no output at all.
  private static func openAIOutput(_ raw: JSON, input: Int) -> Int? {
    let told = ["completion_tokens", "output_tokens"].compactMap { raw[$0] }
    // Null is what servers write that have the member and nothing to say: the total may say it.
    if told.allSatisfy(\.isNull) {
      return count(raw["total_tokens"]).map { max(0, $0 - input) } ?? (told.isEmpty ? 0 : nil)
    }
    return told.compactMap { count($0) }.first
  }

  /// Anthropic counts cached tokens beside its input, not in it.
  static func anthropic(_ raw: JSON) -> Usage? {
    guard let fresh = count(raw["input_tokens"]), let output = count(raw["output_tokens"]) else { return nil }
    let read = count(raw["cache_read_input_tokens"]) ?? 0
    let long = count(raw["cache_creation"]?["ephemeral_1h_input_tokens"]) ?? 0
    let short = count(raw["cache_creation"]?["ephemeral_5m_input_tokens"]) ?? 0
    let written = max(count(raw["cache_creation_input_tokens"]) ?? 0, short + long)

    var usage = Usage(input: fresh + read + written, output: output)
    usage.cachedInput = read
    usage.cacheWrite = written
    usage.longCacheWrite = long
    usage.reasoning = count(raw["output_tokens_details"]?["thinking_tokens"]) ?? 0
    // Beta replies that ran the model several times report each run.
    if let iterations = raw["iterations"]?.array, !iterations.isEmpty {
      let sums = iterations.compactMap(anthropic)
      guard sums.count == iterations.count else { return nil }
      if let first = sums.first { return sums.dropFirst().reduce(first, +).withinBounds }
    }
    return usage.withinBounds
  }

  static func gemini(_ raw: JSON) -> Usage? {
    guard let prompt = count(raw["promptTokenCount"]) else { return nil }
    let candidates = count(raw["candidatesTokenCount"]) ?? 0
    let thoughts = count(raw["thoughtsTokenCount"]) ?? 0
    let tools = count(raw["toolUsePromptTokenCount"]) ?? 0
    // Candidates leave thoughts out, unless the total says that they do not.
    let includesThoughts = count(raw["totalTokenCount"]) == prompt + candidates + tools

    var usage = Usage(input: prompt + tools, output: includesThoughts ? candidates : candidates + thoughts)
    usage.cachedInput = count(raw["cachedContentTokenCount"]) ?? 0
    usage.reasoning = thoughts
    usage.audioInput = modality("AUDIO", in: raw["promptTokensDetails"])
    usage.audioOutput = modality("AUDIO", in: raw["candidatesTokensDetails"])
    return usage.withinBounds
  }

  /// Ollama leaves the prompt's count out when its own cache held the prompt.
  static func ollama(_ raw: JSON, inputEstimate: Int) -> Usage? {
    let input = count(raw["prompt_eval_count"])
    guard let output = count(raw["eval_count"]) else { return nil }
    var usage = Usage(input: input ?? inputEstimate, output: output)
    usage.isEstimated = input == nil
    return usage
  }

  /// Nil where it is no count of tokens.
  static func count(_ json: JSON?) -> Int? {
    guard let value = json?.int, value >= 0 else { return nil }
    return min(value, maximum)
  }

  private static func modality(_ name: String, in details: JSON?) -> Int {
    (details?.array ?? []).filter { $0["modality"]?.string == name }
      .reduce(0) { $0 + (count($1["tokenCount"]) ?? 0) }
  }

  /// No honest count is above it, and sums of a few of them cannot overflow.
  private static let maximum = 1 << 40
}

extension Usage {
  /// Parts are never more than the whole they are part of.
  fileprivate var withinBounds: Usage {
    var usage = self
    usage.cachedInput = min(usage.cachedInput, usage.input)
    usage.cacheWrite = min(usage.cacheWrite, usage.input - usage.cachedInput)
    usage.longCacheWrite = min(usage.longCacheWrite, usage.cacheWrite)
    usage.audioInput = min(usage.audioInput, usage.input)
    usage.reasoning = min(usage.reasoning, usage.output)
    usage.audioOutput = min(usage.audioOutput, usage.output)
    return usage
  }

  fileprivate static func + (a: Usage, b: Usage) -> Usage {
    var sum = Usage(input: a.input + b.input, output: a.output + b.output)
    sum.cachedInput = a.cachedInput + b.cachedInput
    sum.cacheWrite = a.cacheWrite + b.cacheWrite
    sum.longCacheWrite = a.longCacheWrite + b.longCacheWrite
    sum.reasoning = a.reasoning + b.reasoning
    sum.audioInput = a.audioInput + b.audioInput
    sum.audioOutput = a.audioOutput + b.audioOutput
    return sum
  }
}
