/// How a vocabulary cuts text into pieces before it merges bytes: what tiktoken does with a regular
/// expression, walked by hand, as every branch of those expressions is decided by the next few characters.
enum TextSplitting: Sendable {
  /// r50k and p50k
  case gpt2
  case cl100k
  case o200k

  init(name: String, size: Int) {
    if name.contains("o200k") {
      self = .o200k
    } else if name.contains("cl100k") {
      self = .cl100k
    } else if name.contains("50k") || name.contains("gpt2") {
      self = .gpt2
    } else {
      self = size > 150_000 ? .o200k : size > 60_000 || size < 40_000 ? .cl100k : .gpt2
    }
  }

  func pieces(_ text: String) -> [ArraySlice<UInt8>] {
    var splitter = Splitter(text)
    var pieces: [ArraySlice<UInt8>] = []
    while let next = splitter.next(self) { pieces.append(next) }
    return pieces
  }
}

private struct Splitter {
  private enum Kind: UInt8 {
    case upper, lower, otherLetter, mark, number, newline, space, other
  }

  private let bytes: [UInt8]
  private var kinds: [Kind] = []
  private var scalars: [Unicode.Scalar] = []
  /// Of each scalar, where it starts in the bytes; one more for the end.
  private var offsets: [Int] = []
  private var place = 0

  init(_ text: String) {
    bytes = Array(text.utf8)
    var offset = 0
    for scalar in text.unicodeScalars {
      scalars.append(scalar)
      kinds.append(Self.kind(scalar))
      offsets.append(offset)
      offset += UTF8.width(scalar)
    }
    offsets.append(offset)
  }

  mutating func next(_ splitting: TextSplitting) -> ArraySlice<UInt8>? {
    guard place < kinds.count else { return nil }
    let end =
      switch splitting {
      case .gpt2: gpt2End()
      case .cl100k: cl100kEnd()
      case .o200k: o200kEnd()
      }
    defer { place = max(end, place + 1) }
    return bytes[offsets[place]..<offsets[max(end, place + 1)]]
  }

  // MARK: The three expressions

  /// `'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
  private func gpt2End() -> Int {
    if let end = contraction(place, ignoringCase: false) { return end }
    let start = isBlank(place) ? place + 1 : place
    if start < kinds.count {
      if isLetter(start) { return run(start, isLetter) }
      if kinds[start] == .number { return run(start) { kinds[$0] == .number } }
      if isPunctuation(start) { return run(start, isPunctuation) }
    }
    return spaceEnd()
  }

  /// `(?i:'(?:[sdmt]|ll|ve|re))|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
  private func cl100kEnd() -> Int {
    if let end = contraction(place, ignoringCase: true) { return end }
    let start = canLead(place) ? place + 1 : place
    if start < kinds.count, isLetter(start) { return run(start, isLetter) }
    return tailEnd(slash: false)
  }

  /// As cl100k, with words cut where small letters are followed by capitals and contractions left on them.
  private func o200kEnd() -> Int {
    let start = canLead(place) ? place + 1 : place
    if start < kinds.count, isWord(start), let end = wordEnd(start) { return end }
    if start > place, isWord(place), let end = wordEnd(place) { return end }
    return tailEnd(slash: true)
  }

  /// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+` or the same with `+` and `*` swapped, then
  /// perhaps a contraction.
  private func wordEnd(_ start: Int) -> Int? {
    let capitals = run(start, isUpperish)
    var end = run(capitals, isLowerish)
    // No small letter follows: a letter that is of both kinds ends the word, else capitals alone are one.
    if end == capitals, let last = (start..<capitals).last(where: isLowerish) { end = last + 1 }
    guard end > start else { return nil }
    return contraction(end, ignoringCase: true) ?? end
  }

  /// Numbers, punctuation and white space, as both newer expressions have them.
  private func tailEnd(slash: Bool) -> Int {
    if kinds[place] == .number {
      return min(run(place) { kinds[$0] == .number }, place + 3)
    }
    let start = isBlank(place) ? place + 1 : place
    if start < kinds.count, isPunctuation(start) {
      let end = run(start, isPunctuation)
      return run(end) { kinds[$0] == .newline || (slash && scalars[$0] == "/") }
    }
    let spaces = run(place, isSpace)
    if let newline = (place..<max(place, spaces)).last(where: { kinds[$0] == .newline }) {
      return newline + 1
    }
    return spaceEnd()
  }

  /// `\s+(?!\S)|\s+`: all white space at the end of the text, else all but the last.
  private func spaceEnd() -> Int {
    let end = run(place, isSpace)
    guard end > place else { return place + 1 }
    return end == kinds.count || end - place == 1 ? end : end - 1
  }

  // MARK: Characters

  private func contraction(_ start: Int, ignoringCase: Bool) -> Int? {
    guard start + 1 < scalars.count, scalars[start] == "'" else { return nil }
    func letter(_ index: Int) -> String {
      guard index < scalars.count else { return "" }
      // The long s counts as an s when case is ignored.
      if ignoringCase, scalars[index] == "\u{17F}" { return "s" }
      return ignoringCase ? String(scalars[index]).lowercased() : String(scalars[index])
    }
    if ["s", "d", "m", "t"].contains(letter(start + 1)) { return start + 2 }
    return ["ll", "ve", "re"].contains(letter(start + 1) + letter(start + 2)) ? start + 3 : nil
  }

  private func run(_ start: Int, _ isPart: (Int) -> Bool) -> Int {
    var end = start
    while end < kinds.count, isPart(end) { end += 1 }
    return end
  }

  private func isLetter(_ index: Int) -> Bool { kinds[index].rawValue <= Kind.otherLetter.rawValue }
  private func isUpperish(_ index: Int) -> Bool { isWord(index) && kinds[index] != .lower }
  private func isLowerish(_ index: Int) -> Bool { isWord(index) && kinds[index] != .upper }
  private func isWord(_ index: Int) -> Bool { kinds[index].rawValue <= Kind.mark.rawValue }
  private func isSpace(_ index: Int) -> Bool { kinds[index] == .space || kinds[index] == .newline }
  private func isBlank(_ index: Int) -> Bool { scalars[index] == " " }
  private func isPunctuation(_ index: Int) -> Bool { kinds[index] == .other || kinds[index] == .mark }
  /// `[^\r\n\p{L}\p{N}]`
  private func canLead(_ index: Int) -> Bool {
    !isLetter(index) && kinds[index] != .number && kinds[index] != .newline
  }

  private static func kind(_ scalar: Unicode.Scalar) -> Kind {
    if scalar == "\n" || scalar == "\r" { return .newline }
    if scalar.isASCII {
      switch scalar {
      case "a"..."z": return .lower
      case "A"..."Z": return .upper
      case "0"..."9": return .number
      case " ", "\t", "\u{B}", "\u{C}": return .space
      default: return .other
      }
    }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .titlecaseLetter: return .upper
    case .lowercaseLetter: return .lower
    case .modifierLetter, .otherLetter: return .otherLetter
    case .nonspacingMark, .spacingMark, .enclosingMark: return .mark
    case .decimalNumber, .letterNumber, .otherNumber: return .number
    default: return scalar.properties.isWhitespace ? .space : .other
    }
  }
}
