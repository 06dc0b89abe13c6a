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
  func add(to variables: inout JSONObject, key: String, _ test: Case) {
    let (registers, conversation) = state.withLock { state in
      (state.registers, state.conversations[Self.key(key, test)] ?? [])
    }
    for (name, value) in registers { variables[name] = value }
    if keepsConversations, test.options.sharesConversation {
      variables["_conversation"] = .array(conversation)
    }
  }

  func remember(
    _ output: JSON, of trial: PlannedTrial, key: String, prompt: String, variables: JSONObject
  ) {
    let name = trial.test.options.storeOutputAs
    if name == nil && !keepsConversations { return }
    state.withLock { state in
      if let name { state.registers[name] = output }
      if keepsConversations {
        let input = variables["question"]?.string ?? variables["input"]?.string ?? prompt
        state.conversations[Self.key(key, trial.test), default: []].append(
          ["prompt": .string(prompt), "input": .string(input), "output": output])
      }
    }
  }

  private static func key(_ key: String, _ test: Case) -> String {
    test.metadata["conversationId"].map { "\(key):\($0.string ?? $0.text)" } ?? key
  }
}
