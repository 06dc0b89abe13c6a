import Formats
import Ledger
import Models
import Suites
import Templates
import Vocabulary

// What of a plan must be recorded nowhere.

extension RunPlan {
  /// For the suite's text, the command line, settings and errors: keys of targets and of the environment, and what the
  /// suite itself gives under the name of a key or as a secret variable.
  var secrets: Secrets {
    var names = SecretValues()
    names.add(loaded.resolved, named: "", in: .suite, variables: suite.secretVariables)
    for (name, value) in loaded.defaultVariables where suite.secretVariables.contains(name) {
      names.add(variable: value)
    }
    let variables = Set(ModelClient.keyVariables + names.keyVariables)
    let keys =
      targets.flatMap(\.endpoint.secrets) + variables.compactMap { loaded.environment[$0]?.trimmed }
      + names.keys
    let values = names.values.filter { !$0.contains("{{") && !$0.hasPrefix("file://") }
    // Servers on one's own machine are given any word for a key, and that word stands in the suite elsewhere.
    return Secrets(keys.filter { $0.utf8.count >= 8 } + values + options.secrets)
  }

  /// Values of secret variables, which are masked in all that a trial of the case records.
  func secrets(of test: Case) -> Secrets {
    if suite.secretVariables.isEmpty { return .none }
    var found = SecretValues()
    for name in suite.secretVariables { if let value = test.variables[name] { found.add(variable: value) } }
    return Secrets(found.values)
  }

  func record(of test: Case) -> CaseRecord {
    var variables = test.variables
    for name in suite.secretVariables where variables[name] != nil { variables[name] = .string(Secrets.mask) }
    return CaseRecord(
      no: test.index, key: test.key, description: test.description, variables: variables,
      metadata: test.metadata, location: test.location)
  }
}

/// The secrets that stand in the suite itself.
private struct SecretValues {
  /// Of members that are named as keys.
  var keys: [String] = []
  /// Of secret variables.
  var values: [String] = []
  /// Variables of the environment that are said to hold keys.
  var keyVariables: [String] = []

  enum Place {
    case suite, config, headers, environment, variables
  }

  mutating func add(_ json: JSON, named name: String, in place: Place, variables: Set<String>) {
    switch json {
    case .string(let text): add(text, named: name, in: place)
    case .array(let items):
      for item in items { add(item, named: name, in: place, variables: variables) }
    case .object(let members):
      for (key, value) in members {
        if place == .variables, variables.contains(key) { add(variable: value) }
        add(value, named: key, in: Self.place(key, within: place), variables: variables)
      }
    case .null, .bool, .number: break
    }
  }

  private static func place(_ name: String, within place: Place) -> Place {
    switch (name, place) {
    case ("config", .suite): .config
    case ("headers", .config): .headers
    case ("env", .suite): .environment
    case ("vars", .suite): .variables
    default: place
    }
  }

  private mutating func add(_ text: String, named name: String, in place: Place) {
    // What is yet to be put in is known where it comes from.
    if text.contains("{{") { return }
    if name == "apiKeyEnvar" { keyVariables.append(text) }
    let isSecret =
      switch place {
      case .suite, .variables: false
      case .config: Secrets.namesSecret(name)
      case .headers: AddressText.namesSecret(header: name)
      case .environment: SecretAccess.looksSecret(name, value: text)
      }
    // After a scheme such as `Bearer` comes the key.
    let words = text.split(separator: " ")
    if isSecret { keys += words.count == 2 ? [text, String(words[1])] : [text] }
    if text.contains("://") { keys += AddressText.secrets(in: text) }
  }

  mutating func add(variable value: JSON) {
    switch value {
    case .array(let items): for item in items { add(variable: item) }
    case .object(let members):
      values.append(value.text)
      for (_, member) in members { add(variable: member) }
    case .string(let text):
      values.append(text)
      // As YAML writes it: several lines are indented, and a quote is doubled.
      if text.contains("\n") { values += text.split(separator: "\n").map(\.trimmed).filter { $0.count >= 8 } }
      if text.contains("'") {
        values.append(text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''"))
      }
    case .number(let number): values.append(number.text)
    case .null, .bool: break
    }
  }
}
