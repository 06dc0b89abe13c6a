/// A regular expression as JavaScript writes it, matched by PCRE2 with bounded work.
///
/// A pattern that would backtrack without end gives a `PatternError` within well under a second.
/// docs/formats.md lists where the dialect differs from JavaScript's.
///
///     let date = try Pattern("(?<year>\\d{4})-(?<month>\\d\\d)")
///     try date.firstMatch(in: "on 2026-03-01")?.group(named: "year")   // "2026"
public struct Pattern: Sendable {
  public let source: String
  /// Of `g i m s u y` (and `d`, which changes nothing): `g` makes `replacing` replace all, `y` lets a
  /// match begin only where the search begins.
  public let flags: String
  let compiled: CompiledPattern
  let isGlobal: Bool
  let isSticky: Bool

  public init(_ source: String, flags: String = "") throws(PatternError) {
    let known = try PatternFlags(flags)
    self.source = source
    self.flags = flags
    isGlobal = known.isGlobal
    isSticky = known.isSticky
    compiled = try CompiledPattern(try PatternTranslator.translate(source, flags: known), flags: known)
  }

  public struct Match: Sendable, Hashable {
    /// Where the whole match and its groups lie, in UTF-8 offsets; nil for a group that took no part.
    public let ranges: [Range<Int>?]
    /// The text of the whole match, then of each group.
    public let groups: [String?]
    let names: [String: Int]

    public var range: Range<Int> { ranges.first.flatMap { $0 } ?? 0..<0 }
    public var text: String { groups.first.flatMap { $0 } ?? "" }
    public func group(named name: String) -> String? { names[name].flatMap { groups[$0] } }
  }

  public func matches(in text: String) throws(PatternError) -> Bool {
    try search(text) { search throws(PatternError) in try search.next(from: 0) != nil }
  }

  public func firstMatch(in text: String) throws(PatternError) -> Match? {
    try search(text) { search throws(PatternError) in
      try search.next(from: 0).map { search.match($0) }
    }
  }

  /// Every match from left to right, none overlapping, at most `limit`.
  public func allMatches(in text: String, limit: Int = .max) throws(PatternError) -> [Match] {
    try search(text) { search throws(PatternError) in
      var matches: [Match] = []
      var place = 0
      while matches.count < limit, let ranges = try search.next(from: place), let whole = ranges[0] {
        matches.append(search.match(ranges))
        place = whole.isEmpty ? search.characterAfter(whole.upperBound) : whole.upperBound
      }
      return matches
    }
  }

  /// The text with its first match replaced, or all with the flag `g`. In the replacement, as in
  /// JavaScript: `$1`, `$<name>`, `$&` (the match), `` $` `` and `$'` (what stands before and after), `$$`.
  public func replacing(in text: String, with replacement: String) throws(PatternError) -> String {
    try replacing(in: text) { PatternReplacement.expand(replacement, $0, in: text) }
  }

  public func replacing(in text: String, with replacement: (Match) -> String) throws(PatternError) -> String {
    let matches = try allMatches(in: text, limit: isGlobal ? .max : 1)
    if matches.isEmpty { return text }
    let utf8 = Array(text.utf8)
    var result: [UInt8] = []
    var done = 0
    for match in matches {
      result.append(contentsOf: utf8[done..<match.range.lowerBound])
      result.append(contentsOf: replacement(match).utf8)
      done = match.range.upperBound
    }
    result.append(contentsOf: utf8[done...])
    return String(decoding: result, as: UTF8.self)
  }

  /// The pieces between matches, with the groups of each match among them, as JavaScript's `split`.
  public func split(_ text: String, limit: Int = .max) throws(PatternError) -> [String] {
    if text.isEmpty { return try matches(in: text) ? [] : [text] }
    let utf8 = Array(text.utf8)
    let pieces = try search(text) { search throws(PatternError) -> [String] in
      var pieces: [String] = []
      var pieceStart = 0
      var place = 0
      while place < utf8.count, let ranges = try search.next(from: place), let whole = ranges[0],
        whole.lowerBound < utf8.count
      {
        if whole.upperBound == pieceStart {
          place = search.characterAfter(whole.lowerBound)
          continue
        }
        pieces.append(String(decoding: utf8[pieceStart..<whole.lowerBound], as: UTF8.self))
        pieces.append(contentsOf: search.match(ranges).groups.dropFirst().map { $0 ?? "" })
        pieceStart = whole.upperBound
        place = whole.isEmpty ? search.characterAfter(pieceStart) : pieceStart
      }
      pieces.append(String(decoding: utf8[pieceStart...], as: UTF8.self))
      return pieces
    }
    return Array(pieces.prefix(limit))
  }

  private func search<Result>(
    _ text: String, _ body: (borrowing PatternSearch) throws(PatternError) -> Result
  ) throws(PatternError) -> Result {
    var text = text
    let outcome = text.withUTF8 { subject -> Swift.Result<Result, PatternError> in
      do throws(PatternError) {
        return .success(try body(PatternSearch(compiled, subject, isSticky: isSticky)))
      } catch {
        return .failure(error)
      }
    }
    return try outcome.get()
  }
}

/// Why a regular expression cannot be used.
public struct PatternError: Error, Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    case syntax
    /// The match would have taken too long.
    case tooExpensive
  }

  public var kind: Kind
  /// Lower case: `nothing to repeat`.
  public var message: String
  /// In characters of the source, from 0, for mistakes in it.
  public var position: Int?
}

extension PatternError: CustomStringConvertible {
  public var description: String {
    position.map { "\(message), at character \($0 + 1)" } ?? message
  }
}

struct PatternFlags {
  var isGlobal = false
  var ignoresCase = false
  var isMultiline = false
  var dotMatchesAll = false
  var isUnicode = false
  var isSticky = false

  init(_ flags: String) throws(PatternError) {
    var seen: Set<Character> = []
    for flag in flags {
      guard seen.insert(flag).inserted else {
        throw PatternError(kind: .syntax, message: "the flag \"\(flag)\" is given twice")
      }
      switch flag {
      case "g": isGlobal = true
      case "i": ignoresCase = true
      case "m": isMultiline = true
      case "s": dotMatchesAll = true
      case "u": isUnicode = true
      case "y": isSticky = true
      case "d": break
      default: throw PatternError(kind: .syntax, message: "unknown flag \"\(flag)\"; known are g i m s u y")
      }
    }
  }
}
