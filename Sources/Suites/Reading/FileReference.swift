import Formats

/// Whether a text of a suite means a file, and which part of it.
public struct FileReference: Sendable, Hashable {
  /// As written, without `file://` and the function's name.
  public var path: String
  /// After the last colon, for scripts.
  public var function: String?

  /// Reads `file://a/b.py:make`, or the same without `file://`.
  public init(_ text: String) {
    var path = text.hasPrefix("file://") ? String(text.dropFirst(7)) : text
    if let colon = path.lastIndex(of: ":"), colon != path.startIndex {
      let name = path[path.index(after: colon)...]
      let isName = !name.isEmpty && name.allSatisfy { $0.isLetter || $0.isNumber || "_.$".contains($0) }
      if isName, !Path.fileExtension(of: String(path[..<colon])).isEmpty {
        function = String(name)
        path = String(path[..<colon])
      }
    }
    self.path = path
  }

  public var fileExtension: String { Path.fileExtension(of: path) }

  /// The language of the script, when it is one.
  public var isScript: Bool { FileReference.scriptExtensions.contains(fileExtension) }
  public var isJavaScript: Bool { FileReference.javaScriptExtensions.contains(fileExtension) }

  static let javaScriptExtensions: Set<String> = ["js", "mjs", "cjs", "ts", "mts", "cts"]
  static let scriptExtensions: Set<String> = javaScriptExtensions.union(["py", "rb"])

  /// Whether a bare text (a prompt, say) looks like a path rather than like words. It goes by the same
  /// marks as promptfoo: a scheme, a known ending, a dot near the end, a slash or a star.
  public static func looksLikePath(_ text: String) -> Bool {
    if text.allSatisfy(\.isWhitespace) { return false }
    if remotePrefixes.contains(where: text.contains) || text.contains("\n") { return false }
    if text.hasPrefix("file://") { return true }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).suffix(2)
    if parts.contains(where: { part in endings.contains { part.hasSuffix($0) } }) { return true }
    let characters = Array(text)
    for distance in [3, 4] where characters.count >= distance {
      if characters[characters.count - distance] == "." { return true }
    }
    return text.contains("*") || text.contains("/") || text.contains("\\")
  }

  private static let remotePrefixes = ["portkey://", "langfuse://", "helicone://"]
  private static let endings = [
    ".cjs", ".cts", ".js", ".mjs", ".mts", ".ts", ".csv", ".j2", ".json", ".jsonl", ".md", ".py", ".rb",
    ".txt",
    ".yaml", ".yml",
  ]
}
