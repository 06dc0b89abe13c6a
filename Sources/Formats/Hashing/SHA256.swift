import CSHA256

/// SHA-256 (FIPS 180-4), whole or in pieces.
///
///     SHA256.hex("abc")   // "ba7816bf..."
public struct SHA256: Sendable {
  private var state: SIMD8<UInt32> = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]
  private var pending: [UInt8] = []
  private var length: UInt64 = 0

  public init() {}

  public static func hash(_ bytes: [UInt8]) -> [UInt8] { whole(bytes).digest }

  /// The first sixteen bytes of the hash as two big-endian numbers: enough to tell texts apart.
  public static func leadingNumbers(of bytes: [UInt8]) -> (first: UInt64, second: UInt64) {
    let state = whole(bytes).state
    return (UInt64(state[0]) << 32 | UInt64(state[1]), UInt64(state[2]) << 32 | UInt64(state[3]))
  }

  private static func whole(_ bytes: [UInt8]) -> SHA256 {
    var hash = SHA256()
    hash.length = UInt64(bytes.count)
    bytes.withUnsafeBytes { input in
      let blocks = input.count / 64
      hash.compress(input, blocks: blocks)
      hash.compressTail(UnsafeRawBufferPointer(rebasing: input[(blocks * 64)...]))
    }
    return hash
  }

  /// 64 lower-case hexadecimal digits.
  public static func hex(_ bytes: [UInt8]) -> String { Hex.text(hash(bytes)) }
  public static func hex(_ text: String) -> String { hex(Array(text.utf8)) }

  public mutating func update(_ text: String) { update(Array(text.utf8)) }

  public mutating func update(_ bytes: [UInt8]) {
    length &+= UInt64(bytes.count)
    var start = 0
    if !pending.isEmpty {
      start = min(64 - pending.count, bytes.count)
      pending.append(contentsOf: bytes[..<start])
      if pending.count < 64 { return }
      pending.withUnsafeBytes { compress($0, blocks: 1) }
      pending.removeAll(keepingCapacity: true)
    }
    let blocks = (bytes.count - start) / 64
    bytes.withUnsafeBytes { compress(UnsafeRawBufferPointer(rebasing: $0[start...]), blocks: blocks) }
    pending.append(contentsOf: bytes[(start + blocks * 64)...])
  }

  /// The 32 bytes of what came so far; more may follow.
  public func finish() -> [UInt8] {
    var copy = self
    pending.withUnsafeBytes { copy.compressTail($0) }
    return copy.digest
  }

  /// Less than a block, filled up with a one, zeros and the length of all in bits.
  private mutating func compressTail(_ tail: UnsafeRawBufferPointer) {
    withUnsafeTemporaryAllocation(byteCount: 128, alignment: 16) { block in
      block.initializeMemory(as: UInt8.self, repeating: 0)
      block.copyMemory(from: tail)
      block[tail.count] = 0x80
      let blocks = tail.count < 56 ? 1 : 2
      block.storeBytes(of: (length &* 8).bigEndian, toByteOffset: blocks * 64 - 8, as: UInt64.self)
      compress(UnsafeRawBufferPointer(block), blocks: blocks)
    }
  }

  private var digest: [UInt8] {
    var bytes = [UInt8]()
    bytes.reserveCapacity(32)
    for place in 0..<8 {
      for shift in stride(from: UInt32(24), through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: state[place] >> shift))
      }
    }
    return bytes
  }

  /// Whether the processor does it by itself, which is ten times as fast.
  private static let isInHardware = csha256_is_available() != 0

  private mutating func compress(_ input: UnsafeRawBufferPointer, blocks: Int) {
    if blocks == 0 { return }
    withUnsafeMutableBytes(of: &state) { raw in
      let state = raw.bindMemory(to: UInt32.self)
      if Self.isInHardware {
        csha256_blocks(state.baseAddress, input.bindMemory(to: UInt8.self).baseAddress, blocks)
      } else {
        Self.compressInSoftware(input, blocks: blocks, state)
      }
    }
  }

  static func compressInSoftware(
    _ input: UnsafeRawBufferPointer, blocks: Int, _ state: UnsafeMutableBufferPointer<UInt32>
  ) {
    roundConstants.withUnsafeBufferPointer { constants in
      withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { schedule in
        for block in 0..<blocks { compressBlock(input, at: block * 64, state, constants, schedule) }
      }
    }
  }

  private static func compressBlock(
    _ input: UnsafeRawBufferPointer, at offset: Int, _ state: UnsafeMutableBufferPointer<UInt32>,
    _ k: UnsafeBufferPointer<UInt32>, _ w: UnsafeMutableBufferPointer<UInt32>
  ) {
    for i in 0..<16 {
      w[i] = UInt32(bigEndian: input.loadUnaligned(fromByteOffset: offset + i * 4, as: UInt32.self))
    }
    for i in 16..<64 {
      let s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ (w[i - 15] >> 3)
      let s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ (w[i - 2] >> 10)
      w[i] = w[i - 16] &+ s0 &+ w[i - 7] &+ s1
    }
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    // Eight rounds at a time bring each word back to its own name, so that none has to be moved.
    for i in stride(from: 0, to: 64, by: 8) {
      round(a, b, c, &d, e, f, g, &h, k[i] &+ w[i])
      round(h, a, b, &c, d, e, f, &g, k[i + 1] &+ w[i + 1])
      round(g, h, a, &b, c, d, e, &f, k[i + 2] &+ w[i + 2])
      round(f, g, h, &a, b, c, d, &e, k[i + 3] &+ w[i + 3])
      round(e, f, g, &h, a, b, c, &d, k[i + 4] &+ w[i + 4])
      round(d, e, f, &g, h, a, b, &c, k[i + 5] &+ w[i + 5])
      round(c, d, e, &f, g, h, a, &b, k[i + 6] &+ w[i + 6])
      round(b, c, d, &e, f, g, h, &a, k[i + 7] &+ w[i + 7])
    }
    state[0] &+= a
    state[1] &+= b
    state[2] &+= c
    state[3] &+= d
    state[4] &+= e
    state[5] &+= f
    state[6] &+= g
    state[7] &+= h
  }

  @inline(__always)
  private static func round(
    _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: inout UInt32, _ e: UInt32, _ f: UInt32, _ g: UInt32,
    _ h: inout UInt32, _ word: UInt32
  ) {
    let s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    let t = h &+ s1 &+ ((e & f) ^ (~e & g)) &+ word
    let s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    d = d &+ t
    h = t &+ s0 &+ ((a & b) ^ (a & c) ^ (b & c))
  }

  @inline(__always)
  private static func rotate(_ x: UInt32, _ n: UInt32) -> UInt32 { (x >> n) | (x << (32 - n)) }

  private static let roundConstants: [UInt32] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
  ]
}
