/// The members of a mapping while it is read: no key twice, merged ones give way.
struct YAMLMembers {
  private(set) var all: [(key: Node, value: Node)] = []
  /// Places by key, kept once the mapping is long enough to make looking through it slow.
  private var places: [String: Int] = [:]
  /// Keys that came from a merge: one that is written out replaces them.
  private var merged: Set<String> = []

  private static let longEnough = 12

  mutating func add(_ key: Node, _ value: Node) throws(YAMLReader.Stop) {
    let name = key.string ?? ""
    guard let place = place(of: name) else {
      append(name, key, value)
      return
    }
    guard merged.remove(name) != nil else {
      throw .problem(
        Problem(
          "the key \"\(name)\" is here twice: first on line \(all[place].key.location.line)",
          at: key.location,
          mend: "remove one of the two, or rename it"))
    }
    all[place] = (key, value)
  }

  /// `<<: *a`, `<<: {...}` or `<<: [*a, *b]`, of which the earlier wins.
  mutating func merge(_ source: Node, at location: SourceLocation) throws(YAMLReader.Stop) {
    switch source.content {
    case .object(let members):
      for (key, value) in members {
        let name = key.string ?? ""
        if place(of: name) == nil {
          append(name, key, value)
          merged.insert(name)
        }
      }
    case .array(let items):
      for item in items {
        guard case .object = item.content else { throw notMergeable(location) }
        try merge(item, at: location)
      }
    case .scalar: throw notMergeable(location)
    }
  }

  private func notMergeable(_ location: SourceLocation) -> YAMLReader.Stop {
    .problem(
      Problem("\"<<\" can merge only a mapping or a list of mappings", at: location, mend: "write <<: *name"))
  }

  private func place(of name: String) -> Int? {
    all.count < YAMLMembers.longEnough ? all.firstIndex { $0.key.string == name } : places[name]
  }

  private mutating func append(_ name: String, _ key: Node, _ value: Node) {
    all.append((key, value))
    if all.count == YAMLMembers.longEnough {
      for (place, member) in all.enumerated() { places[member.key.string ?? ""] = place }
    } else if all.count > YAMLMembers.longEnough {
      places[name] = all.count - 1
    }
  }
}
