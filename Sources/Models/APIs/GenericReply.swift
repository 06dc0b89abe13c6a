import Formats
import Vocabulary
import Wire

/// The answer of a generic HTTP target: which statuses are good, and where in the body the reply is.
enum GenericReply {
  /// What an expression needs scripts for, when it does.
  enum Step {
    case done(Result<Reply, Failure>)
    /// Evaluate this JavaScript with `json`, `text` and `context`, and read what it gives with `read`.
    case script(source: String, json: JSON, text: String, context: JSON)
  }

  static func step(_ exchange: HTTPExchange, _ question: Question) -> Step {
    if let error = exchange.error { return .done(.failure(TransportFailure.failure(error, exchange))) }
    let status = exchange.status ?? 0
    let settings = question.settings
    switch StatusRule.accepts(status, settings.string("validateStatus")) {
    case true?: break
    case false?:
      return .done(
        .failure(
          TransportFailure.redirect(exchange) ?? ErrorReading.failure(status: status, body: exchange.body)))
    case nil:
      return .done(
        .failure(
          Failure(
            .config, "config.validateStatus is not understood: \(settings.string("validateStatus") ?? "")",
            status: status)))
    }
    guard let text = String(validating: exchange.body, as: UTF8.self) else {
      return .done(
        .failure(
          Failure(
            .malformed, "the reply is not UTF-8 text", status: status,
            evidence: ErrorReading.evidence(exchange.body))))
    }
    let json = try? JSON(parsing: exchange.body)
    guard let transform = settings.string("transformResponse", "responseParser")?.trimmed,
      !transform.isEmpty
    else {
      return .done(json.map(ProvidedReply.read) ?? .success(ProvidedReply.reply(output: .string(text))))
    }
    if let value = MemberPath.evaluate(transform, json: json, text: text) {
      guard let value else {
        return .done(
          .failure(
            Failure(
              .malformed, "transformResponse \"\(transform)\" finds nothing in the reply", status: status,
              evidence: ErrorReading.evidence(exchange.body))))
      }
      return .done(ProvidedReply.read(value))
    }
    let headers = JSONObject(
      Array(exchange.headers).filter { !HeaderRules.isSecret($0.name) }.map {
        ($0.name.lowercased(), JSON.string($0.value))
      })
    let context: JSON = [
      "response": ["status": .init(status), "headers": .object(headers)],
      "vars": .object(question.variables),
    ]
    return .script(source: transform, json: json ?? .null, text: text, context: context)
  }
}

/// `status >= 200 && status < 300` and the like, without a script.
enum StatusRule {
  /// Nil when the rule is none that is known.
  static func accepts(_ status: Int, _ rule: String?) -> Bool? {
    guard var rule = rule?.trimmed, !rule.isEmpty else { return (200..<300).contains(status) }
    if let arrow = rule.range(ofText: "=>") { rule = String(rule[arrow.upperBound...]).trimmed }
    while rule.hasPrefix("("), rule.hasSuffix(")") { rule = String(rule.dropFirst().dropLast()) }
    if rule == "true" || rule == "() => true" { return true }
    var anyHolds = false
    for alternative in rule.split(separator: "|", omittingEmptySubsequences: true) {
      var holds = true
      for comparison in alternative.split(separator: "&", omittingEmptySubsequences: true) {
        guard let one = compare(String(comparison).trimmed, status) else { return nil }
        holds = holds && one
      }
      anyHolds = anyHolds || holds
    }
    return anyHolds
  }

  private static func compare(_ text: String, _ status: Int) -> Bool? {
    for mark in [">=", "<=", "===", "!==", "==", "!=", ">", "<"] {
      guard let place = text.range(ofText: mark) else { continue }
      guard text[..<place.lowerBound].trimmed.hasPrefix("status"),
        let number = Int(text[place.upperBound...].trimmed)
      else { return nil }
      switch mark {
      case ">=": return status >= number
      case "<=": return status <= number
      case "===", "==": return status == number
      case "!==", "!=": return status != number
      case ">": return status > number
      default: return status < number
      }
    }
    return nil
  }
}

/// `json.choices[0].message.content`, `json['a'].b`, `text`: the expressions that most suites need, without a
/// script engine.
enum MemberPath {
  /// Nil when the expression is more than a path; a nil inside when the path leads nowhere.
  static func evaluate(_ expression: String, json: JSON?, text: String) -> JSON?? {
    if expression == "text" { return .some(.string(text)) }
    guard let steps = parse(expression) else { return nil }
    var value = json
    for step in steps {
      switch step {
      case .key(let key): value = value?[key]
      case .index(let index): value = value?[index]
      }
    }
    return .some(value)
  }

  private enum Step {
    case key(String)
    case index(Int)
  }

  private static func parse(_ expression: String) -> [Step]? {
    var rest = expression[...]
    guard rest.hasPrefix("json") else { return nil }
    rest = rest.dropFirst(4)
    var steps: [Step] = []
    while let next = rest.first {
      if next == "." || rest.hasPrefix("?.") {
        rest = rest.dropFirst(next == "." ? 1 : 2)
        if rest.first == "[" { continue }
        let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "$" }
        guard !name.isEmpty else { return nil }
        steps.append(.key(String(name)))
        rest = rest[name.endIndex...]
      } else if next == "[", let close = rest.firstIndex(of: "]") {
        let inner = rest[rest.index(after: rest.startIndex)..<close]
        if let index = Int(inner), index >= 0 {
          steps.append(.index(index))
        } else if let quote = inner.first, quote == "'" || quote == "\"", inner.last == quote,
          inner.count >= 2
        {
          steps.append(.key(String(inner.dropFirst().dropLast())))
        } else {
          return nil
        }
        rest = rest[rest.index(after: close)...]
      } else {
        return nil
      }
    }
    return steps
  }
}
