import Formats

extension Findings {
  /// A YAML or JSON file as a node; nil with the problem noted.
  func node(of path: String, at location: SourceLocation?) -> Node? {
    guard let text = text(of: path, at: location) else { return nil }
    return caught { () throws(Problem) in
      Path.fileExtension(of: path) == "json"
        ? try Node(parsingJSON: text, file: path) : try Node(parsingYAML: text, file: path)
    }
  }
}
