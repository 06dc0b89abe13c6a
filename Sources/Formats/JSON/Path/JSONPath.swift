/// A question to a JSON value (RFC 9535): `$.choices[*].message.content`, `$..id`, `$.items[?@.price < 10].name`.
///
/// Names, indices (negative ones from the end), slices, wildcards, descendants, lists of these, and filters with
/// comparisons, `&&`, `||`, `!` and the functions `length`, `count`, `value`, `match`, `search`. The leading `$` may be
/// left out: `choices[0]` is `$.choices[0]`.
public struct JSONPath: Sendable, CustomStringConvertible {
  public let description: String
  let segments: [Segment]

  struct Segment: Sendable {
    var isDescendant: Bool
    var selectors: [Selector]
  }

  enum Selector: Sendable {
    case name(String)
    case wildcard
    case index(Int)
    case slice(start: Int?, end: Int?, step: Int)
    case filter(JSONPathFilter)
  }

  /// Throws when the text is no path; the problem's column counts from the start of the path.
  public init(_ text: String) throws(Problem) {
    var parser = JSONPathParser(text)
    segments = try parser.path()
    description = text
  }

  init(segments: [Segment]) {
    self.segments = segments
    description = "$"
  }

  /// The values that the path leads to, in the order of the document. Throws when the work goes beyond `steps`: `$..*..*`
  /// of a deep value never ends in practice.
  public func values(in root: JSON, steps: Int = 1_000_000) throws(Problem) -> [JSON] {
    var walk = JSONPathWalk(root: root, stepsLeft: steps)
    return try walk.values(of: segments, from: root)
  }

  /// The first of the values.
  public func first(in root: JSON) throws(Problem) -> JSON? { try values(in: root).first }
}

/// One evaluation of a path.
struct JSONPathWalk {
  let root: JSON
  var stepsLeft: Int
  /// Of filters; nil for what is no pattern.
  var patterns: [String: Pattern?] = [:]
  var patternBudget = PatternBudget()

  init(root: JSON, stepsLeft: Int) {
    self.root = root
    self.stepsLeft = stepsLeft
  }

  mutating func values(of segments: [JSONPath.Segment], from start: JSON) throws(Problem) -> [JSON] {
    var current = [start]
    for segment in segments {
      var next: [JSON] = []
      for value in current {
        if segment.isDescendant {
          try visitDescendants(of: value, segment, into: &next)
        } else {
          try select(segment, in: value, into: &next)
        }
      }
      current = next
    }
    return current
  }

  private mutating func step() throws(Problem) {
    stepsLeft -= 1
    if stepsLeft < 0 {
      throw Problem("this JSON path takes too many steps", mend: "name the way instead of using \"..\"")
    }
  }

  private mutating func visitDescendants(
    of value: JSON, _ segment: JSONPath.Segment, into found: inout [JSON]
  ) throws(Problem) {
    try select(segment, in: value, into: &found)
    switch value {
    case .array(let items): for item in items { try visitDescendants(of: item, segment, into: &found) }
    case .object(let object):
      for member in object { try visitDescendants(of: member.value, segment, into: &found) }
    case .null, .bool, .number, .string: break
    }
  }

  private mutating func select(
    _ segment: JSONPath.Segment, in value: JSON, into found: inout [JSON]
  ) throws(Problem) {
    for selector in segment.selectors {
      try step()
      switch (selector, value) {
      case (.name(let name), .object(let object)): if let member = object[name] { found.append(member) }
      case (.index(let index), .array(let items)):
        let place = index < 0 ? items.count + index : index
        if items.indices.contains(place) { found.append(items[place]) }
      case (.slice(let start, let end, let step), .array(let items)):
        for place in Self.places(start, end, step, count: items.count) { found.append(items[place]) }
      case (.wildcard, .array(let items)):
        stepsLeft -= items.count
        found += items
      case (.wildcard, .object(let object)):
        stepsLeft -= object.count
        found += object.values
      case (.filter(let filter), .array(let items)):
        for item in items where try holds(filter, for: item) { found.append(item) }
      case (.filter(let filter), .object(let object)):
        for item in object.values where try holds(filter, for: item) { found.append(item) }
      case (.name, _), (.index, _), (.slice, _), (.wildcard, _), (.filter, _): break
      }
    }
  }

  /// RFC 9535, 2.3.4.2.2.
  private static func places(_ start: Int?, _ end: Int?, _ step: Int, count: Int) -> [Int] {
    if step == 0 || count == 0 { return [] }
    func normal(_ place: Int) -> Int { place < 0 ? count + max(place, -count - 1) : place }
    if step > 0 {
      let from = min(max(normal(start ?? 0), 0), count)
      let to = min(max(normal(end ?? count), 0), count)
      return Array(stride(from: from, to: to, by: min(step, count)))
    }
    let from = min(max(start.map(normal) ?? count - 1, -1), count - 1)
    let to = min(max(end.map(normal) ?? -1, -1), count - 1)
    return Array(stride(from: from, to: to, by: max(step, -count)))
  }
}
