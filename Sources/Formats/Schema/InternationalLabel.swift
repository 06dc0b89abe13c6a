/// Labels of international host names: the rules of IDNA 2008 (RFC 5891 to 5893) that need no table of their own.
enum InternationalLabel {
  /// An `xn--` label: what it stands for must itself be a label, and one that needed encoding.
  static func isEncoded(_ label: [UnicodeScalar]) -> Bool {
    let bytes = label.map(\.value)
    guard bytes[0] | 0x20 == 0x78, bytes[1] | 0x20 == 0x6E,
      label.allSatisfy({ $0 == "-" || $0.isASCIILetterOrDigit }),
      let decoded = punycodeDecoded(Array(bytes[4...])), !decoded.allSatisfy(\.isASCII)
    else { return false }
    return isValid(decoded)
  }

  /// A label with letters beyond ASCII.
  static func isValid(_ label: [UnicodeScalar]) -> Bool {
    guard let first = label.first, let last = label.last, first != "-", last != "-" else { return false }
    if label.count >= 4, label[2] == "-", label[3] == "-" { return false }
    if isMark(first) { return false }
    return label.indices.allSatisfy { isAllowed(label, at: $0) }
  }

  private static func isMark(_ scalar: UnicodeScalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: true
    default: false
    }
  }

  /// RFC 5892: letters, digits and marks, its exceptions, and its rules of context.
  private static func isAllowed(_ label: [UnicodeScalar], at place: Int) -> Bool {
    let scalar = label[place]
    let before = place > 0 ? label[place - 1] : nil
    let after = place + 1 < label.count ? label[place + 1] : nil
    switch scalar.value {
    case 0x2D: return true
    case 0x00B7: return before == "l" && after == "l"
    case 0x0375:
      return after.map { (0x370...0x3FF).contains($0.value) || (0x1F00...0x1FFF).contains($0.value) } ?? false
    case 0x05F3, 0x05F4: return before.map { (0x590...0x5FF).contains($0.value) } ?? false
    case 0x30FB: return label.contains { isJapanese($0) }
    case 0x200C, 0x200D: return before?.properties.canonicalCombiningClass == .virama
    case 0x0660...0x0669: return !label.contains { (0x06F0...0x06F9).contains($0.value) }
    case 0x06F0...0x06F9: return !label.contains { (0x0660...0x0669).contains($0.value) }
    case 0x00DF, 0x03C2, 0x06FD, 0x06FE, 0x0F0B, 0x3007: return true
    case 0x0640, 0x07FA, 0x302E, 0x302F, 0x3031...0x3035, 0x303B: return false
    default: break
    }
    switch scalar.properties.generalCategory {
    case .lowercaseLetter, .otherLetter, .modifierLetter, .nonspacingMark, .spacingMark, .decimalNumber:
      return true
    case .uppercaseLetter, .titlecaseLetter: return scalar.isASCII
    default: return false
    }
  }

  private static func isJapanese(_ scalar: UnicodeScalar) -> Bool {
    switch scalar.value {
    case 0x30FB: false
    case 0x3041...0x309F, 0x30A0...0x30FF, 0x3005, 0x3007, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF:
      true
    default: false
    }
  }

  /// RFC 3492, 6.2.
  private static func punycodeDecoded(_ input: [UInt32]) -> [UnicodeScalar]? {
    let delimiter = input.lastIndex(of: 0x2D)
    var output = delimiter.map { Array(input[..<$0]) } ?? []
    var (number, index, bias) = (128, 0, 72)
    var rest = input[(delimiter.map { $0 + 1 } ?? 0)...]
    while !rest.isEmpty {
      let start = index
      var (weight, k) = (1, 36)
      while true {
        guard let next = rest.popFirst(), let digit = digit(next), index < 1 << 30, weight < 1 << 30 else {
          return nil
        }
        index += digit * weight
        let threshold = k <= bias ? 1 : min(k - bias, 26)
        if digit < threshold { break }
        weight *= 36 - threshold
        k += 36
      }
      let count = output.count + 1
      bias = adapted(index - start, count, isFirst: start == 0)
      number += index / count
      index %= count
      guard number <= 0x10FFFF else { return nil }
      output.insert(UInt32(number), at: index)
      index += 1
    }
    let scalars = output.compactMap(UnicodeScalar.init)
    return scalars.count == output.count && !scalars.isEmpty ? scalars : nil
  }

  private static func digit(_ value: UInt32) -> Int? {
    switch value {
    case 0x30...0x39: Int(value) - 0x30 + 26
    case 0x41...0x5A: Int(value) - 0x41
    case 0x61...0x7A: Int(value) - 0x61
    default: nil
    }
  }

  private static func adapted(_ delta: Int, _ count: Int, isFirst: Bool) -> Int {
    var delta = isFirst ? delta / 700 : delta / 2
    delta += delta / count
    var k = 0
    while delta > 455 {
      delta /= 35
      k += 36
    }
    return k + 36 * delta / (delta + 38)
  }
}
