/// Members in the order they were written. Equality ignores the order, as JSON does.
public struct JSONObject: Sendable {
  public typealias Member = (key: String, value: JSON)
  private var members: [Member] = []

  public init() {}
  /// Of members with the same key the last wins, at the place of the first.
  public init(_ pairs: some Sequence<(String, JSON)>) {
    for (key, value) in pairs { self[key] = value }
  }

  public subscript(key: String) -> JSON? {
    get { members.first { $0.key == key }?.value }
    set {
      let place = members.firstIndex { $0.key == key }
      switch (place, newValue) {
      case (let place?, let value?): members[place].value = value
      case (let place?, nil): members.remove(at: place)
      case (nil, let value?): members.append((key, value))
      case (nil, nil): break
      }
    }
  }

  public var keys: [String] { members.map(\.key) }
  public var values: [JSON] { members.map(\.value) }
}

extension JSONObject: RandomAccessCollection {
  public var startIndex: Int { members.startIndex }
  public var endIndex: Int { members.endIndex }
  public subscript(position: Int) -> Member { members[position] }
}

extension JSONObject: Hashable {
  public static func == (a: Self, b: Self) -> Bool {
    a.count == b.count && a.members.allSatisfy { b[$0.key] == $0.value }
  }
  public func hash(into hasher: inout Hasher) {
    hasher.combine(members.count)
  }
}
