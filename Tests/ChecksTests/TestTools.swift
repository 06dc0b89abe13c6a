import Formats
import Foundation
import Scripts
import Suites
import Synchronization
import Templates
import Vocabulary

@testable import Checks

/// What checks are handed in these tests: real interpreters, and whatever judge a test makes up.
enum TestTools {
  private static let pool = ScriptPool(ScriptPool.Options())

  static func make(
    ask: @escaping @Sendable (CheckTools.Question) -> Call, files: [String: String] = [:]
  ) -> CheckTools {
    CheckTools(
      run: { code, arguments in
        let language = ScriptLanguage(rawValue: code.language.rawValue) ?? .javascript
        switch code.source {
        case .inline(let text): return try await pool.call(.inline(language, text), arguments: arguments)
        case .file(let path, let function):
          return try await pool.call(
            .file(language, path, function: function, fallback: code.defaultFunction), arguments: arguments)
        }
      },
      ask: { ask($0) }, post: { _ in throw Problem("there is no network here") },
      read: { path in
        guard let text = files[path] else { throw Problem("there is no \(path)") }
        return Array(text.utf8)
      }, templates: .standard)
  }

  /// Nobody is asked.
  static let silent = make(ask: { question in
    Call(
      purpose: question.purpose, source: .local, target: "judge", provider: "", model: "", request: .null,
      result: .failure(Failure(.config, "nobody is asked here")), attempts: [], total: 0, scheduledAt: 0)
  })

  /// A judge with an answer for each question in turn; the last one stays.
  static func judge(_ answers: String...) -> CheckTools {
    let asked = Mutex(0)
    return make(ask: { question in
      let number = asked.withLock { number in
        defer { number += 1 }
        return number
      }
      return Call(
        purpose: question.purpose, source: .local, target: "judge", provider: "", model: "", request: .null,
        result: .success(Reply(text: answers[min(number, answers.count - 1)])), attempts: [], total: 0,
        scheduledAt: 0)
    })
  }
}

/// A check as a suite writes it, in YAML.
func spec(_ yaml: String) throws -> CheckSpec {
  ConformanceRow.spec(try Node(parsingYAML: yaml, file: "check").json)
}
