/// Members in the order they were written. Equality ignores the order, as JSON does; keys are equal when
/// their code points are.
///
/// A lookup walks the members of a small object and asks an index for a big one.
public struct JSONObject: Sendable {
  public typealias Member = (key: String, value: JSON)

  /// A member as it is kept: arrays of structs are destroyed much faster than arrays of tuples.
  struct Entry: Sendable {
    var key: String
    var value: JSON
  }

  private(set) var members: [Entry] = []
  /// Where each key stands, for objects of more than `indexedFrom` members.
  private var places: [ExactKey: Int]?

  private static let indexedFrom = 16

  public init() {}

  /// Of members with the same key the last wins, at the place of the first.
  public init(_ pairs: some Sequence<(String, JSON)>) {
    members.reserveCapacity(pairs.underestimatedCount)
    for (key, value) in pairs { self[key] = value }
  }

  /// Takes members whose keys are known to differ.
  init(distinct members: [Entry]) {
    self.members = members
    if members.count > Self.indexedFrom { indexMembers() }
  }

  public subscript(key: String) -> JSON? {
    get {
      guard let place = place(of: key) else { return nil }
      return members[place].value
    }
    set {
      switch (place(of: key), newValue) {
      case (let place?, let value?): members[place].value = value
      case (let place?, nil):
        members.remove(at: place)
        places = nil
        if members.count > Self.indexedFrom { indexMembers() }
      case (nil, let value?):
        members.append(Entry(key: key, value: value))
        if places != nil {
          places?[ExactKey(text: key)] = members.count - 1
        } else if members.count > Self.indexedFrom {
          indexMembers()
        }
      case (nil, nil): break
      }
    }
  }

  public var keys: [String] { members.map(\.key) }
  public var values: [JSON] { members.map(\.value) }

  public func contains(_ key: String) -> Bool { place(of: key) != nil }

  private func place(of key: String) -> Int? {
    if let places { return places[ExactKey(text: key)] }
    // Lengths and bits settle nearly all keys in a few instructions, `==` most of the rest; but it holds for more than
    // the same bytes.
    let count = key.utf8.count
    for place in members.indices where members[place].key.utf8.count == count {
      let own = members[place].key
      if own.isSameValue(as: key) || own == key && own.hasSameBytes(as: key) { return place }
    }
    return nil
  }

  private mutating func indexMembers() {
    var places = [ExactKey: Int](minimumCapacity: members.count * 2)
    for (place, member) in members.enumerated() { places[ExactKey(text: member.key)] = place }
    self.places = places
  }
}

/// A key that is equal to another only when the code points are.
private struct ExactKey: Hashable {
  let text: String
  static func == (a: Self, b: Self) -> Bool { a.text.hasSameBytes(as: b.text) }
  func hash(into hasher: inout Hasher) { text.hashBytes(into: &hasher) }
}

extension JSONObject: RandomAccessCollection {
  public var startIndex: Int { members.startIndex }
  public var endIndex: Int { members.endIndex }
  public subscript(position: Int) -> Member { (members[position].key, members[position].value) }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (String, JSON)...) { self.init(elements) }
}

extension JSONObject: Hashable {
  public static func == (a: Self, b: Self) -> Bool {
    guard a.count == b.count else { return false }
    for place in a.members.indices {
      // Objects that were written alike have their members at the same places.
      if b.members[place].key.hasSameBytes(as: a.members[place].key) {
        if b.members[place].value != a.members[place].value { return false }
      } else if b[a.members[place].key] != a.members[place].value {
        return false
      }
    }
    return true
  }

  public func hash(into hasher: inout Hasher) {
    var sum = 0
    for member in members {
      var one = Hasher()
      member.key.hashBytes(into: &one)
      one.combine(member.value)
      sum &+= one.finalize()
    }
    hasher.combine(members.count)
    hasher.combine(sum)
  }
}
