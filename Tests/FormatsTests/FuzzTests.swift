import Formats
import Testing

/// Damaged files in every format but JSON, which has its own: nothing crashes, nothing hangs.
@Suite("damaged files")
struct FuzzTests {
  @Test("YAML is read, or refused with a place")
  func yaml() {
    var mutator = Mutator(seed: 1, alphabet: "-:?[]{},&*!|>'\"%@` \n\t#<0x~.\\u\u{E9}")
    let seeds = YAMLTests.values.map { Array($0.yaml.utf8) } + YAMLTests.mistakes.map { Array($0.yaml.utf8) }
    for i in 0..<Mutator.count(5000) {
      let input = mutator.mutate(seeds[i % seeds.count] + Array("\n".utf8) + seeds[(i / 7) % seeds.count])
      do {
        for document in try Node.parseYAML(input, file: "fuzz.yaml") { _ = document.json.text }
      } catch {
        #expect(error.location != nil && !error.message.isEmpty, "input \(i)")
      }
    }
  }

  @Test("CSV that is read strictly reads the same relaxed")
  func csv() throws {
    var mutator = Mutator(seed: 2, alphabet: ",\"\"\n\r;\t ")
    let seeds = CSVTests.texts.map { Array($0.csv.utf8) } + CSVTests.mistakes.map { Array($0.csv.utf8) }
    for i in 0..<Mutator.count(5000) {
      let input = mutator.mutate(seeds[i % seeds.count] + seeds[(i / 5) % seeds.count])
      let text = String(decoding: input, as: UTF8.self)
      let strict = try? CSVTests.rows(text)
      let relaxed = try? CSVTests.rows(text) { $0.relaxedQuotes = true }
      if strict != nil { try #require(strict == relaxed, "\(text.debugDescription)") }
    }
  }

  @Test("patterns match, replace and split, or are refused")
  func patterns() {
    var mutator = Mutator(seed: 6, alphabet: "()[]{}*+?|^$.\\-abdswkpuxc0123,:=!<>éi ")
    for i in 0..<Mutator.count(3000) {
      let row = PatternTests.matches[i % PatternTests.matches.count]
      let other = PatternTests.matches[(i / 11) % PatternTests.matches.count]
      let source = String(decoding: mutator.mutate(Array((row.pattern + other.pattern).utf8)), as: UTF8.self)
      let text = String(decoding: mutator.mutate(Array((row.text + other.text).utf8)), as: UTF8.self)
      guard let pattern = try? Pattern(source, flags: row.flags + (i % 2 == 0 ? "g" : "")) else { continue }
      _ = try? pattern.replacing(in: text, with: "[$1$&]")
      _ = try? pattern.split(text)
    }
  }

  @Test("XML and HTML are read or refused")
  func markup() {
    var mutator = Mutator(seed: 8, alphabet: "<>/=\"'&;![]-? abx")
    let seeds =
      XMLTests.mistakes.dropLast(2).map { Array($0.xml.utf8) } + [
        Array("<p>one<p>two <b>bold<ul><li>x</ul><!-- c --><![CDATA[x]]>".utf8)
      ]
    for i in 0..<Mutator.count(2000) {
      let text = String(decoding: mutator.mutate(seeds[i % seeds.count]), as: UTF8.self)
      _ = try? XMLDocument(parsing: text).evaluate("//*")
      _ = try? HTMLDocument(parsing: text).evaluate("//*")
    }
  }
}
