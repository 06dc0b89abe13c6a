import Formats

/// Makes a suite of ours from one of promptfoo's. Both load; the new one uses today's words, leaves out
/// what has no effect here, and keeps the comments.
public enum SuiteConversion {
  /// The new text, and what was changed, in sentences.
  public static func convert(_ text: String, file: String) throws(Problem) -> (
    text: String, changes: [String]
  ) {
    let isJSON = text.trimmed.hasPrefix("{")
    let node = try isJSON ? Node(parsingJSON: text, file: file) : Node(parsingYAML: text, file: file)
    guard let members = node.members else {
      throw Problem("the file holds \(node.kindPhrase), where a suite is a map of keys", at: node.location)
    }
    return isJSON ? fromJSON(node.json.object ?? JSONObject()) : fromYAML(text, members)
  }

  private static let head = """
    # Made from a promptfoo configuration. It loads as it is; run it without a key on simulated models:
    #
    #   assay run SUITE --simulate

    """

  private static func dropped(_ key: String) -> String? {
    if key == "$schema" { return nil }
    guard case .ignored(let why)? = SuiteFormat.suite[key]?.origin else { return nil }
    return "left out \"\(key)\": \(why)"
  }

  private static func fromJSON(_ object: JSONObject) -> (String, [String]) {
    var changes: [String] = []
    var result = JSONObject()
    for (key, value) in object {
      if let reason = dropped(key) {
        changes.append(reason)
      } else if key == "providers" {
        changes.append("\"providers\" is now \"targets\"")
        result["targets"] = value
      } else {
        result[key] = value
      }
    }
    return (JSON.object(result).pretty + "\n", changes)
  }

  private static func fromYAML(_ text: String, _ members: [(key: Node, value: Node)]) -> (String, [String]) {
    var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
    var changes: [String] = []
    let starts = members.map(\.key.location.line)
    var removed: Set<Int> = []
    for (place, member) in members.enumerated() {
      guard let key = member.key.plainText, lines.indices.contains(starts[place] - 1) else { continue }
      let first = starts[place] - 1
      let end = place + 1 < starts.count ? starts[place + 1] - 1 : lines.count
      if let reason = dropped(key) {
        changes.append(reason)
        // Comments just above the next key belong to it.
        var last = max(first + 1, end)
        while last > first + 1, lines[last - 1].trimmed.hasPrefix("#") || lines[last - 1].trimmed.isEmpty {
          last -= 1
        }
        removed.formUnion(first..<last)
      } else if key == "providers", let range = lines[first].firstRange(of: "providers") {
        changes.append("\"providers\" is now \"targets\"")
        lines[first].replaceSubrange(range, with: "targets")
      }
    }
    let newer = replaceOlderWords(&lines)
    changes += newer
    let kept = lines.indices.filter { !removed.contains($0) }.map { lines[$0] }
    return (head + kept.joined(separator: "\n"), changes)
  }

  /// Words that promptfoo still reads and no longer teaches.
  private static func replaceOlderWords(_ lines: inout [String]) -> [String] {
    var changes: [String] = []
    for (old, new) in [("postprocess:", "transform:"), ("type: model-graded-factuality", "type: factuality")]
    {
      for index in lines.indices {
        let content = lines[index].drop { $0 == " " || $0 == "-" }
        guard content.hasPrefix(old), let range = lines[index].firstRange(of: old) else { continue }
        lines[index].replaceSubrange(range, with: new)
        let change = "\"\(old)\" is now \"\(new)\""
        if !changes.contains(change) { changes.append(change) }
      }
    }
    return changes
  }
}
