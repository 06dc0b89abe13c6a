// The located reading of JSON: the same grammar, but every value knows where it stands.

extension JSONReader {
  mutating func locatedDocument(file: String) throws(JSONError) -> Node {
    try startDocument()
    var place = TextPlace()
    let node = try node(depth: 0, file: file, place: &place)
    try endDocument()
    return node
  }

  private mutating func node(depth: Int, file: String, place: inout TextPlace) throws(JSONError) -> Node {
    let location = here(file, &place)
    guard position < count else { throw unexpected("a value") }
    switch bytes[position] {
    case UInt8(ascii: "["):
      return Node(.array(try nodes(depth: depth, file: file, place: &place)), at: location)
    case UInt8(ascii: "{"):
      return Node(.object(try nodeMembers(depth: depth, file: file, place: &place)), at: location)
    default: return Node(.scalar(try value(depth: depth)), at: location)
    }
  }

  private mutating func nodes(depth: Int, file: String, place: inout TextPlace) throws(JSONError) -> [Node] {
    try open(depth: depth)
    if closes(with: UInt8(ascii: "]")) { return [] }
    var nodes: [Node] = []
    repeat {
      nodes.append(try node(depth: depth + 1, file: file, place: &place))
    } while try !endsAfterItem(with: UInt8(ascii: "]"))
    return nodes
  }

  private mutating func nodeMembers(
    depth: Int, file: String, place: inout TextPlace
  ) throws(JSONError) -> [(key: Node, value: Node)] {
    try open(depth: depth)
    if closes(with: UInt8(ascii: "}")) { return [] }
    var members: [(key: Node, value: Node)] = []
    repeat {
      let location = here(file, &place)
      let key = Node(.scalar(.string(try self.key().0)), at: location)
      try colon()
      members.append((key, try node(depth: depth + 1, file: file, place: &place)))
    } while try !endsAfterItem(with: UInt8(ascii: "}"))
    return members
  }

  private func here(_ file: String, _ place: inout TextPlace) -> SourceLocation {
    place.advance(to: position, in: bytes)
    return SourceLocation(file: file, line: place.line, column: place.column)
  }
}
