import Formats
import Foundation

/// Damages text in the ways that break readers: bytes changed, dropped, doubled, spliced from elsewhere.
struct Mutator {
  var generator: SeededGenerator
  let alphabet: [UInt8]

  /// `ASSAY_FUZZ_SEED` shifts the seed: another number, other damage.
  init(seed: UInt64, alphabet: String) {
    let shift = ProcessInfo.processInfo.environment["ASSAY_FUZZ_SEED"].flatMap { UInt64($0) } ?? 0
    generator = SeededGenerator(seed: seed &+ shift &* 1_000)
    self.alphabet = Array(alphabet.utf8)
  }

  mutating func mutate(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for _ in 0...generator.next(below: 6) {
      let place = generator.next(below: bytes.count + 1)
      switch generator.next(below: 6) {
      case 0 where place < bytes.count: bytes[place] = UInt8(generator.next(below: 256))
      case 1 where place < bytes.count: bytes.remove(at: place)
      case 2: bytes.insert(alphabet[generator.next(below: alphabet.count)], at: place)
      case 3 where place < bytes.count: bytes[place] = alphabet[generator.next(below: alphabet.count)]
      case 4 where place < bytes.count:
        let end = min(bytes.count, place + generator.next(below: 20))
        bytes.insert(contentsOf: bytes[place..<end], at: generator.next(below: bytes.count))
      default: bytes = Array(bytes[..<place])
      }
    }
    return bytes
  }

  /// How many inputs a fuzz test tries: `ASSAY_FUZZ_COUNT`, or the few that every test run can afford.
  static func count(_ usual: Int) -> Int {
    ProcessInfo.processInfo.environment["ASSAY_FUZZ_COUNT"].flatMap { Int($0) } ?? usual
  }
}
