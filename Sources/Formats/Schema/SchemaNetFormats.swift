/// Addresses: of people and of machines.
enum SchemaNetFormats {
  /// RFC 5321, or RFC 6531 where letters of all languages are allowed.
  static func isEmail(_ text: String, international: Bool) -> Bool {
    guard let at = text.utf8.lastIndex(of: UInt8(ascii: "@")) else { return false }
    let local = text.utf8[..<at]
    guard let domain = String(text.utf8[text.utf8.index(after: at)...]) else { return false }
    guard !local.isEmpty, local.count <= 64, isLocalPart(Array(local), international) else { return false }
    if domain.hasPrefix("["), domain.hasSuffix("]") {
      let literal = String(domain.dropFirst().dropLast())
      return literal.hasPrefix("IPv6:") ? isIPv6(String(literal.dropFirst(5))) : isIPv4(literal)
    }
    return isHostname(domain, international: international)
  }

  private static func isLocalPart(_ bytes: [UInt8], _ international: Bool) -> Bool {
    if bytes.count > 2, bytes.first == UInt8(ascii: "\""), bytes.last == UInt8(ascii: "\"") {
      var isEscaped = false
      for byte in bytes.dropFirst().dropLast() {
        if byte < 0x20 || byte == 0x7F || byte >= 0x80 && !international { return false }
        if !isEscaped, byte == UInt8(ascii: "\"") { return false }
        isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
      }
      return !isEscaped
    }
    let atoms = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return atoms.allSatisfy { atom in
      !atom.isEmpty
        && atom.allSatisfy {
          isLetter($0) || isDigit($0) || "!#$%&'*+/=?^_`{|}~-".utf8.contains($0)
            || international && $0 >= 0x80
        }
    }
  }

  /// RFC 1123 labels; with `international` also letters beyond ASCII and their full stops (RFC 5890, in the main).
  static func isHostname(_ text: String, international: Bool) -> Bool {
    var labels: [[UnicodeScalar]] = [[]]
    for scalar in text.unicodeScalars {
      let isStop = scalar == "." || international && ["\u{3002}", "\u{FF0E}", "\u{FF61}"].contains(scalar)
      if isStop { labels.append([]) } else { labels[labels.count - 1].append(scalar) }
    }
    let isAllASCII = text.utf8.allSatisfy { $0 < 0x80 }
    guard text.utf8.count <= (isAllASCII ? 253 : 1000) else { return false }
    return labels.allSatisfy { isLabel($0, international) }
  }

  private static func isLabel(_ label: [UnicodeScalar], _ international: Bool) -> Bool {
    guard let first = label.first, let last = label.last, label.count <= 63, first != "-", last != "-" else {
      return false
    }
    let isEncoded = label.count >= 4 && label[2] == "-" && label[3] == "-"
    if isEncoded { return InternationalLabel.isEncoded(label) }
    if label.allSatisfy(\.isASCII) { return label.allSatisfy { $0 == "-" || $0.isASCIILetterOrDigit } }
    return international && InternationalLabel.isValid(label)
  }

  @Sendable static func isIPv4(_ text: String) -> Bool {
    let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return parts.count == 4
      && parts.allSatisfy { part in
        guard (1...3).contains(part.count), part.allSatisfy(isDigit) else { return false }
        if part.count > 1, part.first == UInt8(ascii: "0") { return false }
        return part.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) } < 256
      }
  }

  /// RFC 4291, 2.2: eight groups, one run of them may be left out, the last two may be an IPv4 address.
  @Sendable static func isIPv6(_ text: String) -> Bool {
    let halves = text.split(separator: "::", omittingEmptySubsequences: false)
    guard halves.count <= 2 else { return false }
    var groups = 0
    for (number, half) in halves.enumerated() where !half.isEmpty {
      let parts = half.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
      for (place, part) in parts.enumerated() {
        if number == halves.count - 1, place == parts.count - 1, part.contains(UInt8(ascii: ".")) {
          guard let address = String(part), isIPv4(address) else { return false }
          groups += 2
        } else {
          guard (1...4).contains(part.count), part.allSatisfy(isHexadecimal) else { return false }
          groups += 1
        }
      }
    }
    return halves.count == 2 ? groups < 8 : groups == 8
  }
}

extension UnicodeScalar {
  var isASCIILetterOrDigit: Bool {
    isASCII && (isLetter(UInt8(truncatingIfNeeded: value)) || isDigit(UInt8(truncatingIfNeeded: value)))
  }
}
