/// Walks over the characters of a pattern and reads what both atoms and character classes are made of.
struct PatternScanner {
  enum Escape {
    case scalar(Unicode.Scalar)
    case set(PatternSet)
  }

  let scalars: [Unicode.Scalar]
  var position = 0

  private let isUnicode: Bool

  init(_ source: String, isUnicode: Bool) {
    scalars = Array(source.unicodeScalars)
    self.isUnicode = isUnicode
  }

  var isAtEnd: Bool { position >= scalars.count }
  var peek: Unicode.Scalar? { peek(0) }
  func peek(_ ahead: Int) -> Unicode.Scalar? {
    position + ahead < scalars.count ? scalars[position + ahead] : nil
  }

  /// NUL at the end, where nothing is taken.
  mutating func take() -> Unicode.Scalar {
    guard position < scalars.count else { return "\0" }
    position += 1
    return scalars[position - 1]
  }

  func error(_ message: String, back: Int = 0) -> PatternError {
    PatternError(kind: .syntax, message: message, position: max(0, min(position - back, scalars.count)))
  }

  /// A character in PCRE2's dialect, whatever it means there.
  static func literal(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "0"..."9", "a"..."z", "A"..."Z", "_": String(scalar)
    default: "\\x{\(String(scalar.value, radix: 16))}"
    }
  }

  /// How many groups capture, and the names among them.
  func groups() throws(PatternError) -> (count: Int, names: [String: Int]) {
    var scanner = self
    var count = 0
    var names: [String: Int] = [:]
    var isInClass = false
    while !scanner.isAtEnd {
      switch scanner.take() {
      case "\\": _ = scanner.take()
      case "[": isInClass = true
      case "]": isInClass = false
      case "(" where !isInClass:
        if scanner.peek != "?" {
          count += 1
        } else if scanner.peek(1) == "<", let third = scanner.peek(2), third != "=", third != "!" {
          count += 1
          scanner.position += 2
          let start = scanner.position
          let name = try scanner.takeName()
          guard names.updateValue(count, forKey: name) == nil else {
            scanner.position = start
            throw scanner.error("two groups are named \"\(name)\"")
          }
        }
      default: break
      }
    }
    return (count, names)
  }

  /// After `<`, up to and with `>`.
  mutating func takeName() throws(PatternError) -> String {
    let start = position
    var name = ""
    while let next = peek, next != ">" {
      guard next == "$" || next == "_" || next.properties.isIDContinue else { break }
      name.unicodeScalars.append(take())
    }
    guard let first = name.unicodeScalars.first, !first.properties.numericType.isDigit, take() == ">" else {
      position = start
      throw error("not a name for a group")
    }
    return name
  }

  /// `{2}`, `{2,}`, `{2,5}` after the brace; nil, and nothing taken, when the brace is only a brace.
  mutating func takeBounds() -> String? {
    let start = position
    var text = "{"
    var digits = 0
    var commas = 0
    while let next = peek {
      text.unicodeScalars.append(take())
      switch next {
      case "0"..."9": digits += 1
      case "," where commas == 0 && digits > 0: commas = 1
      case "}" where digits > 0: return text
      default:
        position = start
        return nil
      }
    }
    position = start
    return nil
  }

  /// The number of a group that exists; nil, and nothing taken, otherwise.
  mutating func takeBackreference(upTo count: Int) -> Int? {
    let start = position
    var number = 0
    while let next = peek, ("0"..."9").contains(next), number < 100_000 {
      number = number * 10 + Int(take().value - 0x30)
    }
    if number <= count { return number }
    position = start
    return nil
  }

  /// `\101`, and `\8` which is 8 (Annex B).
  mutating func takeLegacyOctal() -> Unicode.Scalar {
    var value: UInt32 = 0
    let start = position
    while position - start < 3, let next = peek, ("0"..."7").contains(next),
      value * 8 + next.value - 0x30 < 256
    {
      value = value * 8 + take().value - 0x30
    }
    return position == start ? take() : Unicode.Scalar(value) ?? "\0"
  }

  /// After the backslash: all but assertions and references.
  mutating func takeEscape() throws(PatternError) -> Escape {
    let scalar = take()
    switch scalar {
    case "d", "D", "w", "W": return .set(PatternSet("\\" + String(scalar)))
    case "s": return .set(.space)
    case "S": return .set(.notSpace)
    case "p", "P":
      if !isUnicode { return .scalar(scalar) }
      guard peek == "{", let end = scalars[position...].firstIndex(of: "}") else {
        throw error("unknown character property", back: 2)
      }
      let name = String(String.UnicodeScalarView(scalars[(position + 1)..<end]))
      guard let set = PatternSet.property(name, isNegated: scalar == "P") else {
        throw error("unknown character property")
      }
      position = end + 1
      return .set(set)
    case "n": return .scalar("\n")
    case "r": return .scalar("\r")
    case "t": return .scalar("\t")
    case "v": return .scalar("\u{B}")
    case "f": return .scalar("\u{C}")
    case "0":
      position -= 1
      return .scalar(takeLegacyOctal())
    case "c":
      guard let letter = peek, ("a"..."z").contains(letter) || ("A"..."Z").contains(letter) else {
        position -= 1
        return .scalar("\\")
      }
      return .scalar(Unicode.Scalar(take().value % 32) ?? "\0")
    case "x": return .scalar(takeHex(2).flatMap { Unicode.Scalar($0) } ?? "x")
    case "u": return .scalar(try takeUnicode())
    default: return .scalar(scalar)
    }
  }

  /// After `\u`: `{1F600}`, `1F60`, or a pair of surrogates. Without the flag `u`, JavaScript reads
  /// `\u{20}` as a repeated u, and so does this; what can be no repetition is taken as the character.
  private mutating func takeUnicode() throws(PatternError) -> Unicode.Scalar {
    if peek == "{", let end = scalars[position...].firstIndex(of: "}"), !isRepetition(upTo: end) {
      let digits = String(String.UnicodeScalarView(scalars[(position + 1)..<end]))
      guard let value = UInt32(digits, radix: 16), digits.utf8.first != UInt8(ascii: "+"),
        let scalar = Unicode.Scalar(value)
      else {
        if !isUnicode { return "u" }
        throw error("not a character: \\u{\(digits)}", back: 2)
      }
      position = end + 1
      return scalar
    }
    let start = position
    guard let value = takeHex(4) else { return "u" }
    if let scalar = Unicode.Scalar(value) { return scalar }
    if value < 0xDC00, peek == "\\", peek(1) == "u" {
      position += 2
      if let low = takeHex(4), (0xDC00..<0xE000).contains(low),
        let joined = Unicode.Scalar(0x10000 + (value - 0xD800) << 10 + (low - 0xDC00))
      {
        return joined
      }
    }
    position = start
    throw error("half of a surrogate pair cannot be matched; write the character as \\u{1F600}", back: 2)
  }

  private func isRepetition(upTo end: Int) -> Bool {
    !isUnicode && scalars[(position + 1)..<end].allSatisfy { ("0"..."9").contains($0) || $0 == "," }
  }

  private mutating func takeHex(_ count: Int) -> UInt32? {
    guard position + count <= scalars.count else { return nil }
    var value: UInt32 = 0
    for scalar in scalars[position..<(position + count)] {
      guard scalar.isASCII, let digit = Hex.value(UInt8(scalar.value)) else { return nil }
      value = value << 4 | UInt32(digit)
    }
    position += count
    return value
  }
}

extension Optional<Unicode.NumericType> {
  fileprivate var isDigit: Bool { self == .decimal }
}
