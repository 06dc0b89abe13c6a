/// The way to one place in a JSON value (RFC 6901): `/choices/0/message`, or nothing for the whole.
public struct JSONPointer: Sendable, Hashable, CustomStringConvertible {
  /// Keys and indices from the root on, unescaped.
  public var tokens: [String]

  public init(tokens: [String] = []) { self.tokens = tokens }

  /// Nil when a text that is not empty does not start with a slash, or a `~` is followed by neither 0 nor 1.
  public init?(_ text: String) {
    if text.isEmpty {
      tokens = []
      return
    }
    guard text.utf8.first == UInt8(ascii: "/") else { return nil }
    tokens = []
    for part in text.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
      var token: [UInt8] = []
      var isEscape = false
      for byte in part {
        switch (isEscape, byte) {
        case (true, UInt8(ascii: "0")): token.append(UInt8(ascii: "~"))
        case (true, UInt8(ascii: "1")): token.append(UInt8(ascii: "/"))
        case (true, _): return nil
        case (false, UInt8(ascii: "~")): break
        case (false, _): token.append(byte)
        }
        isEscape = !isEscape && byte == UInt8(ascii: "~")
      }
      if isEscape { return nil }
      tokens.append(String(decoding: token, as: UTF8.self))
    }
  }

  public var description: String { tokens.map { "/" + Self.escaped($0) }.joined() }

  static func escaped(_ token: String) -> String {
    guard token.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else {
      return token
    }
    var text = ""
    for character in token.unicodeScalars {
      switch character {
      case "~": text += "~0"
      case "/": text += "~1"
      default: text.unicodeScalars.append(character)
      }
    }
    return text
  }

  /// An array index as the RFC writes it: no sign, no leading zero.
  static func index(_ token: String) -> Int? {
    guard
      token == "0" || token.utf8.first.map({ (UInt8(ascii: "1")...UInt8(ascii: "9")).contains($0) }) == true,
      token.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    return Int(token)
  }
}

extension JSON {
  /// The value at a place, or nil when there is none.
  public subscript(pointer: JSONPointer) -> JSON? {
    var value = self
    for token in pointer.tokens {
      let next: JSON?
      switch value {
      case .object(let object): next = object[token]
      case .array:
        next = JSONPointer.index(token).flatMap { value[$0] }
      case .null, .bool, .number, .string: next = nil
      }
      guard let next else { return nil }
      value = next
    }
    return value
  }
}
