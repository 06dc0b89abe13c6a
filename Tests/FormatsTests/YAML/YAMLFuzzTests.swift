import Formats
import Testing

@Suite("YAML, damaged")
struct YAMLFuzzTests {
  @Test("no damaged file crashes or hangs the reader", arguments: [1 as UInt64])
  func mutations(seed: UInt64) {
    var mutator = Mutator(seed: seed, alphabet: "-:?[]{},&*!|>'\"%@` \n\t#<0x~.\\u\u{E9}")
    let seeds = YAMLTests.values.map { Array($0.yaml.utf8) } + YAMLTests.mistakes.map { Array($0.yaml.utf8) }
    for i in 0..<Mutator.count(5000) {
      let input = mutator.mutate(seeds[i % seeds.count] + Array("\n".utf8) + seeds[(i / 7) % seeds.count])
      do {
        for document in try Node.parseYAML(input, file: "fuzz.yaml") { _ = document.json.text }
      } catch {
        #expect(error.location != nil && !error.message.isEmpty)
      }
    }
  }
}
