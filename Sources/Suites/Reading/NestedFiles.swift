import Formats

/// Parts of a chat that stand in files of their own: `content: file://one.txt`. They are found here, in what the author
/// wrote; a `file://` that a variable or a model brings in later stays text.
struct NestedFiles {
  /// That of the chat's file, then that of the suite.
  let folders: [String]
  let findings: Findings
  private(set) var files: [String] = []

  init(folders: [String], findings: Findings) {
    self.folders = folders
    self.findings = findings
  }

  /// The value with the files in place of their names.
  mutating func filled(_ node: Node) -> JSON {
    switch node.content {
    case .scalar(let value): return value.string.flatMap { read($0, at: node.location) } ?? value
    case .array(let items): return .array(items.map { filled($0) })
    case .object(let members):
      return .object(JSONObject(members.map { ($0.key.plainText ?? $0.key.json.text, filled($0.value)) }))
    }
  }

  /// Nil for what names no file.
  private mutating func read(_ text: String, at location: SourceLocation) -> JSON? {
    let reference = FileReference(text)
    let isFunction = reference.isScript && reference.function != nil
    guard text.hasPrefix("file://"), !text.contains("{{"), !isFunction else { return nil }
    let path = String(text.dropFirst("file://".count))
    guard let file = folders.lazy.map({ Path.resolve(path, against: $0) }).first(where: File.exists) else {
      findings.missingFile(path, folder: folders[0], for: "", at: location)
      return nil
    }
    files.append(file)
    switch reference.fileExtension {
    case "json", "yaml", "yml": return findings.node(of: file, at: location)?.json
    default:
      return findings.caught { () throws(Problem) in try VariableExpander.value(of: file, at: location) }
    }
  }
}
