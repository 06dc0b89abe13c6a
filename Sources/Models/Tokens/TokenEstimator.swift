import Formats
import Synchronization
import Vocabulary

/// Guesses how many tokens a text has, and learns each model's ratio from the usage that comes back.
public final class TokenEstimator: Sendable {
  /// Tokens to a byte before anything is known, of English prose in current vocabularies.
  static let startingRatio = 0.27
  /// Weight of the newest observation.
  static let learningRate = 0.2
  /// What a message costs beside its text: role and separators.
  static let tokensPerMessage = 4

  private struct State {
    var ratios: [String: Double] = [:]
    var vocabularies: [String: BytePairVocabulary] = [:]
  }
  private let state = Mutex(State())

  public init() {}

  public func estimate(_ prompt: RenderedPrompt, model: String, vocabulary: BytePairVocabulary? = nil) -> Int
  {
    let overhead = prompt.messages.count * Self.tokensPerMessage + 3
    if let vocabulary {
      return prompt.messages.reduce(overhead) { $0 + vocabulary.count(Message($1).text) }
    }
    return overhead + Int((Double(Self.bytes(prompt)) * ratio(model)).rounded(.up))
  }

  public func estimate(_ text: String, model: String) -> Int {
    Int((Double(text.utf8.count) * ratio(model)).rounded(.up))
  }

  /// Takes in what a service counted for a prompt.
  public func learn(_ prompt: RenderedPrompt, model: String, tokens: Int) {
    let bytes = Self.bytes(prompt)
    // Of a few words the overhead is most, and says nothing about the ratio.
    guard bytes >= 64, tokens > 0 else { return }
    let own = max(1, tokens - prompt.messages.count * Self.tokensPerMessage - 3)
    let seen = min(max(Double(own) / Double(bytes), 0.05), 2)
    state.withLock {
      let old = $0.ratios[model] ?? seen
      $0.ratios[model] = old + (seen - old) * Self.learningRate
    }
  }

  /// Tokens to a byte, as far as known.
  public func ratio(_ model: String) -> Double { state.withLock { $0.ratios[model] } ?? Self.startingRatio }

  /// Reads a vocabulary once.
  func vocabulary(at path: String) throws(Problem) -> BytePairVocabulary {
    if let known = state.withLock({ $0.vocabularies[path] }) { return known }
    let vocabulary = try BytePairVocabulary(file: path)
    state.withLock { $0.vocabularies[path] = vocabulary }
    return vocabulary
  }

  /// Images count as what they usually cost rather than by the length of their base64.
  private static func bytes(_ prompt: RenderedPrompt) -> Int {
    prompt.messages.reduce(0) { sum, json in
      // Most messages are a role and a text.
      if let members = json.object, members.count == 2, let text = members["content"]?.string,
        members.contains("role")
      {
        return sum + text.utf8.count
      }
      let message = Message(json)
      return sum
        + message.parts.reduce(0) {
          switch $1 {
          case .text(let text): $0 + text.utf8.count
          case .image: $0 + 3000
          case .audio(let data, _): $0 + data.utf8.count / 16
          case .file(.data(_, let base64), _): $0 + base64.utf8.count * 3 / 4
          case .file(.url, _): $0 + 3000
          case .native(let json): $0 + min(json.bytes.count, 3000)
          }
        }
        + message.toolCalls.reduce(0) { $0 + $1.name.utf8.count + $1.arguments.utf8.count }
    }
  }
}
