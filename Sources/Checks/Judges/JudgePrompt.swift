import Formats

/// What judges are told. Our own wording, one file each beside this one: the task, the material in fences that it
/// can't close, the form of the answer. `rubricPrompt` in a suite replaces the whole.
enum JudgePrompt {
  case rubric, exchange, facts, criterion, steps, evaluation, faithfulness, recall, relevance, questions, turn
  case pair, best

  typealias Part = (name: String, text: String)

  private var bytes: [UInt8] {
    switch self {
    case .rubric: PackageResources.rubric_txt
    case .exchange: PackageResources.exchange_txt
    case .facts: PackageResources.facts_txt
    case .criterion: PackageResources.criterion_txt
    case .steps: PackageResources.steps_txt
    case .evaluation: PackageResources.evaluation_txt
    case .faithfulness: PackageResources.faithfulness_txt
    case .recall: PackageResources.recall_txt
    case .relevance: PackageResources.relevance_txt
    case .questions: PackageResources.questions_txt
    case .turn: PackageResources.turn_txt
    case .pair: PackageResources.pair_txt
    case .best: PackageResources.best_txt
    }
  }

  var template: String { String(decoding: bytes, as: UTF8.self).trimmed }

  /// Chat messages: the judge's role, and the template with each `{{ name }}` replaced by its part, fenced, or by
  /// several that are fenced already.
  func messages(_ parts: [Part], fenced lists: [String: [String]] = [:]) -> [JSON] {
    var body = ""
    var rest = template[...]
    // What is put in is never looked at again: it may hold braces of its own.
    while let start = rest.firstRange(of: "{{ "), let end = rest[start.upperBound...].firstRange(of: " }}") {
      let name = String(rest[start.upperBound..<end.lowerBound])
      body += rest[..<start.lowerBound]
      body +=
        lists[name]?.joined(separator: "\n\n")
        ?? parts.first { $0.name == name }.map { Self.fenced($0.name, $0.text) } ?? ""
      rest = rest[end.upperBound...]
    }
    body += rest
    let role = String(decoding: PackageResources.role_txt, as: UTF8.self).trimmed
    return [["role": "system", "content": .string(role)], ["role": "user", "content": .string(body)]]
  }

  /// One part of the material, in fence lines that its own text can't contain: to close the fence it would have to
  /// hold its own hash.
  static func fenced(_ name: String, _ text: String) -> String {
    let mark = SHA256.hex(text).prefix(12)
    return "----- \(name) \(mark) -----\n\(text)\n----- end of \(name) \(mark) -----"
  }
}
