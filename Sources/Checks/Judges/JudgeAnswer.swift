import Formats
import Vocabulary

/// What a judge answered, read strictly: what can't be read is no verdict, and so are two that contradict each other.
enum JudgeAnswer {
  case object(JSONObject)
  case unreadable(String)

  /// Bytes of an answer, thoughts and all, that is still read.
  private static let longest = 1 << 20

  /// The whole answer as JSON; else the object in it that has one of the keys. An object that stands in what is
  /// judged was put there to be repeated: it is no verdict of the judge's.
  init(_ call: Call, having keys: [String], judged material: String) {
    switch call.result {
    case .failure(let failure):
      self = .unreadable("the judge could not be asked: \(failure.message)")
    case .success(let reply):
      if let refusal = reply.refusal, !refusal.isEmpty {
        self = .unreadable("the judge refused: \(excerpt(refusal))")
        return
      }
      if reply.text.utf8.count > Self.longest {
        self = .unreadable("the judge's reply can't be read: \(reply.text.utf8.count) bytes are no verdict")
        return
      }
      if MarkRuns.areTooLong(in: reply.output) || MarkRuns.areTooLong(in: reply.text) {
        self = .unreadable("the judge's reply can't be read: it has too many combining marks on one letter")
        return
      }
      self.init(reply, having: keys, judged: material)
    }
  }

  private init(_ reply: Reply, having keys: [String], judged material: String) {
    let text = Self.withoutThoughts(reply.text)
    let whole = reply.output.object ?? (try? JSON(parsing: text))?.object
    let found = (whole.map { [$0] } ?? Self.values(in: text).compactMap(\.object)).filter { object in
      keys.contains { object[$0] != nil } && object["reason"]?.string != "..."
    }
    guard !found.isEmpty else {
      self = .unreadable("the judge's reply is no verdict: \(quoted(excerpt(text.trimmed, 120)))")
      return
    }
    let planted = PlantedVerdicts(in: material, having: keys)
    let own = found.filter { !planted.contain($0) }
    guard let last = own.last else {
      self = .unreadable("the judge only repeats a verdict that stands in the text it judged")
      return
    }
    let decisions = Set(own.map(Self.decision))
    self =
      decisions.count == 1
      ? .object(last) : .unreadable("the judge gave \(own.count) verdicts that contradict each other")
  }

  /// What of an answer decides: single members as they are; of lists of judged items the flags, not the words.
  private static func decision(_ object: JSONObject) -> [String] {
    let single = ["pass", "score", "category", "winner", "best", "steps", "questions", "evasive"]
    let lists = ["statements", "sentences", "passages"]
    return single.map { object[$0]?.canonical ?? "" } + lists.map { object[$0].map(flags) ?? "" }
  }

  private static func flags(_ list: JSON) -> String {
    guard let items = list.array else { return list.canonical }
    let flags = items.map { item in JSON.array((item.object?.values ?? []).filter { $0.bool != nil }) }
    return JSON.array(flags).canonical
  }

  /// Whether all that the judge said stands in what it judged, and is more than a letter.
  static func isEcho(_ call: Call, of material: String) -> Bool {
    let answer = (call.reply?.text ?? "").trimmed
    return answer.utf8.count > 8 && Haystack(material, fold: false).contains(answer)
  }

  /// Models that think aloud think in drafts.
  private static func withoutThoughts(_ text: String) -> String {
    // By bytes: to look for a text in a text, Swift looks for whole characters, and flags in a row make that slow.
    let bytes = Array(text.trimmed.utf8)
    guard bytes.starts(with: "<think>".utf8), let end = bytes.firstRange(of: Array("</think>".utf8)) else {
      return text
    }
    return String(decoding: bytes[end.upperBound...], as: UTF8.self)
  }

  /// Objects and lists in a text: JSON; where that has no object, what only lacks quotes or has comments, as
  /// judges write it.
  static func values(in text: String, most: Int = 100) -> [JSON] {
    let strict = embeddedJSON(in: text, most: most).found
    guard !strict.contains(where: { $0.object != nil }), text.utf8.count <= 100_000,
      let start = text.firstIndex(of: "{"), let end = text.lastIndex(of: "}"), start < end
    else { return strict }
    let span = String(text[start...end])
    let plain =
      (try? Compiled.pattern("(^|[\\s,])//[^\\n]*", flags: "g").replacing(in: span, with: "$1")) ?? span
    guard let loose = try? Node(parsingYAML: plain, file: "answer").json else { return strict }
    return strict + [loose]
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
