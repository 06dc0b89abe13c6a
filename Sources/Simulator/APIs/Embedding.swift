import Formats

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Embeddings in which texts that share words lie close together: each word, and each three letters of it,
/// adds to a few places of the vector that its hash names.
enum Embedding {
  static func vector(_ text: String, dimensions: Int) -> [Float] {
    var vector = [Float](repeating: 0, count: dimensions)
    func add(_ piece: some Sequence<UInt8>, weight: Float) {
      var sequence = SplitMix64(seed: stableHash(piece))
      for _ in 0..<8 {
        let draw = sequence.next()
        vector[Int(draw >> 1) % dimensions] += draw & 1 == 0 ? weight : -weight
      }
    }
    for word in text.lowercased().split(whereSeparator: { !$0.isLetter && !$0.isNumber }) {
      let bytes = Array(word.utf8)
      add(bytes, weight: 1)
      guard bytes.count > 3 else { continue }
      for start in 0...(bytes.count - 3) { add(bytes[start..<(start + 3)], weight: 0.35) }
    }
    let length = sqrtf(vector.reduce(0) { $0 + $1 * $1 })
    if length == 0 { vector[0] = 1 } else { for place in vector.indices { vector[place] /= length } }
    return vector
  }

  static func dimensions(_ model: String) -> Int {
    let name = model.lowercased()
    if name.firstRange(ofText: "large") != nil { return 3072 }
    return name.firstRange(ofText: "sim-") != nil ? 256 : 1536
  }

  /// Little-endian floats, as the official Python client asks for them.
  static func base64(_ vector: [Float]) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(vector.count * 4)
    for value in vector {
      withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count * 4 / 3 + 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let a = UInt32(bytes[start])
      let b = start + 1 < bytes.count ? UInt32(bytes[start + 1]) : 0
      let c = start + 2 < bytes.count ? UInt32(bytes[start + 2]) : 0
      let group = a << 16 | b << 8 | c
      out.append(letters[Int(group >> 18)])
      out.append(letters[Int(group >> 12 & 63)])
      out.append(start + 1 < bytes.count ? letters[Int(group >> 6 & 63)] : UInt8(ascii: "="))
      out.append(start + 2 < bytes.count ? letters[Int(group & 63)] : UInt8(ascii: "="))
    }
    return String(decoding: out, as: UTF8.self)
  }

  static func json(_ vector: [Float]) -> JSON { .array(vector.map { .number(JSONNumber(literal: "\($0)")) }) }
}
