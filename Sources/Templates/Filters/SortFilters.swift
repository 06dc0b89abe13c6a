import Formats

extension BuiltInFilter {
  @Sendable static func sort(
    _ renderer: Renderer, _ value: Value, _ arguments: CallArguments
  ) throws(Fault) -> Value {
    let items = value.isNullish ? [] : try value.items(for: "sort", renderer)
    let descends = arguments[0].isTrue
    let keepsCase = arguments[1].isTrue
    // Undefined items go last, whatever the order.
    let sortable = items.filter { !$0.isUndefined }
    let missing = Array(repeating: Value.undefined, count: items.count - sortable.count)
    guard sortable.count > 1 else { return .array(ArrayBox(sortable + missing)) }
    var keyed: [(key: Value, item: Value)] = []
    for item in sortable {
      let key = arguments[2].isTrue ? try Members.attribute(arguments[2], of: item) : item
      keyed.append((folded(key, keepsCase: keepsCase), item))
    }
    let sorted = try mergeSorted(keyed, renderer) { (a, b) throws(Fault) in
      if try Value.compare(a.key, b.key, { $0 == .less }) { return descends ? 1 : -1 }
      if try Value.compare(a.key, b.key, { $0 == .greater }) { return descends ? -1 : 1 }
      return 0
    }
    return .array(ArrayBox(sorted.map(\.item) + missing))
  }

  private static func folded(_ key: Value, keepsCase: Bool) -> Value {
    if !keepsCase, let text = key.text { .string(text.lowercased()) } else { key }
  }

  @Sendable static func sortDictionary(
    _ renderer: Renderer, _ value: Value, _ arguments: CallArguments
  ) throws(Fault) -> Value {
    guard case .object(let box) = value else {
      throw Fault("filter \"dictsort\" needs an object, not \(value.kindName)")
    }
    let sortsByValue: Bool
    switch arguments[1] {
    case .undefined, .string("key"): sortsByValue = false
    case .string("value"): sortsByValue = true
    default: throw Fault("filter \"dictsort\" sorts by \"key\" or \"value\"")
    }
    let keepsCase = arguments[0].isTrue
    func key(_ member: (key: String, value: Value)) -> Value {
      let key = sortsByValue ? member.value : .string(member.key)
      if !keepsCase, let text = key.text { return .string(text.uppercased()) }
      return key
    }
    let keyed = box.entries.map { (key: key($0), member: $0) }
    let sorted = try mergeSorted(keyed, renderer) { (a, b) throws(Fault) in
      if try Value.compare(a.key, b.key, { $0 == .greater }) { return 1 }
      return Value.identical(a.key, b.key) ? 0 : -1
    }
    return .array(ArrayBox(sorted.map { .array(ArrayBox([.string($0.member.key), $0.member.value])) }))
  }

  /// Stable, and safe with an order that contradicts itself, as one of mixed types may.
  private static func mergeSorted<Item>(
    _ items: [Item], _ renderer: Renderer, _ order: (Item, Item) throws(Fault) -> Int
  ) throws(Fault) -> [Item] {
    guard items.count > 1 else { return items }
    let middle = items.count / 2
    let left = try mergeSorted(Array(items[..<middle]), renderer, order)
    let right = try mergeSorted(Array(items[middle...]), renderer, order)
    var merged: [Item] = []
    merged.reserveCapacity(items.count)
    var (i, j) = (0, 0)
    while i < left.count, j < right.count {
      try renderer.step()
      if try order(left[i], right[j]) <= 0 {
        merged.append(left[i])
        i += 1
      } else {
        merged.append(right[j])
        j += 1
      }
    }
    return merged + left[i...] + right[j...]
  }
}
