import Formats
import Vocabulary

/// What a judge answered, read strictly: what can't be read is no verdict.
enum JudgeAnswer {
  case object(JSONObject)
  case unreadable(String)

  /// The whole reply as JSON; else the last object in it that has one of the keys, since an echoed example stands
  /// before the verdict.
  init(_ call: Call, having keys: [String]) {
    switch call.result {
    case .failure(let failure):
      self = .unreadable("the judge could not be asked: \(failure.message)")
    case .success(let reply):
      if let refusal = reply.refusal { self = .unreadable("the judge refused: \(excerpt(refusal))"); return }
      func fits(_ object: JSONObject) -> Bool { keys.contains { object[$0] != nil } }
      if let object = reply.output.object ?? (try? JSON(parsing: reply.text))?.object, fits(object) {
        self = .object(object)
      } else if let object = embeddedJSON(in: reply.text).compactMap(\.object).last(where: fits) {
        self = .object(object)
      } else {
        self = .unreadable("the judge's reply is no verdict: \(quoted(excerpt(reply.text.trimmed, 120)))")
      }
    }
  }
}

/// JSON schemas of the answers, for services that can be held to one.
enum AnswerSchema {
  static func object(_ properties: [(String, JSON)]) -> JSON {
    [
      "type": "object", "properties": .object(JSONObject(properties.map { ($0.0, $0.1) })),
      "required": .array(properties.map { .string($0.0) }), "additionalProperties": false,
    ]
  }

  static let text: JSON = ["type": "string"]
  static let flag: JSON = ["type": "boolean"]
  static let number: JSON = ["type": "number"]
  static func choice(_ words: [String]) -> JSON {
    ["type": "string", "enum": .array(words.map { .string($0) })]
  }
  static func list(_ item: JSON) -> JSON { ["type": "array", "items": item] }

  static let verdict = object([("reason", text), ("score", number), ("pass", flag)])
}
