// The keywords that look at the members and items of a value.

extension SchemaEvaluation {
  mutating func holdsInside(_ keyword: SchemaKeyword, _ value: JSON, _ own: inout SchemaEvaluated) -> Bool {
    switch (keyword, value) {
    case (.properties(let members), .object(let object)): holds(members, object, &own)
    case (.propertyNames(let node), .object(let object)): holdsNames(node, object)
    case (.items(let items), .array(let values)): holds(items, values, &own)
    case (.contains(let node, let least, let most, let counts), .array(let values)):
      holdsContained(node, least, most, values, &own, counts)
    case (.unevaluatedItems(let node), .array(let values)): holdsRest(node, values, &own)
    case (.unevaluatedProperties(let node), .object(let object)): holdsRest(node, object, &own)
    default: true
    }
  }

  private mutating func holds(
    _ members: SchemaMembers, _ object: JSONObject, _ own: inout SchemaEvaluated
  ) -> Bool {
    var holds = true
    for (number, (key, value)) in object.enumerated() {
      var isKnown = false
      if let node = members.named[key]?.int {
        isKnown = true
        holds = evaluate(node, part: value, at: .key(key), by: [.key("properties"), .key(key)]) && holds
      }
      for (pattern, node) in members.patterns where matches(pattern, key) {
        isKnown = true
        let way: [Step] = [.key("patternProperties"), .key(pattern.source)]
        holds = evaluate(node, part: value, at: .key(key), by: way) && holds
      }
      if !isKnown, let additional = members.additional {
        isKnown = true
        holds = evaluate(additional, part: value, at: .key(key), by: [.key("additionalProperties")]) && holds
      }
      if isKnown, tracksEvaluated { own.members.insert(number) }
      if !holds, isQuiet { break }
    }
    return holds
  }

  private mutating func holdsNames(_ node: Int, _ object: JSONObject) -> Bool {
    var holds = true
    for key in object.keys {
      holds = evaluate(node, part: .string(key), at: .key(key), by: [.key("propertyNames")]) && holds
    }
    return holds
  }

  private mutating func holds(_ items: SchemaItems, _ values: [JSON], _ own: inout SchemaEvaluated) -> Bool {
    var holds = true
    for (number, value) in values.enumerated() {
      let node: Int
      let way: [Step]
      if number < items.first.count {
        (node, way) = (items.first[number], [.key(items.firstKeyword), .index(number)])
      } else if let rest = items.rest {
        (node, way) = (rest, [.key(items.restKeyword)])
      } else {
        break
      }
      holds = evaluate(node, part: value, at: .index(number), by: way) && holds
      if !holds, isQuiet { break }
    }
    own.firstItems = max(own.firstItems, items.first.count)
    if items.rest != nil { own.allItems = true }
    return holds
  }

  private mutating func holdsContained(
    _ node: Int, _ least: Int, _ most: Int?, _ values: [JSON], _ own: inout SchemaEvaluated, _ counts: Bool
  ) -> Bool {
    var found = 0
    for (number, value) in values.enumerated() {
      guard quietly({ $0.evaluate(node, part: value, at: .index(number), by: [.key("contains")]) }) else {
        continue
      }
      found += 1
      if counts, tracksEvaluated { own.items.insert(number) }
    }
    if found < least {
      return fail(
        "must contain at least \(least) matching item\(least == 1 ? "" : "s"), contains \(found)",
        least == 1 ? "contains" : "minContains")
    }
    if let most, found > most {
      return fail(
        "must contain at most \(most) matching item\(most == 1 ? "" : "s"), contains \(found)", "maxContains")
    }
    return true
  }

  private mutating func holdsRest(_ node: Int, _ values: [JSON], _ own: inout SchemaEvaluated) -> Bool {
    if own.allItems { return true }
    var holds = true
    for (number, value) in values.enumerated() where number >= own.firstItems && !own.items.contains(number) {
      holds = evaluate(node, part: value, at: .index(number), by: [.key("unevaluatedItems")]) && holds
    }
    own.allItems = true
    return holds
  }

  private mutating func holdsRest(_ node: Int, _ object: JSONObject, _ own: inout SchemaEvaluated) -> Bool {
    if own.allMembers { return true }
    var holds = true
    for (number, (key, value)) in object.enumerated() where !own.members.contains(number) {
      holds = evaluate(node, part: value, at: .key(key), by: [.key("unevaluatedProperties")]) && holds
    }
    own.allMembers = true
    return holds
  }
}
