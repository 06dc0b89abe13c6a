import Formats
import Synchronization
import Vocabulary

/// Variables that a script made, kept for as long as the case says: a program's cache of built contexts.
final class VariableCache: Sendable {
  private struct Entry {
    var value: JSON
    var madeAt: Microseconds
  }

  private let entries = Mutex<[String: Entry]>([:])

  /// What was made under this key no longer than `seconds` ago.
  func value(_ key: String, within seconds: Double, at now: Microseconds) -> JSON? {
    entries.withLock { entries in
      guard let entry = entries[key] else { return nil }
      if Double(now - entry.madeAt) <= seconds * 1e6 { return entry.value }
      entries[key] = nil
      return nil
    }
  }

  func keep(_ value: JSON, _ key: String, at now: Microseconds) {
    entries.withLock { entries in
      // A run of a million users is not kept in memory.
      if entries.count > 10_000 { entries = [:] }
      entries[key] = Entry(value: value, madeAt: now)
    }
  }

  /// The same for the same code that is given the same.
  static func key(_ code: String, _ context: JSONObject) -> String {
    SHA256.hex(code + "\0" + JSON.object(context).canonical)
  }
}
