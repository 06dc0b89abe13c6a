/// File name patterns: `*` and `?` within a name, `**` over folders, `[a-z]`, `[!a]`, `{a,b}`.
/// Names that begin with a dot match only patterns that begin with one.
public struct Glob: Sendable {
  private let alternatives: [[String]]
  public let pattern: String

  /// Most alternatives that braces may open up to, and deepest folder that `**` goes to.
  private static let maxAlternatives = 1000
  private static let maxDepth = 64

  public init(_ pattern: String) {
    self.pattern = pattern
    alternatives = Glob.expandBraces(pattern).map { $0.split(separator: "/").map(String.init) }
  }

  /// Whether the text holds anything that is more than a plain path.
  public static func isPattern(_ text: String) -> Bool { text.contains { "*?[{".contains($0) } }

  /// Whether the whole path fits.
  public func matches(_ path: String) -> Bool {
    let parts = path.split(separator: "/").map(String.init)
    return alternatives.contains { Glob.match($0[...], parts[...]) }
  }

  /// The files that fit, sorted, as paths beneath `folder` (or absolute when the pattern is). Folders
  /// that may not be read are passed over; links to folders are followed only where named.
  public func files(in folder: String = ".") -> [String] {
    let start = Path.isAbsolute(pattern) ? "/" : folder
    var found: Set<String> = []
    for parts in alternatives { Glob.walk(start, parts[...], depth: 0, into: &found) }
    return found.sorted()
  }

  private static func walk(
    _ folder: String, _ parts: ArraySlice<String>, depth: Int, into found: inout Set<String>
  ) {
    guard let part = parts.first, depth < maxDepth else { return }
    let rest = parts.dropFirst()
    if part == "**" {
      walk(folder, rest.isEmpty ? ["*"] : rest, depth: depth + 1, into: &found)
      for name in (try? File.list(folder)) ?? [] where !name.hasPrefix(".") {
        let path = join(folder, name)
        if File.isFolder(path) && !File.isLink(path) { walk(path, parts, depth: depth + 1, into: &found) }
      }
    } else if isPattern(part) {
      for name in (try? File.list(folder)) ?? [] where matchName(part, name) {
        visit(join(folder, name), rest, depth: depth, into: &found)
      }
    } else {
      visit(join(folder, part), rest, depth: depth, into: &found)
    }
  }

  private static func visit(
    _ path: String, _ rest: ArraySlice<String>, depth: Int, into found: inout Set<String>
  ) {
    if rest.isEmpty {
      if File.exists(path) && !File.isFolder(path) { found.insert(path) }
    } else if File.isFolder(path) {
      walk(path, rest, depth: depth + 1, into: &found)
    }
  }

  private static func join(_ folder: String, _ name: String) -> String {
    if folder == "." || folder.isEmpty { return name }
    return folder.hasSuffix("/") ? folder + name : folder + "/" + name
  }

  private static func match(_ pattern: ArraySlice<String>, _ parts: ArraySlice<String>) -> Bool {
    guard let first = pattern.first else { return parts.isEmpty }
    let rest = pattern.dropFirst()
    if first == "**" {
      if rest.first == "**" { return match(rest, parts) }
      return parts.indices.contains { match(rest, parts[$0...]) } || match(rest, parts[parts.endIndex...])
    }
    guard let part = parts.first, matchName(first, part) else { return false }
    return match(rest, parts.dropFirst())
  }

  /// One name against one part of a pattern; linear in practice, by the usual two-pointer walk.
  static func matchName(_ pattern: String, _ name: String) -> Bool {
    let pattern = Array(pattern.unicodeScalars)
    let name = Array(name.unicodeScalars)
    if name.first == "." && pattern.first != "." { return false }
    var (p, n) = (0, 0)
    var star: (pattern: Int, name: Int)?
    while n < name.count {
      if p < pattern.count, pattern[p] == "*" {
        star = (p, n)
        p += 1
      } else if p < pattern.count, let next = matchOne(pattern, p, name[n]) {
        p = next
        n += 1
      } else if let last = star {
        star = (last.pattern, last.name + 1)
        p = last.pattern + 1
        n = last.name + 1
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == "*" }
  }

  /// The place after the element at `p` when it fits the character.
  private static func matchOne(_ pattern: [Unicode.Scalar], _ p: Int, _ character: Unicode.Scalar) -> Int? {
    if pattern[p] == "?" { return p + 1 }
    guard pattern[p] == "[", p + 2 < pattern.count, let end = pattern[(p + 2)...].firstIndex(of: "]") else {
      return pattern[p] == character ? p + 1 : nil
    }
    let isNegated = pattern[p + 1] == "!" || pattern[p + 1] == "^"
    var i = isNegated ? p + 2 : p + 1
    var isMember = false
    while i < end {
      if i + 2 < end, pattern[i + 1] == "-" {
        if pattern[i] <= character && character <= pattern[i + 2] { isMember = true }
        i += 3
      } else {
        if pattern[i] == character { isMember = true }
        i += 1
      }
    }
    return isMember != isNegated ? end + 1 : nil
  }

  private static func expandBraces(_ pattern: String) -> [String] {
    var done: [String] = []
    var open = [pattern]
    while let next = open.popLast() {
      guard done.count + open.count < maxAlternatives, let parts = firstBraces(next) else {
        done.append(next)
        continue
      }
      for choice in parts.choices { open.append(parts.before + choice + parts.after) }
    }
    return done
  }

  private static func firstBraces(_ text: String) -> (before: String, choices: [String], after: String)? {
    guard let start = text.firstIndex(of: "{") else { return nil }
    var depth = 0
    var choices: [String] = []
    var choiceStart = text.index(after: start)
    var i = start
    while i < text.endIndex {
      switch text[i] {
      case "{": depth += 1
      case "," where depth == 1:
        choices.append(String(text[choiceStart..<i]))
        choiceStart = text.index(after: i)
      case "}":
        depth -= 1
        if depth == 0 {
          choices.append(String(text[choiceStart..<i]))
          return (String(text[..<start]), choices, String(text[text.index(after: i)...]))
        }
      default: break
      }
      i = text.index(after: i)
    }
    return nil
  }
}
