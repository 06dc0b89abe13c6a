import Formats
import Vocabulary

extension FinishReason {
  /// Every service's word for why it stopped, in ours; a word that is not known is kept, in lower case.
  init?(raw: String?) {
    guard let raw else { return nil }
    let word = raw.trimmed.lowercased()
    if word.isEmpty { return nil }
    self = Self.known[word] ?? .other(word)
  }

  private static let known: [String: FinishReason] = [
    "stop": .stop, "end_turn": .stop, "stop_sequence": .stop, "eos": .stop, "eos_token": .stop,
    "complete": .stop, "completed": .stop,
    "length": .length, "max_tokens": .length, "max_output_tokens": .length, "model_length": .length,
    "model_context_window_exceeded": .length,
    "content_filter": .contentFilter, "safety": .contentFilter, "refusal": .contentFilter,
    "recitation": .contentFilter, "blocklist": .contentFilter, "prohibited_content": .contentFilter,
    "spii": .contentFilter, "image_safety": .contentFilter,
    "tool_calls": .toolCalls, "tool_use": .toolCalls, "function_call": .toolCalls,
  ]
}
