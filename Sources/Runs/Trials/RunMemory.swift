import Formats
import Suites
import Synchronization

/// What trials leave behind for later ones: outputs stored under a name, and the conversation so far.
/// Only trials that run one after the other use it.
final class RunMemory: Sendable {
  private struct State {
    var registers = JSONObject()
    var conversations: [String: [JSON]] = [:]
  }

  private let state = Mutex(State())
  private let keepsConversations: Bool

  init(keepsConversations: Bool) { self.keepsConversations = keepsConversations }

  /// Registers win over variables; `_conversation` is the exchanges of the same target and prompt so far.
  func add(
    to variables: inout JSONObject, key: @autoclosure () -> String, _ test: Case, sharesConversation: Bool
  ) {
    for (name, value) in state.withLock({ $0.registers }) { variables[name] = value }
    if keepsConversations, sharesConversation {
      let key = Self.key(key(), test)
      variables["_conversation"] = .array(state.withLock { $0.conversations[key] ?? [] })
    }
  }

  func remember(
    _ output: JSON, as name: String?, of test: Case, key: @autoclosure () -> String, prompt: String,
    variables: JSONObject
  ) {
    if let name { state.withLock { $0.registers[name] = output } }
    guard keepsConversations else { return }
    let key = Self.key(key(), test)
    let input = variables["question"]?.string ?? variables["input"]?.string ?? prompt
    state.withLock {
      $0.conversations[key, default: []].append(
        ["prompt": .string(prompt), "input": .string(input), "output": output])
    }
  }

  private static func key(_ key: String, _ test: Case) -> String {
    test.metadata["conversationId"].map { "\(key):\($0.string ?? $0.text)" } ?? key
  }
}
