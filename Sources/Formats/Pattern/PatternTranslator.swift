/// A pattern in PCRE2's dialect, with the way back to the places in its source.
struct TranslatedPattern {
  var bytes: [UInt8] = []
  /// JavaScript's names are kept here: PCRE2 gets groups by number alone, since its names are narrower.
  var names: [String: Int] = [:]
  fileprivate var places: [(byte: Int, position: Int)] = []

  /// The character of the source that a byte came from.
  func position(ofByte byte: Int) -> Int {
    places.last { $0.byte <= byte }?.position ?? 0
  }
}

/// Writes a JavaScript regular expression (ECMA-262, with its Annex B) in PCRE2's dialect.
struct PatternTranslator {
  private static let maxLength = 100_000
  static let notLineEnd = "[^\\n\\r\\x{2028}\\x{2029}]"

  var scanner: PatternScanner
  let flags: PatternFlags
  private var output = TranslatedPattern()
  private let groupCount: Int
  /// Whether what came last can be repeated.
  private var canRepeat = false

  static func translate(_ source: String, flags: PatternFlags) throws(PatternError) -> TranslatedPattern {
    var translator = try PatternTranslator(source, flags: flags)
    while !translator.scanner.isAtEnd { try translator.step() }
    return translator.output
  }

  private init(_ source: String, flags: PatternFlags) throws(PatternError) {
    scanner = PatternScanner(source, isUnicode: flags.isUnicode)
    if scanner.scalars.count > PatternTranslator.maxLength {
      throw PatternError(kind: .syntax, message: "longer than \(PatternTranslator.maxLength) characters")
    }
    self.flags = flags
    (groupCount, output.names) = try scanner.groups()
  }

  private mutating func step() throws(PatternError) {
    output.places.append((output.bytes.count, scanner.position))
    switch scanner.take() {
    case "\\": try escape()
    case "[": emitAtom(try PatternClass.translate(&scanner, flags: flags))
    case "(": try openGroup()
    case ")":
      emit(")")
      canRepeat = true
    case "|":
      emit("|")
      canRepeat = false
    case ".": emitAtom(flags.dotMatchesAll ? "." : PatternTranslator.notLineEnd)
    case "^": emitAssertion(flags.isMultiline ? "(?<!\(PatternTranslator.notLineEnd))" : "^")
    case "$": emitAssertion(flags.isMultiline ? "(?!\(PatternTranslator.notLineEnd))" : "$")
    case "*": try quantifier("*")
    case "+": try quantifier("+")
    case "?": try quantifier("?")
    case "{":
      if let bounds = scanner.takeBounds() { try quantifier(bounds) } else { emitAtom("\\{") }
    case let scalar: emitAtom(PatternScanner.literal(scalar))
    }
  }

  private mutating func quantifier(_ text: String) throws(PatternError) {
    guard canRepeat else { throw scanner.error("nothing to repeat", back: 1) }
    emit(text)
    if scanner.peek == "?" {
      _ = scanner.take()
      emit("?")
    }
    canRepeat = false
  }

  private mutating func openGroup() throws(PatternError) {
    canRepeat = false
    guard scanner.peek == "?" else {
      emit("(")
      return
    }
    _ = scanner.take()
    switch scanner.take() {
    case ":": emit("(?:")
    case "=": emit("(?=")
    case "!": emit("(?!")
    case "<":
      if scanner.peek == "=" || scanner.peek == "!" {
        emit(scanner.take() == "=" ? "(?<=" : "(?<!")
      } else {
        _ = try scanner.takeName()
        emit("(")
      }
    case let first:
      // (?i:...) and (?-i:...), and (?i) which PCRE2 and Python know and people write.
      var modifiers = ""
      var next = first
      while "ims-".unicodeScalars.contains(next) {
        modifiers.unicodeScalars.append(next)
        next = scanner.take()
      }
      guard !modifiers.isEmpty, next == ":" || next == ")",
        modifiers.utf8.allSatisfy({ $0 != 0x73 && $0 != 0x6D })
      else {
        throw scanner.error("unknown kind of group", back: 2)
      }
      emit("(?\(modifiers)\(next)")
    }
  }

  private mutating func escape() throws(PatternError) {
    let start = scanner.position
    switch scanner.peek {
    case nil: throw scanner.error("a backslash at the end", back: 1)
    case "b", "B": emitAssertion("\\" + String(scanner.take()))
    case "k" where !output.names.isEmpty:
      _ = scanner.take()
      guard scanner.take() == "<" else { throw scanner.error("\\k without a name", back: 1) }
      let name = try scanner.takeName()
      guard let number = output.names[name] else {
        scanner.position = start
        throw scanner.error("no group is named \"\(name)\"")
      }
      emitAtom("\\g{\(number)}")
    case "1", "2", "3", "4", "5", "6", "7", "8", "9":
      if let number = scanner.takeBackreference(upTo: groupCount) {
        emitAtom("\\g{\(number)}")
      } else {
        emitAtom(PatternScanner.literal(scanner.takeLegacyOctal()))
      }
    default:
      switch try scanner.takeEscape() {
      case .scalar(let scalar): emitAtom(PatternScanner.literal(scalar))
      case .set(let set): emitAtom(set.alone)
      }
    }
  }

  private mutating func emit(_ text: String) { output.bytes.append(contentsOf: text.utf8) }

  private mutating func emitAtom(_ text: String) {
    emit(text)
    canRepeat = true
  }

  private mutating func emitAssertion(_ text: String) {
    emit(text)
    canRepeat = false
  }
}
