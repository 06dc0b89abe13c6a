/// A value that knows where it stands in its file: what the YAML and the located JSON readers give,
/// and what the suite loader reads.
public struct Node: Sendable {
  public enum Content: Sendable {
    /// null, a bool, a number or a string
    case scalar(JSON)
    case array([Node])
    /// in the order of the file; keys carry their own location
    case object([(key: Node, value: Node)])
  }

  /// How a scalar was written.
  public enum Style: Sendable {
    case plain, singleQuoted, doubleQuoted
    /// `|`: each line as it stands
    case literal
    /// `>`
    case folded
  }

  public var content: Content
  public var location: SourceLocation
  public var style: Style = .plain
  /// Where the text of a scalar begins: after its quote, on the first line of its block.
  public var textStart: (line: Int, column: Int)

  public init(_ content: Content, at location: SourceLocation) {
    self.content = content
    self.location = location
    textStart = (location.line, location.column)
  }

  /// Where a character of the text stands in the file, given its line and column in the text (both from
  /// 1). Exact for plain, quoted and literal text that was written without escapes.
  public func location(ofLine line: Int, column: Int) -> SourceLocation {
    let isBlock = style == .literal || style == .folded
    let first = isBlock || line == 1 ? textStart.column : 1
    return SourceLocation(file: location.file, line: textStart.line + line - 1, column: first + column - 1)
  }

  /// The same value without its locations.
  public var json: JSON {
    switch content {
    case .scalar(let value): value
    case .array(let items): .array(items.map(\.json))
    case .object(let members):
      .object(JSONObject(members.map { ($0.key.json.string ?? "", $0.value.json) }))
    }
  }

  public subscript(key: String) -> Node? {
    guard case .object(let members) = content else { return nil }
    return members.last { $0.key.json.string == key }?.value
  }

  public var string: String? { if case .scalar(.string(let text)) = content { text } else { nil } }
  public var array: [Node]? { if case .array(let items) = content { items } else { nil } }
  public var members: [(key: Node, value: Node)]? { if case .object(let all) = content { all } else { nil } }
  public var isNull: Bool { if case .scalar(.null) = content { true } else { false } }
}
