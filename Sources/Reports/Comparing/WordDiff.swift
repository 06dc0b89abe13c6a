/// How one text became another, word by word.
public struct WordDiff: Sendable, Hashable {
  public enum Part: Sendable, Hashable {
    case same(String)
    case removed(String)
    case added(String)
  }

  public var parts: [Part]

  /// Texts that share too little of what stands between their common ends are shown whole, one after the other.
  private static let mostCells = 4_000_000

  public init(_ old: String, _ new: String) {
    let (a, b) = (Self.words(old), Self.words(new))
    var start = 0
    while start < min(a.count, b.count), a[start] == b[start] { start += 1 }
    var end = 0
    while end < min(a.count, b.count) - start, a[a.count - 1 - end] == b[b.count - 1 - end] { end += 1 }
    let (x, y) = (a[start..<(a.count - end)], b[start..<(b.count - end)])
    parts = []
    add(.same(a[..<start].joined()))
    if x.count * y.count > Self.mostCells {
      add(.removed(x.joined()))
      add(.added(y.joined()))
    } else {
      align(Array(x), Array(y))
    }
    add(.same(a[(a.count - end)...].joined()))
  }

  /// Words and the white space between them, so that joining them gives the text again.
  private static func words(_ text: String) -> [Substring] {
    var words: [Substring] = []
    var start = text.startIndex
    var wasSpace: Bool?
    for index in text.indices {
      let isSpace = text[index].isWhitespace
      if let wasSpace, wasSpace != isSpace {
        words.append(text[start..<index])
        start = index
      }
      wasSpace = isSpace
    }
    if start < text.endIndex { words.append(text[start...]) }
    return words
  }

  /// By the longest common subsequence.
  private mutating func align(_ x: [Substring], _ y: [Substring]) {
    let width = y.count + 1
    var longest = [Int32](repeating: 0, count: (x.count + 1) * width)
    for i in x.indices.reversed() {
      for j in y.indices.reversed() {
        longest[i * width + j] =
          x[i] == y[j]
          ? longest[(i + 1) * width + j + 1] + 1
          : max(longest[(i + 1) * width + j], longest[i * width + j + 1])
      }
    }
    var (i, j) = (0, 0)
    while i < x.count || j < y.count {
      if i < x.count, j < y.count, x[i] == y[j] {
        add(.same(String(x[i])))
        (i, j) = (i + 1, j + 1)
      } else if j >= y.count || (i < x.count && longest[(i + 1) * width + j] >= longest[i * width + j + 1]) {
        add(.removed(String(x[i])))
        i += 1
      } else {
        add(.added(String(y[j])))
        j += 1
      }
    }
  }

  private mutating func add(_ part: Part) {
    switch (parts.last, part) {
    case (_, .same("")), (_, .removed("")), (_, .added("")): break
    case (.same(let old), .same(let new)): parts[parts.count - 1] = .same(old + new)
    case (.removed(let old), .removed(let new)): parts[parts.count - 1] = .removed(old + new)
    case (.added(let old), .added(let new)): parts[parts.count - 1] = .added(old + new)
    default: parts.append(part)
    }
  }
}
