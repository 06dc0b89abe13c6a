import Formats

extension BuiltInFilter {
  /// Filters of arrays and objects.
  static let listFilters = [
    BuiltInFilter("batch", ["size", "fill"], batch),
    BuiltInFilter("dictsort", ["case_sensitive", "by"], sortDictionary),
    BuiltInFilter("first") { (_, value, _) throws(Fault) in try element("first", of: value) { _ in 0 } },
    BuiltInFilter("last") { (_, value, _) throws(Fault) in try element("last", of: value) { $0 - 1 } },
    BuiltInFilter("random") { (renderer, value, _) throws(Fault) in
      try element("random", of: value) { renderer.randomIndex(below: $0) }
    },
    BuiltInFilter("groupby", ["attribute"], group),
    BuiltInFilter("join", ["separator", "attribute"], join),
    BuiltInFilter("length") { (_, value, _) throws(Fault) in length(of: value) },
    BuiltInFilter("list") { (renderer, value, _) throws(Fault) in try list(of: value, renderer) },
    BuiltInFilter("reject", ["test", "argument"]) { (renderer, value, arguments) throws(Fault) in
      try select(false, renderer, value, arguments)
    },
    BuiltInFilter("select", ["test", "argument"]) { (renderer, value, arguments) throws(Fault) in
      try select(true, renderer, value, arguments)
    },
    BuiltInFilter("rejectattr", ["attribute"]) { (renderer, value, arguments) throws(Fault) in
      try selectAttribute(false, renderer, value, arguments)
    },
    BuiltInFilter("selectattr", ["attribute"]) { (renderer, value, arguments) throws(Fault) in
      try selectAttribute(true, renderer, value, arguments)
    },
    BuiltInFilter("reverse") { (renderer, value, _) throws(Fault) in
      if let text = value.text {
        return value.sameSafety(String(String.UnicodeScalarView(text.unicodeScalars.reversed())))
      }
      guard case .array(let box) = value else { return .array(ArrayBox([])) }
      try renderer.step(box.count)
      return .array(ArrayBox(box.items.reversed()))
    },
    BuiltInFilter("slice", ["slices", "fill"], slice),
    BuiltInFilter("sort", ["reverse", "case_sensitive", "attribute"], sort),
    BuiltInFilter("sum", ["attribute", "start"], sum),
  ]

  private static func element(_ filter: String, of value: Value, _ place: (Int) -> Int) throws(Fault) -> Value
  {
    switch value {
    case .undefined, .null: throw Fault("filter \"\(filter)\" needs an array, not \(value.kindName)")
    case .array(let box): box[place(box.count)]
    case .string(let text), .safe(let text):
      text.character(atUnit: place(text.javaScriptLength)).map { .string($0) } ?? .undefined
    case .object(let box) where filter == "first": box["0"] ?? .undefined
    default: .undefined
    }
  }

  private static func length(of value: Value) -> Value {
    switch value {
    case .undefined, .null, .bool(false): .number(0)
    case .string(let text), .safe(let text): .number(Double(text.javaScriptLength))
    case .array(let box): .number(Double(box.count))
    case .object(let box): .number(Double(box.count))
    case .bool, .number, .function, .regex: .undefined
    }
  }

  private static func list(of value: Value, _ renderer: Renderer) throws(Fault) -> Value {
    switch value {
    case .array: return value
    case .string(let text), .safe(let text):
      return .array(ArrayBox(try renderer.characters(of: text).map { .string($0) }))
    case .object(let box):
      let pairs = box.entries.map {
        Value.object(ObjectBox(words: [("key", .string($0.key)), ("value", $0.value)]))
      }
      return .array(ArrayBox(pairs))
    default: throw Fault("filter \"list\" cannot take \(value.kindName)")
    }
  }

  @Sendable private static func batch(
    _ renderer: Renderer, _ value: Value, _ arguments: CallArguments
  ) throws(Fault) -> Value {
    let items = try value.items(for: "batch", renderer)
    let size = try arguments[0].number()
    var batches: [Value] = []
    var batch: [Value] = []
    for (place, item) in items.enumerated() {
      if Double(place).truncatingRemainder(dividingBy: size) == 0, !batch.isEmpty {
        batches.append(.array(ArrayBox(batch)))
        batch = []
      }
      batch.append(item)
    }
    try renderer.step(items.count)
    if !batch.isEmpty {
      if arguments[1].isTrue {
        while Double(batch.count) < size {
          try renderer.step()
          batch.append(arguments[1])
        }
      }
      batches.append(.array(ArrayBox(batch)))
    }
    return .array(ArrayBox(batches))
  }

