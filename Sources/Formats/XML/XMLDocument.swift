#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A well-formed XML document. Nothing is loaded from elsewhere, and entities may not be declared.
public struct XMLDocument {
  private let tree: MarkupTree

  /// Throws the first mistake with its line and column.
  public init(parsing text: String, file: String = "XML") throws(Problem) {
    if let line = XMLDocument.lineOfEntity(in: text) {
      throw Problem(
        "entities may not be declared", at: SourceLocation(file: file, line: line, column: 1),
        mend: "write the text itself in place of the entity")
    }
    tree = try MarkupTree(text, isHTML: false, file: file)
  }

  /// Evaluates an XPath 1.0 expression, with the document as its context.
  public func evaluate(_ xpath: String, namespaces: [(prefix: String, address: String)] = []) throws(Problem)
    -> XPathValue
  {
    try tree.evaluate(xpath, namespaces: namespaces)
  }

  /// Entities that unfold to others are how a small document becomes a large one.
  private static func lineOfEntity(in text: String) -> Int? {
    var text = text
    return text.withUTF8 { bytes in
      guard let start = bytes.baseAddress else { return nil }
      var place = 0
      // The rarest of its characters leads to it.
      while let found = memchr(start + place, 0x21, bytes.count - place) {
        let mark = start.distance(to: found.assumingMemoryBound(to: UInt8.self))
        if mark > 0, bytes[mark - 1] == 0x3C, bytes[(mark + 1)...].starts(with: "ENTITY".utf8) {
          return 1 + bytes[..<mark].count { $0 == 0x0A }
        }
        place = mark + 1
      }
      return nil
    }
  }
}

/// An HTML document, mended into a tree as browsers do: whatever the text, there is a tree.
public struct HTMLDocument {
  /// Nil for an empty text.
  private let tree: MarkupTree?

  public init(parsing text: String) throws(Problem) {
    if text.utf8.allSatisfy({ $0 == 0x20 || (0x9...0xD).contains($0) }) {
      tree = nil
      return
    }
    tree = try MarkupTree(text, isHTML: true, file: "HTML")
  }

  /// Evaluates an XPath 1.0 expression; names of elements are lower case.
  public func evaluate(_ xpath: String) throws(Problem) -> XPathValue {
    try tree?.evaluate(xpath, namespaces: []) ?? .nodes([])
  }
}
