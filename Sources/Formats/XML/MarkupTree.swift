import CXML2

/// What an XPath expression comes to.
public enum XPathValue: Sendable, Hashable {
  /// For each node its name (empty for text) and all text within it.
  case nodes([Node])
  case string(String)
  case number(Double)
  case bool(Bool)

  public struct Node: Sendable, Hashable {
    public var name: String
    public var text: String

    public init(name: String, text: String) {
      self.name = name
      self.text = text
    }
  }
}

/// Owns libxml2's tree of one document. No pointer of it gets out.
final class MarkupTree {
  private let document: OpaquePointer

  private static let maxBytes = 64 << 20
  /// What an expression may give.
  private static let maxNodes = 500_000
  private static let maxResultBytes = 64 << 20

  init(_ text: String, isHTML: Bool, file: String) throws(Problem) {
    guard cxml2_load() == 1 else { throw MarkupTree.missingLibrary }
    var text = text
    var error = cxml2_error()
    let start = SourceLocation(file: file, line: 1, column: 1)
    if text.utf8.count > MarkupTree.maxBytes {
      throw Problem("longer than \(MarkupTree.maxBytes) bytes", at: start)
    }
    guard text.withUTF8({ MarkupWork(of: $0).isBearable(isHTML: isHTML) }) else {
      throw Problem("too many tags, attributes, references or namespaces to read them all", at: start)
    }
    let document = text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        cxml2_parse($0.baseAddress, Int32($0.count), isHTML ? 1 : 0, &error)
      }
    }
    if error.is_late != 0 { throw Problem("too much is wrong to read it all", at: start) }
    guard let document else {
      throw Problem(
        MarkupTree.message(error) ?? "no document",
        at: SourceLocation(file: file, line: max(1, Int(error.line)), column: max(1, Int(error.column))))
    }
    self.document = document
  }

  deinit { cxml2_free_document(document) }

  func evaluate(_ expression: String, namespaces: [(prefix: String, address: String)]) throws(Problem)
    -> XPathValue
  {
    var error = cxml2_error()
    let result = withCStrings(namespaces.flatMap { [$0.prefix, $0.address] }) {
      cxml2_evaluate(document, expression, $0, Int32(namespaces.count * 2), &error)
    }
    guard let result else {
      let message = MarkupTree.message(error) ?? "unreadable"
      // Its number of steps is bounded: some expressions look at each element from each other one.
      throw Problem(
        message.contains("limit")
          ? "\"\(expression)\" asks for too much of this document"
          : "\"\(expression)\" is no XPath expression: \(message)")
    }
    defer { cxml2_free_xpath(result) }
    switch cxml2_xpath_type(result) {
    case 1:
      return .nodes(try nodes(of: result, expression))
    case 2: return .bool(cxml2_xpath_bool(result) != 0)
    case 3: return .number(cxml2_xpath_number(result))
    default: return .string(cxml2_xpath_string(result).map { String(cString: $0) } ?? "")
    }
  }

  private func nodes(of result: OpaquePointer, _ expression: String) throws(Problem) -> [XPathValue.Node] {
    let count = cxml2_xpath_count(result)
    var bytes = 0
    var nodes: [XPathValue.Node] = []
    for index in 0..<count {
      // Namespace nodes (18) are structs of another shape.
      guard let node = cxml2_xpath_node(result, index), cxml2_type(node) != 18 else { continue }
      nodes.append(XPathValue.Node(name: qualifiedName(node), text: content(node)))
      bytes += nodes[nodes.count - 1].text.utf8.count
      if nodes.count > Self.maxNodes || bytes > Self.maxResultBytes {
        throw Problem("\"\(expression)\" finds too much: \(count) nodes")
      }
    }
    return nodes
  }

  private func qualifiedName(_ node: OpaquePointer) -> String {
    guard let name = cxml2_name(node).map({ String(cString: $0) }) else { return "" }
    return cxml2_prefix(node).map { String(cString: $0) + ":" + name } ?? name
  }

  private func content(_ node: OpaquePointer) -> String {
    guard let text = cxml2_content(node) else { return "" }
    defer { cxml2_free(text) }
    return String(cString: text)
  }

  private static func message(_ error: cxml2_error) -> String? {
    let text = withUnsafeBytes(of: error.message) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    let line = text.split(whereSeparator: \.isNewline).first.map(String.init)
    return line.map { $0.prefix(1).lowercased() + $0.dropFirst() }
  }

  static let missingLibrary = Problem(
    "libxml2 is not installed, and XML and HTML need it",
    mend: "apt-get install libxml2, or your system's package of that name")

  private func withCStrings<Result>(
    _ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
  ) -> Result {
    let copies = texts.map { text in
      let bytes = UnsafeMutablePointer<CChar>.allocate(capacity: text.utf8.count + 1)
      for (i, byte) in text.utf8.enumerated() { bytes[i] = CChar(bitPattern: byte) }
      bytes[text.utf8.count] = 0
      return bytes
    }
    defer { copies.forEach { $0.deallocate() } }
    return copies.map { UnsafePointer<CChar>?($0) }.withUnsafeBufferPointer { body($0.baseAddress) }
  }
}