  @Sendable private static func slice(
    _ renderer: Renderer, _ value: Value, _ arguments: CallArguments
  ) throws(Fault) -> Value {
    guard !value.isNullish else { throw Fault("filter \"slice\" needs an array, not \(value.kindName)") }
    let slices = try arguments[0].number()
    guard slices > 0 else { return .array(ArrayBox([])) }
    let items: [Value]
    switch value {
    case .array(let box): items = box.items
    case .string(let text), .safe(let text): items = try renderer.characters(of: text).map { .string($0) }
    default: throw Fault("filter \"slice\" needs an array, not \(value.kindName)")
    }
    let size = Int(min(Double(items.count) / slices, Double(items.count)))
    let extra = Double(items.count).truncatingRemainder(dividingBy: slices)
    var result: [Value] = []
    var start = 0
    var place = 0.0
    while place < slices {
      try renderer.step()
      let end = min(start + size + (place < extra ? 1 : 0), items.count)
      var part = Array(items[start..<end])
      start = end
      let isFilled = arguments[1].isTrue && place >= extra
      place += 1
      if value.text == nil {
        if isFilled { part.append(arguments[1]) }
        result.append(.array(ArrayBox(part)))
      } else if isFilled {
        throw Fault("filter \"slice\" cannot fill slices of a string")
      } else {
        result.append(.string(part.compactMap(\.text).joined()))
      }
    }
    return .array(ArrayBox(result))
  }

  @Sendable private static func join(
    _ renderer: Renderer, _ value: Value, _ arguments: CallArguments
  ) throws(Fault) -> Value {
    let items =
      arguments[1].isTrue
      ? try members(arguments[1], of: value, "join", renderer) : try value.array(for: "join")
    try renderer.step(items.count)
    let separator = arguments[0].isTrue ? try arguments[0].string() : ""
    try renderer.expect(bytes: items.count * separator.utf8.count)
    return .string(try renderer.made(try ArrayBox(items).joined(by: separator)))
  }

  /// `item[name]` of all items; null and undefined have none.
  private static func members(
    _ name: Value, of value: Value, _ filter: String, _ renderer: Renderer
  ) throws(Fault) -> [Value] {
    if value.isNullish { return [] }
    var members: [Value] = []
    for item in try value.items(for: filter, renderer) {
      members.append(try attribute(name, of: item, filter))
    }
    return members
  }

  /// `item[attribute]`
  private static func attribute(_ name: Value, of item: Value, _ filter: String) throws(Fault) -> Value {
    guard !item.isNullish else { throw Fault("filter \"\(filter)\": an item is \(item.kindName)") }
    return try Members.member(name, of: item)
  }

  private static func select(
    _ wanted: Bool, _ renderer: Renderer, _ value: Value, _ arguments: CallArguments
  ) throws(Fault) -> Value {
    let name = arguments[0].isUndefined ? "truthy" : try arguments[0].string()
    let test = try BuiltInTest.named(name)
    var kept: [Value] = []
    for item in try value.items(for: wanted ? "select" : "reject", renderer) {
      try renderer.step()
      if try test(item, arguments[1]) == wanted { kept.append(item) }
    }
    return .array(ArrayBox(kept))
  }

  private static func selectAttribute(
    _ wanted: Bool, _ renderer: Renderer, _ value: Value, _ arguments: CallArguments
  ) throws(Fault) -> Value {
    let filter = wanted ? "selectattr" : "rejectattr"
    var kept: [Value] = []
    for item in try value.array(for: filter) {
      try renderer.step()
      if try attribute(arguments[0], of: item, filter).isTrue == wanted { kept.append(item) }
    }
    return .array(ArrayBox(kept))
  }

  @Sendable private static func group(
    _ renderer: Renderer, _ value: Value, _ arguments: CallArguments
  ) throws(Fault) -> Value {
    var members: [(key: String, items: [Value])] = []
    var places: [String: Int] = [:]
    for item in try value.items(for: "groupby", renderer) {
      try renderer.step()
      let key = try Members.attribute(arguments[0], of: item).string()
      if let place = places[key] {
        members[place].items.append(item)
      } else {
        places[key] = members.count
        members.append((key, [item]))
      }
    }
    return .object(ObjectBox(members.map { ($0.key, .array(ArrayBox($0.items))) }))
  }

  @Sendable private static func sum(
    _ renderer: Renderer, _ value: Value, _ arguments: CallArguments
  ) throws(Fault) -> Value {
    let items =
      arguments[0].isTrue
      ? try members(arguments[0], of: value, "sum", renderer) : try value.array(for: "sum")
    var total = Value.number(0)
    for item in items {
      try renderer.step()
      total = try Value.add(total, item)
      if case .string(let text) = total { try renderer.made(text) }
    }
    return try Value.add(arguments[1].isUndefined ? .number(0) : arguments[1], total)
  }
}
