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

  public var content: Content
  public var location: SourceLocation

  public init(_ content: Content, at location: SourceLocation) {
    self.content = content
    self.location = location
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
}
