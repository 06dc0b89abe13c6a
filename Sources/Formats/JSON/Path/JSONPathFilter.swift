/// The condition of a filter selector, `?@.price < 10`.
indirect enum JSONPathFilter: Sendable {
  case any([JSONPathFilter])
  case all([JSONPathFilter])
  case not(JSONPathFilter)
  case exists(Query)
  case compare(Operand, Comparison, Operand)
  /// `match` (the whole text) or `search` (any part of it)
  case matches(Operand, Operand, isWhole: Bool)

  struct Query: Sendable {
    /// `$` or `@`
    var isFromRoot: Bool
    var segments: [JSONPath.Segment]
  }

  enum Comparison: String, Sendable {
    case equal = "=="
    case unequal = "!="
    case atMost = "<="
    case atLeast = ">="
    case less = "<"
    case more = ">"
  }

  enum Operand: Sendable {
    case literal(JSON)
    case query(Query)
    case length(Box)
    case count(Query)
    case value(Query)
  }

  /// The argument of `length`, which may itself be an operand.
  final class Box: Sendable {
    let operand: Operand
    init(_ operand: Operand) { self.operand = operand }
  }
}

extension JSONPathWalk {
  mutating func holds(_ filter: JSONPathFilter, for item: JSON) throws(Problem) -> Bool {
    stepsLeft -= 1
    switch filter {
    case .any(let filters):
      for filter in filters where try holds(filter, for: item) { return true }
      return false
    case .all(let filters):
      for filter in filters where try !holds(filter, for: item) { return false }
      return true
    case .not(let filter): return try !holds(filter, for: item)
    case .exists(let query): return try !values(of: query, for: item).isEmpty
    case .compare(let left, let comparison, let right):
      return compare(try value(of: left, for: item), comparison, try value(of: right, for: item))
    case .matches(let text, let pattern, let isWhole):
      guard let text = try value(of: text, for: item)?.string,
        let pattern = try value(of: pattern, for: item)?.string
      else { return false }
      return try matches(isWhole ? "^(?:\(pattern))$" : pattern, in: text)
    }
  }

  private mutating func values(of query: JSONPathFilter.Query, for item: JSON) throws(Problem) -> [JSON] {
    try values(of: query.segments, from: query.isFromRoot ? root : item)
  }

  /// The one value of an operand, or nil for nothing.
  private mutating func value(of operand: JSONPathFilter.Operand, for item: JSON) throws(Problem) -> JSON? {
    switch operand {
    case .literal(let value): return value
    case .query(let query), .value(let query):
      let found = try values(of: query, for: item)
      // No ternary: there, nil would be taken for JSON's null.
      if found.count == 1 { return found[0] }
      return nil
    case .count(let query): return JSON(try values(of: query, for: item).count)
    case .length(let box):
      switch try value(of: box.operand, for: item) {
      case .string(let text)?: return JSON(text.unicodeScalars.count)
      case .array(let items)?: return JSON(items.count)
      case .object(let object)?: return JSON(object.count)
      case .null?, .bool?, .number?, nil: return nil
      }
    }
  }

  private func compare(_ left: JSON?, _ comparison: JSONPathFilter.Comparison, _ right: JSON?) -> Bool {
    switch comparison {
    case .equal: left == right
    case .unequal: left != right
    case .less: isLess(left, right)
    case .more: isLess(right, left)
    case .atMost: left == right || isLess(left, right)
    case .atLeast: left == right || isLess(right, left)
    }
  }

  /// Only numbers and strings have an order.
  private func isLess(_ left: JSON?, _ right: JSON?) -> Bool {
    switch (left, right) {
    case (.number(let a)?, .number(let b)?): a < b
    case (.string(let a)?, .string(let b)?): a.utf8.lexicographicallyPrecedes(b.utf8)
    default: false
    }
  }
}

extension JSONPathWalk {
  /// One that is no regular expression matches nothing (RFC 9535, 2.4.6); one that takes too long is no answer.
  fileprivate mutating func matches(_ source: String, in text: String) throws(Problem) -> Bool {
    if patterns[source] == nil, patterns.count < 1_000 {
      patterns[source] = .some(try? Pattern(source, flags: "u"))
    }
    guard let pattern = patterns[source] ?? (try? Pattern(source, flags: "u")) else { return false }
    do { return try patternBudget.matches(pattern, in: text) } catch {
      throw Problem("/\(source)/ in this JSON path: \(error.message)")
    }
  }
}
