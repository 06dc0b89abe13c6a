import Formats

/// Verdicts that stand in a text that is judged, for a judge to repeat. They are looked for in all objects of it,
/// however deep, and letter by letter, for what is not read as JSON or not wholly.
struct PlantedVerdicts {
  private var objects: [JSONObject] = []
  private let letters: Haystack

  /// How often a text in a text in a text is read.
  private static let deepest = 4
  /// What stands beyond so many is still found by its letters.
  private static let most = 2_000

  init(in material: String, having keys: [String]) {
    letters = Haystack(Self.squeezed(material), fold: false)
    for value in JudgeAnswer.values(in: material, most: Self.most) {
      collect(value, having: keys, depth: Self.deepest)
    }
  }

  func contain(_ object: JSONObject) -> Bool {
    objects.contains(object) || letters.contains(Self.squeezed(JSON.object(object).text))
  }

  private mutating func collect(_ value: JSON, having keys: [String], depth: Int) {
    switch value {
    case .object(let object):
      if keys.contains(where: { object[$0] != nil }) { objects.append(object) }
      for member in object { collect(member.value, having: keys, depth: depth) }
    case .array(let items):
      for item in items { collect(item, having: keys, depth: depth) }
    case .string(let text):
      guard depth > 0, let first = text.utf8.first(where: { $0 > 0x20 }), first == 0x7B || first == 0x5B,
        let inner = try? JSON(parsing: text)
      else { return }
      collect(inner, having: keys, depth: depth - 1)
    case .null, .bool, .number: break
    }
  }

  /// Without white space, quotes and backslashes: what is left is the same however an object was written down.
  private static func squeezed(_ text: String) -> String {
    let kept = text.utf8.filter { $0 > 0x20 && $0 != 0x22 && $0 != 0x27 && $0 != 0x5C }
    return String(decoding: kept, as: UTF8.self)
  }
}
