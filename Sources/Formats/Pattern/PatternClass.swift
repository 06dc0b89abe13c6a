/// `[...]` of JavaScript in PCRE2's dialect.
enum PatternClass {
  /// After the opening bracket, up to and with the closing one.
  static func translate(_ scanner: inout PatternScanner, flags: PatternFlags) throws(PatternError) -> String {
    let opening = scanner.position - 1
    var text = "["
    if scanner.peek == "^" {
      _ = scanner.take()
      text += "^"
    }
    while true {
      guard let next = scanner.peek else {
        scanner.position = opening
        throw scanner.error("a character class without \"]\"")
      }
      if next == "]" {
        _ = scanner.take()
        return text + "]"
      }
      let place = scanner.position
      let first = try item(&scanner)
      guard scanner.peek == "-", let after = scanner.peek(1), after != "]" else {
        text += written(first)
        continue
      }
      _ = scanner.take()
      let last = try item(&scanner)
      if case .scalar(let from) = first, case .scalar(let to) = last {
        guard from <= to else {
          scanner.position = place
          throw scanner.error("a range in a character class that is out of order")
        }
        text += PatternScanner.literal(from) + "-" + PatternScanner.literal(to)
      } else {
        // Beside \d and the like a hyphen is one.
        text += written(first) + "\\-" + written(last)
      }
    }
  }

  private static func item(_ scanner: inout PatternScanner) throws(PatternError) -> PatternScanner.Escape {
    let scalar = scanner.take()
    guard scalar == "\\" else { return .scalar(scalar) }
    switch scanner.peek {
    case "b":
      _ = scanner.take()
      return .scalar("\u{8}")
    case "1", "2", "3", "4", "5", "6", "7", "8", "9": return .scalar(scanner.takeLegacyOctal())
    default: return try scanner.takeEscape()
    }
  }

  private static func written(_ item: PatternScanner.Escape) -> String {
    switch item {
    case .scalar(let scalar): PatternScanner.literal(scalar)
    case .set(let set): set.inClass
    }
  }
}

/// `\d`, `\s`, `\p{L}`: as an atom, and inside a character class.
struct PatternSet {
  var alone: String
  var inClass: String

  init(_ escape: String) {
    alone = escape
    inClass = escape
  }

  private init(members: String) {
    inClass = members
    alone = "[" + members + "]"
  }

  /// What ECMA-262 calls WhiteSpace and LineTerminator; PCRE2's own `\s` knows only ASCII's.
  static let space = PatternSet(
    members:
      "\\x{9}-\\x{d}\\x{20}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}"
  )
  static let notSpace = PatternSet(
    members:
      "\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}"
      + "\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}")

  /// `\p{...}` by JavaScript's names; PCRE2 knows the general categories only by their short ones.
  static func property(_ name: String, isNegated: Bool) -> PatternSet? {
    var name = name
    for prefix in ["General_Category=", "gc="] where name.hasPrefix(prefix) {
      name = String(name.dropFirst(prefix.count))
    }
    for (long, short) in [
      ("Script_Extensions=", "scx:"), ("Script=", "sc:"), ("scx=", "scx:"), ("sc=", "sc:"),
    ]
    where name.hasPrefix(long) { name = short + name.dropFirst(long.count) }
    guard !name.isEmpty, name.utf8.allSatisfy({ isNameByte($0) }) else { return nil }
    if name == "Assigned" { return PatternSet(isNegated ? "\\p{Cn}" : "\\P{Cn}") }
    return PatternSet("\\\(isNegated ? "P" : "p"){\(categories[name] ?? name)}")
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF) || byte == UInt8(ascii: "_")
      || byte == UInt8(ascii: ":")
  }

  private static let categories = [
    "Letter": "L", "Cased_Letter": "L&", "LC": "L&", "Uppercase_Letter": "Lu", "Lowercase_Letter": "Ll",
    "Titlecase_Letter": "Lt", "Modifier_Letter": "Lm", "Other_Letter": "Lo", "Mark": "M",
    "Combining_Mark": "M",
    "Nonspacing_Mark": "Mn", "Spacing_Mark": "Mc", "Enclosing_Mark": "Me", "Number": "N",
    "Decimal_Number": "Nd",
    "digit": "Nd", "Letter_Number": "Nl", "Other_Number": "No", "Punctuation": "P", "punct": "P",
    "Connector_Punctuation": "Pc", "Dash_Punctuation": "Pd", "Open_Punctuation": "Ps",
    "Close_Punctuation": "Pe",
    "Initial_Punctuation": "Pi", "Final_Punctuation": "Pf", "Other_Punctuation": "Po", "Symbol": "S",
    "Math_Symbol": "Sm", "Currency_Symbol": "Sc", "Modifier_Symbol": "Sk", "Other_Symbol": "So",
    "Separator": "Z",
    "Space_Separator": "Zs", "Line_Separator": "Zl", "Paragraph_Separator": "Zp", "Other": "C",
    "Control": "Cc",
    "cntrl": "Cc", "Format": "Cf", "Surrogate": "Cs", "Private_Use": "Co", "Unassigned": "Cn",
  ]
}
