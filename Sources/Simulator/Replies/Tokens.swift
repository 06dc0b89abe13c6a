/// The simulated tokenizer: a word with the blank before it, cut after six letters; each other sign alone.
///
/// Close to four bytes a token for English prose, and exact in that usage, events and pace agree with it.
enum Tokens {
  private enum Kind { case letter, blank, other }

  private static func kind(_ byte: UInt8) -> Kind {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x80...: .letter
    case 0x20, 0x0A, 0x0D, 0x09: .blank
    default: .other
    }
  }

  static func count(_ text: String) -> Int {
    var text = text
    return text.withUTF8 { bytes in
      var count = 0
      eachEnd(bytes) { _ in count += 1 }
      return count
    }
  }

  /// The place after each token, in bytes.
  static func ends(_ bytes: [UInt8]) -> [Int32] {
    var ends: [Int32] = []
    ends.reserveCapacity(bytes.count / 4 + 1)
    bytes.withUnsafeBufferPointer { buffer in eachEnd(buffer) { ends.append(Int32(truncatingIfNeeded: $0)) } }
    return ends
  }

  private static func eachEnd(_ bytes: UnsafeBufferPointer<UInt8>, _ found: (Int) -> Void) {
    var index = 0
    let count = bytes.count
    while index < count {
      if kind(bytes[index]) == .blank {
        index += 1
        // Blanks in a row are one token; a single one belongs to the word behind it.
        if index < count, kind(bytes[index]) == .blank {
          while index < count, kind(bytes[index]) == .blank { index += 1 }
          found(index)
          continue
        }
      }
      if index < count, kind(bytes[index]) == .letter {
        var length = 0
        while index < count, kind(bytes[index]) == .letter {
          // Never cut inside a character.
          if length >= 6, bytes[index] & 0xC0 != 0x80 { break }
          index += 1
          length += 1
        }
      } else if index < count {
        index += 1
      }
      found(index)
    }
  }
}
