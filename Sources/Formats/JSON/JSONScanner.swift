/// Finds a few fields in the bytes of a JSON text without building values: what a stream event needs.
///
/// Made once from the paths of the fields, used for every event; one pass finds them all.
///
///     let scanner = JSONScanner("choices[0].delta.content", "choices[0].finish_reason", "usage")
///     var fields = scanner.emptyFields
///     if scanner.scan(data, into: &fields), fields[0].isNonEmpty { fields[0].appendText(in: data, to: &reply) }
///
/// It trusts its input more than `JSON(parsing:)` does: brackets, quotes and commas must be right where it looks,
/// the inside of what it passes over is not judged. Keys must be written without escapes, as everyone does.
public struct JSONScanner: Sendable {
  /// A place on the way to a field: its edges lead on, its field is found here.
  struct Place {
    var firstEdge = 0
    var edgeCount = 0
    var field = -1
    /// How many of the edges are indices.
    var indexCount = 0
    /// The marks of all the keys.
    var keyMarks: UInt64 = 0
  }

  /// A key, or an index, that leads from one place to the next.
  struct Edge {
    var keyStart = 0
    /// -1 for an index.
    var keyCount = -1
    /// The first bytes of the key, eight at most.
    var keyWord: UInt64 = 0
    /// -1 for a key.
    var index = -1
    var place = 0
  }

  let places: [Place]
  let edges: [Edge]
  let keys: [UInt8]

  /// As many fields as paths, all missing: for `scan` to fill, again and again.
  public let emptyFields: [JSONField]

  /// Paths are keys with points between, indices in brackets: `choices[0].delta.content`.
  public init(_ paths: String...) { self.init(paths: paths) }

  public init(paths: [String]) {
    let root = Branch()
    for (field, path) in paths.enumerated() { root.add(Self.steps(of: path)[...], field: field) }
    var places = [Place()]
    var edges: [Edge] = []
    var keys: [UInt8] = []
    var queue: [(place: Int, branch: Branch)] = [(0, root)]
    var next = 0
    while next < queue.count {
      let (place, branch) = queue[next]
      next += 1
      places[place] = Place(firstEdge: edges.count, edgeCount: branch.steps.count, field: branch.field)
      for (step, child) in branch.steps {
        var edge = Edge(place: places.count)
        switch step {
        case .key(let key):
          (edge.keyStart, edge.keyCount) = (keys.count, key.utf8.count)
          keys += Array(key.utf8)
          let last = key.utf8.last ?? UInt8(ascii: "\"")
          places[place].keyMarks |= Self.mark(length: edge.keyCount, last: last)
          edge.keyWord = Array(key.utf8).withUnsafeBufferPointer { bytes in
            bytes.baseAddress.map { Self.word(of: $0, length: bytes.count, readable: bytes.count) } ?? 0
          }
        case .index(let index):
          edge.index = index
          places[place].indexCount += 1
        }
        edges.append(edge)
        queue.append((places.count, child))
        places.append(Place())
      }
    }
    self.places = places
    self.edges = edges
    self.keys = keys
    emptyFields = Array(repeating: JSONField(), count: paths.count)
  }

  /// Finds the fields in one pass; those that are not there are `missing`. False when the text is not one
  /// well-bracketed value, such as one that was cut short; the fields then hold what was found up to there.
  ///
  /// `fields` must have come from `emptyFields`.
  public func scan(_ data: RawSpan, into fields: inout [JSONField]) -> Bool {
    guard fields.count == emptyFields.count else { return false }
    return data.withUnsafeBytes { bytes in
      places.withUnsafeBufferPointer { places in
        edges.withUnsafeBufferPointer { edges in
          keys.withUnsafeBytes { keys in
            fields.withUnsafeMutableBufferPointer { fields in
              fields.update(repeating: JSONField())
              guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self),
                let places = places.baseAddress, let edges = edges.baseAddress
              else { return false }
              let walk = JSONWalk(
                end: start + bytes.count, start: start, places: places, edges: edges, keys: keys,
                fields: fields)
              return walk.document()
            }
          }
        }
      }
    }
  }

  public func scan(_ data: [UInt8], into fields: inout [JSONField]) -> Bool {
    scan(data.span.bytes, into: &fields)
  }

  /// A bit that tells most keys apart; the last letter of an empty key is its opening quote.
  @inline(__always)
  static func mark(length: Int, last: UInt8) -> UInt64 {
    1 &<< (UInt64(truncatingIfNeeded: length) ^ UInt64(last))
  }

  /// The first bytes of a key as one number, padded with zeros; `readable` bytes may be read.
  @inline(__always)
  static func word(of key: UnsafePointer<UInt8>, length: Int, readable: Int) -> UInt64 {
    if readable >= 8 {
      let word = UnsafeRawPointer(key).loadUnaligned(as: UInt64.self).littleEndian
      return length >= 8 ? word : word & ((1 &<< UInt64(truncatingIfNeeded: length &* 8)) &- 1)
    }
    var word: UInt64 = 0
    for place in (0..<min(length, 8)).reversed() { word = word << 8 | UInt64(key[place]) }
    return word
  }

  private enum Step: Hashable {
    case key(String)
    case index(Int)
  }

  /// The paths as a tree, while it grows.
  private final class Branch {
    var steps: [(step: Step, branch: Branch)] = []
    var field = -1

    func add(_ path: ArraySlice<Step>, field: Int) {
      guard let step = path.first else {
        self.field = field
        return
      }
      let known = steps.first { $0.step == step }?.branch
      let branch = known ?? Branch()
      if known == nil { steps.append((step, branch)) }
      branch.add(path.dropFirst(), field: field)
    }
  }

  private static func steps(of path: String) -> [Step] {
    path.split(separator: ".").flatMap { part -> [Step] in
      let pieces = part.split(separator: "[", omittingEmptySubsequences: false)
      let indices = pieces.dropFirst().compactMap { Int($0.prefix { $0 != "]" }) }.map(Step.index)
      return (pieces[0].isEmpty ? [] : [.key(String(pieces[0]))]) + indices
    }
  }
}
