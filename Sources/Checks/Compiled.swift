import Formats
import Synchronization

/// Patterns and schemas compiled once a process: the same ones judge one reply after the other.
enum Compiled {
  private struct Store {
    var patterns: [String: Pattern] = [:]
    var schemas: [String: JSONSchema] = [:]
  }

  private static let store = Mutex(Store())
  private static let most = 1_024

  static func pattern(_ source: String, flags: String = "") throws(PatternError) -> Pattern {
    let key = "\(flags)/\(source)"
    if let known = store.withLock({ $0.patterns[key] }) { return known }
    let pattern = try Pattern(source, flags: flags)
    store.withLock { store in
      if store.patterns.count >= most { store.patterns = [:] }
      store.patterns[key] = pattern
    }
    return pattern
  }

  static func schema(writtenAs text: String) -> JSONSchema? { store.withLock { $0.schemas[text] } }

  static func schema(_ value: JSON, writtenAs text: String? = nil) throws(Problem) -> JSONSchema {
    let key = text ?? value.text
    if let known = schema(writtenAs: key) { return known }
    let schema = try JSONSchema(value, draft: .draft7)
    store.withLock { store in
      if store.schemas.count >= most { store.schemas = [:] }
      store.schemas[key] = schema
    }
    return schema
  }
}
