import Testing

@testable import Formats

@Suite("Hashes and seeds")
struct HashingTests {
  @Test(
    "SHA-256 of known texts",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
      (
        String(repeating: "a", count: 1_000_000),
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
      ),
    ])
  func sha256(text: String, hex: String) {
    #expect(SHA256.hex(text) == hex)
  }

  @Test("a hash in pieces is the hash of the whole")
  func pieces() throws {
    var generator = SeededGenerator(seed: 5)
    let bytes = (0..<5000).map { _ in UInt8(generator.next(below: 256)) }
    for _ in 0..<50 {
      var hash = SHA256()
      var rest = bytes[...]
      while !rest.isEmpty {
        let piece = rest.prefix(1 + generator.next(below: 200))
        hash.update(Array(piece))
        rest = rest.dropFirst(piece.count)
      }
      try #require(hash.finish() == SHA256.hash(bytes))
    }
  }

  @Test("the processor's instructions and our own give the same hash")
  func software() {
    var generator = SeededGenerator(seed: 6)
    for blocks in 0..<20 {
      let bytes = (0..<blocks * 64).map { _ in UInt8(generator.next(below: 256)) }
      var state: [UInt32] = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab,
        0x5be0_cd19,
      ]
      var padding = [UInt8](repeating: 0, count: 64)
      padding[0] = 0x80
      let bits = UInt16(bytes.count * 8)
      (padding[62], padding[63]) = (UInt8(bits >> 8), UInt8(bits & 0xFF))
      (bytes + padding).withUnsafeBytes { input in
        state.withUnsafeMutableBufferPointer { state in
          SHA256.compressInSoftware(input, blocks: blocks + 1, state)
        }
      }
      #expect(SHA256.hash(bytes) == state.flatMap { word in withUnsafeBytes(of: word.bigEndian, Array.init) })
    }
  }

  @Test("hexadecimal text and back")
  func hexadecimal() {
    #expect(Hex.text([0, 1, 0xAB, 0xFF]) == "0001abff")
    #expect(Hex.bytes("0001abFF") == [0, 1, 0xAB, 0xFF])
    #expect(Hex.bytes("0") == nil)
    #expect(Hex.bytes("0g") == nil)
  }

  @Test("a seed gives the same numbers for ever")
  func stable() {
    var split = SplitMix64(seed: 1_234_567)
    #expect([split.next(), split.next()] == [6_457_827_717_110_365_317, 3_203_168_211_198_807_973])
    var generator = SeededGenerator(seed: 42)
    #expect(generator.next() == 1_546_998_764_402_558_742)
    #expect(generator.next(below: 100) == 37)
    #expect(generator.shuffled(Array(0..<8)) == [0, 1, 4, 2, 3, 7, 6, 5])
    #expect(stableHash("assay") == stableHash(Array("assay".utf8)))
    #expect(stableHash("") == 17_665_956_581_633_026_203)
  }
}
