import Formats

/// Settings to be varied: each list multiplies; or a list of combinations, each named whole.
struct SettingsMatrix {
  struct Entry {
    var name: String
    var value: JSON
    var location: SourceLocation
  }

  /// Alternatives, of which each is crossed within itself.
  private var alternatives: [[(name: String, values: [Entry])]]
  private static let most = 10_000

  init(_ node: Node, findings: Findings) {
    alternatives = (node.items ?? [node]).map { item in
      (item.members ?? []).compactMap { key, value in
        guard let name = key.plainText, let setting = Setting.named(name) else { return nil }
        let values = setting.values(of: value.json)
        if values.isEmpty {
          findings.error(
            "\"\(name)\" has no value to try", at: value.location, mend: "for example: \(setting.example)")
        }
        let places = value.items.flatMap { $0.count == values.count ? $0.map(\.location) : nil }
        let entries = values.enumerated().map { index, value in
          Entry(name: name, value: value, location: places?[index] ?? key.location)
        }
        return (name, entries)
      }
    }
    if combinations().count >= SettingsMatrix.most {
      findings.error("the matrix has more than \(SettingsMatrix.most) combinations", at: node.location)
      alternatives = []
    }
  }

  /// The target's own matrix with what it leaves open from the suite's.
  static func combined(_ suite: SettingsMatrix?, _ own: SettingsMatrix?) -> SettingsMatrix? {
    guard let suite else { return own }
    guard let own else { return suite }
    var result = own
    result.alternatives = own.alternatives.flatMap { mine in
      suite.alternatives.map { theirs in
        theirs.filter { entry in !mine.contains { $0.name == entry.name } } + mine
      }
    }
    return result
  }

  /// In the order written, the last name varying fastest.
  func combinations() -> [[Entry]] {
    alternatives.flatMap { members in
      members.reduce([[]]) { rows, member in
        rows.count * member.values.count > SettingsMatrix.most
          ? rows : rows.flatMap { row in member.values.map { row + [$0] } }
      }
    }
  }
}
