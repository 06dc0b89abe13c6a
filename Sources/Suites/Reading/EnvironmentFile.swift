import Formats

/// `.env` files: `NAME=value` a line, quotes and `export` allowed, `#` for comments.
public enum EnvironmentFile {
  public static func parse(_ text: String) -> [String: String] {
    var variables: [String: String] = [:]
    var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)[...]
    while let line = lines.popFirst() {
      var rest = String(line).trimmed[...]
      if rest.hasPrefix("export ") { rest = rest.dropFirst(7) }
      guard !rest.hasPrefix("#"), let equals = rest.firstIndex(of: "=") else { continue }
      let name = String(rest[..<equals]).trimmed
      guard !name.isEmpty, name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }) else { continue }
      variables[name] = value(String(rest[rest.index(after: equals)...]).trimmed, &lines)
    }
    return variables
  }

  private static func value(_ text: String, _ lines: inout ArraySlice<Substring>) -> String {
    guard let quote = text.first, quote == "\"" || quote == "'" || quote == "`" else {
      // A comment begins at a sign after white space.
      let comment = text.ranges(of: " #").first
      return comment.map { String(text[..<$0.lowerBound]).trimmed } ?? text
    }
    var body = String(text.dropFirst())
    while !body.contains(quote), let next = lines.popFirst() { body += "\n" + next }
    let inner = String(body.prefix { $0 != quote })
    return quote == "\"" ? inner.replacing("\\n", with: "\n").replacing("\\t", with: "\t") : inner
  }

  /// Of `.env` beside the suites and in the working directory, the former the stronger.
  static func beside(_ files: [String], _ findings: Findings) -> [String: String] {
    var variables: [String: String] = [:]
    var folders = files.map(Path.folder)
    folders.append(".")
    for folder in folders {
      let path = Path.resolve(".env", against: folder)
      guard File.exists(path), !File.isFolder(path), let text = findings.text(of: path, at: nil) else {
        continue
      }
      variables.merge(parse(text)) { stronger, _ in stronger }
    }
    return variables
  }
}
