// The keywords that look at the value alone.

extension SchemaEvaluation {
  mutating func holds(
    _ keyword: SchemaKeyword, _ value: JSON, _ own: inout SchemaEvaluated
  ) -> Bool {
    switch keyword {
    case .nothing: return forbidden()
    case .type(let types):
      return Self.type(of: value).isDisjoint(with: types)
        ? fail("must be \(types.text), not \(value.typeName)", "type") : true
    case .oneOfValues(let values): return values.contains(value) || fail(Self.choice(values), "enum")
    case .constant(let constant): return value == constant || fail("must be \(Self.short(constant))", "const")
    case .multipleOf(let divisor):
      guard let number = value.number else { return true }
      return number.isMultiple(of: divisor) || fail("must be a multiple of \(divisor.text)", "multipleOf")
    case .bound(let bound, let limit): return holds(bound, limit, value)
    case .size(let size, let count): return holds(size, count, value)
    case .pattern(let pattern): return holds(pattern, value)
    case .format(let name):
      guard let text = value.string else { return true }
      return SchemaFormats.holds(name, text) || fail("must be a well-formed \(name)", "format")
    case .uniqueItems: return holdsUnique(value)
    case .required(let names): return holdsRequired(names, value)
    case .dependentRequired(let needs, let keyword): return holdsDependent(needs, keyword, value)
    case .reference, .dynamicReference, .recursiveReference, .allOf, .anyOf, .oneOf, .not, .condition,
      .dependentSchemas:
      return holdsInPlace(keyword, value, &own)
    case .properties, .propertyNames, .items, .contains, .unevaluatedItems, .unevaluatedProperties:
      return holdsInside(keyword, value, &own)
    }
  }

  /// What stands where nothing may.
  private mutating func forbidden() -> Bool {
    guard case .key(let name)? = instancePath.last else { return note("nothing is allowed here") }
    return note("property \(JSON(name).text) is not allowed")
  }

  static func type(of value: JSON) -> SchemaTypes {
    switch value {
    case .null: .null
    case .bool: .boolean
    case .number(let number): number.isInteger ? [.integer, .number] : .number
    case .string: .string
    case .array: .array
    case .object: .object
    }
  }

  static func short(_ value: JSON) -> String {
    let text = value.text
    return text.count > 60 ? text.prefix(57) + "..." : text
  }

  private static func choice(_ values: [JSON]) -> String {
    let shown = values.prefix(8).map(short).joined(separator: ", ")
    return "must be one of \(shown)\(values.count > 8 ? ", ..." : "")"
  }

  private mutating func holds(_ bound: SchemaBound, _ limit: JSONNumber, _ value: JSON) -> Bool {
    guard let number = value.number else { return true }
    let (holds, words) =
      switch bound {
      case .minimum: (number >= limit, "at least")
      case .maximum: (number <= limit, "at most")
      case .exclusiveMinimum: (number > limit, "above")
      case .exclusiveMaximum: (number < limit, "below")
      }
    return holds || fail("must be \(words) \(limit.text)", bound.rawValue)
  }

  private mutating func holds(_ size: SchemaSize, _ limit: Int, _ value: JSON) -> Bool {
    let count: Int
    let what: String
    switch (size, value) {
    case (.minLength, .string(let text)), (.maxLength, .string(let text)):
      (count, what) = (text.unicodeScalars.count, "character")
    case (.minItems, .array(let items)), (.maxItems, .array(let items)): (count, what) = (items.count, "item")
    case (.minProperties, .object(let object)), (.maxProperties, .object(let object)):
      (count, what) = (object.count, "property")
    default: return true
    }
    let plural = limit == 1 ? what : what == "property" ? "properties" : what + "s"
    switch size {
    case .minLength, .minItems, .minProperties:
      return count >= limit || fail("must have at least \(limit) \(plural), has \(count)", size.rawValue)
    case .maxLength, .maxItems, .maxProperties:
      return count <= limit || fail("must have at most \(limit) \(plural), has \(count)", size.rawValue)
    }
  }

  private mutating func holds(_ pattern: Pattern, _ value: JSON) -> Bool {
    guard let text = value.string else { return true }
    return matches(pattern, text) || fail("must match /\(pattern.source)/", "pattern")
  }

  private mutating func holdsUnique(_ value: JSON) -> Bool {
    guard let items = value.array else { return true }
    var places: [JSON: Int] = [:]
    for (place, item) in items.enumerated() {
      if let first = places.updateValue(place, forKey: item) {
        return fail("must not have equal items: \(first) and \(place) are", "uniqueItems")
      }
    }
    return true
  }

  private mutating func holdsRequired(_ names: [String], _ value: JSON) -> Bool {
    guard let object = value.object else { return true }
    var holds = true
    for name in names where !object.contains(name) {
      holds = fail("must have property \(JSON(name).text)", "required")
    }
    return holds
  }

  private mutating func holdsDependent(
    _ needs: [(key: String, needs: [String])], _ keyword: String, _ value: JSON
  ) -> Bool {
    guard let object = value.object else { return true }
    var holds = true
    for (key, names) in needs where object.contains(key) {
      for name in names where !object.contains(name) {
        let message = "must have property \(JSON(name).text), as it has \(JSON(key).text)"
        holds = fail(message, keyword, .key(key))
      }
    }
    return holds
  }
}
