import Formats

/// A byte-pair vocabulary in tiktoken's format (a base64 token and its rank on each line), for exact counts.
///
/// The way text is split before merging belongs to the vocabulary; it is told by the file's name
/// (`o200k_base.tiktoken`, `cl100k_base.tiktoken`, `p50k_base`, `r50k_base`), else by the vocabulary's size.
public struct BytePairVocabulary: Sendable {
  private let ranks: [ArraySlice<UInt8>: Int]
  let splitting: TextSplitting

  public init(file: String) throws(Problem) {
    try self.init(bytes: try File.read(file), name: Path.name(of: file))
  }

  public init(bytes: [UInt8], name: String) throws(Problem) {
    var ranks: [ArraySlice<UInt8>: Int] = [:]
    ranks.reserveCapacity(bytes.count / 17)
    var number = 0
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      number += 1
      let parts = line.split(separator: UInt8(ascii: " "))
      if parts.isEmpty || line.first == UInt8(ascii: "\r") { continue }
      let digits = parts.count == 2 ? parts[1].filter { $0 != UInt8(ascii: "\r") } : []
      guard let token = Base64.decode(parts[0]), !token.isEmpty,
        let rank = Int(String(decoding: digits, as: UTF8.self))
      else {
        throw Problem(
          "not a line of a tiktoken vocabulary", at: SourceLocation(file: name, line: number, column: 1),
          mend: "each line is a base64 token, a space and its rank")
      }
      ranks[token[...]] = rank
    }
    guard !ranks.isEmpty else { throw Problem("\(name) holds no tokens") }
    self.ranks = ranks
    splitting = TextSplitting(name: name, size: ranks.count)
  }

  /// Tokens of a text, special tokens taken as plain text.
  public func count(_ text: String) -> Int {
    splitting.pieces(text).reduce(0) { $0 + count(piece: $1) }
  }

  /// Merges the pair of lowest rank until none is left.
  private func count(piece: ArraySlice<UInt8>) -> Int {
    if piece.count < 2 || ranks[piece] != nil { return piece.isEmpty ? 0 : 1 }
    var bounds = Array(piece.startIndex...piece.endIndex)
    // Of each part, the rank of its join with the next.
    var joins = (0..<bounds.count - 2).map { rank(piece, bounds, $0) }
    while let lowest = joins.indices.min(by: { joins[$0] < joins[$1] }), joins[lowest] < Int.max {
      bounds.remove(at: lowest + 1)
      joins.remove(at: lowest)
      if lowest < joins.count { joins[lowest] = rank(piece, bounds, lowest) }
      if lowest > 0 { joins[lowest - 1] = rank(piece, bounds, lowest - 1) }
    }
    return bounds.count - 1
  }

  private func rank(_ piece: ArraySlice<UInt8>, _ bounds: [Int], _ part: Int) -> Int {
    part + 2 < bounds.count ? ranks[piece[bounds[part]..<bounds[part + 2]]] ?? .max : .max
  }
}

enum Base64 {
  /// Nil when it is not base64. Padding may be missing.
  static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    var buffer: UInt32 = 0
    var bits = 0
    var isPadded = false
    for character in text {
      let value: UInt8
      switch character {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = character - UInt8(ascii: "A")
      case UInt8(ascii: "a")...UInt8(ascii: "z"): value = character - UInt8(ascii: "a") + 26
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = character - UInt8(ascii: "0") + 52
      case UInt8(ascii: "+"): value = 62
      case UInt8(ascii: "/"): value = 63
      case UInt8(ascii: "="):
        isPadded = true
        continue
      default: return nil
      }
      if isPadded { return nil }
      buffer = buffer << 6 | UInt32(value)
      bits += 6
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
      }
    }
    return bytes
  }

  static func encode(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var value: UInt32 = 0
      for offset in 0..<3 { value = value << 8 | (offset < group.count ? UInt32(group[start + offset]) : 0) }
      for digit in 0..<4 {
        text.append(
          digit <= group.count ? alphabet[Int(value >> UInt32(18 - 6 * digit) & 63)] : UInt8(ascii: "="))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
