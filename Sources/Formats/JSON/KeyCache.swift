/// Keys come again and again: the strings made of them are kept and given again. Those that models' replies are written
/// with are known from the start.
struct KeyCache {
  /// A key of up to 32 bytes as four words, which may overlap: two from its start, two from its end.
  private struct Words: Equatable {
    var count = 0
    var first: UInt64 = 0
    var second: UInt64 = 0
    var third: UInt64 = 0
    var last: UInt64 = 0

    var hash: UInt64 {
      let mixed = (first ^ (last &* 31) ^ second &+ third &* 7 ^ UInt64(count)) &* 0x9E37_79B9_7F4A_7C15
      return mixed ^ mixed >> 32
    }
  }

  private typealias Known = (words: Words, text: String)

  private static let size = 512
  /// How the second place of a key differs from its first: so that all usual ones find one.
  private static let other = 16
  private let learns: Bool
  private var known = Self.usual

  /// A short text repeats too few keys to pay for keeping more of them.
  init(learns: Bool) { self.learns = learns }

  static let usualKeys = [
    // OpenAI and its kin
    "id", "object", "created", "created_at", "model", "choices", "index", "message", "delta", "role",
    "content",
    "refusal", "annotations", "logprobs", "finish_reason", "native_finish_reason", "usage", "prompt_tokens",
    "completion_tokens", "total_tokens", "prompt_tokens_details", "completion_tokens_details",
    "cached_tokens",
    "audio_tokens", "reasoning_tokens", "accepted_prediction_tokens", "rejected_prediction_tokens",
    "service_tier", "system_fingerprint", "tool_calls", "function", "arguments", "name", "type",
    "reasoning_content", "reasoning", "error", "code", "param", "data", "embedding",
    "output", "output_text", "text", "status", "input_tokens", "output_tokens", "input_tokens_details",
    "output_tokens_details", "incomplete_details", "previous_response_id", "instructions",
    "max_output_tokens",
    "parallel_tool_calls", "temperature", "tool_choice", "tools", "top_p", "truncation", "user", "metadata",
    "item", "item_id", "output_index", "content_index", "sequence_number", "response",
    // Anthropic
    "stop_reason", "stop_sequence", "content_block", "partial_json", "thinking", "signature", "input",
    "cache_creation_input_tokens", "cache_read_input_tokens", "cache_creation",
    "ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens",
    // Gemini
    "candidates", "parts", "finishReason", "usageMetadata", "promptTokenCount", "candidatesTokenCount",
    "totalTokenCount", "thoughtsTokenCount", "modelVersion", "responseId", "safetyRatings", "functionCall",
    // Ollama
    "done", "done_reason", "total_duration", "load_duration", "prompt_eval_count", "prompt_eval_duration",
    "eval_count", "eval_duration",
    // Suites
    "vars", "messages", "max_tokens",
  ]

  private static let usual: [Known] = {
    var known = [Known](repeating: (Words(), ""), count: size)
    for key in usualKeys {
      let words = Array(key.utf8).withUnsafeBytes { Self.words(of: $0, from: 0, to: $0.count) }
      let slot = slot(words.hash)
      known[known[slot].words == Words() ? slot : slot ^ other] = (words, key)
    }
    return known
  }()

  @inline(__always)
  private static func slot(_ hash: UInt64) -> Int {
    Int(truncatingIfNeeded: (hash >> 6) & UInt64(size - 1))
  }

  /// The string of a key that is plain ASCII, and a bit that stands for it.
  @inline(__always)
  mutating func string(
    in bytes: UnsafeRawBufferPointer, from start: Int, to end: Int
  ) -> (String, mark: UInt64) {
    let words = Self.words(of: bytes, from: start, to: end)
    let hash = words.hash
    let mark: UInt64 = 1 << (hash & 63)
    if let text = known(words, hash) { return (text, mark) }
    let text = String(decoding: bytes[start..<end], as: UTF8.self)
    if learns, words.count <= 32 { known[Self.slot(hash)] = (words, text) }
    return (text, mark)
  }

  /// At its first place or its second, where the first is another's.
  @inline(__always)
  private func known(_ words: Words, _ hash: UInt64) -> String? {
    guard words.count <= 32 else { return nil }
    let slot = Self.slot(hash)
    if known[slot].words == words { return known[slot].text }
    return known[slot ^ Self.other].words == words ? known[slot ^ Self.other].text : nil
  }

  /// The kept string of a key, where there is one.
  func known(in key: UnsafeRawBufferPointer) -> String? {
    let words = Self.words(of: key, from: 0, to: key.count)
    return known(words, words.hash)
  }

  @inline(__always)
  private static func words(of bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) -> Words {
    let count = end - start
    var words = Words(count: count)
    if count >= 8 {
      words.first = bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self)
      words.last = bytes.loadUnaligned(fromByteOffset: end - 8, as: UInt64.self)
      if count > 16 {
        words.second = bytes.loadUnaligned(fromByteOffset: start + 8, as: UInt64.self)
        words.third = bytes.loadUnaligned(fromByteOffset: end - 16, as: UInt64.self)
      }
    } else if start + 8 <= bytes.count {
      let word = bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self).littleEndian
      words.first = word & ((1 << UInt64(count * 8)) &- 1)
    } else {
      for place in stride(from: end - 1, through: start, by: -1) {
        words.first = words.first << 8 | UInt64(bytes[place])
      }
    }
    return words
  }
}
