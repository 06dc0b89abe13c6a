import Formats

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

func logarithm(_ value: Double) -> Double { log(max(value, 1)) }

/// Sentences that say nothing, of any length.
enum Prose {
  private static let openings = [
    "In short,", "To begin with,", "As a rule,", "For most readers,", "In practice,", "On closer look,",
    "By contrast,", "For example,", "After all,", "In the end,",
  ]
  private static let subjects = [
    "the question", "a good answer", "the usual approach", "each part", "the first step", "this idea",
    "a careful reader", "the result", "the whole picture", "every detail",
  ]
  private static let verbs = [
    "depends on", "follows from", "begins with", "rests on", "leads to", "is shaped by",
    "is worth comparing with",
    "can be checked against", "grows out of", "makes sense beside",
  ]
  private static let objects = [
    "what was known before", "the context around it", "a few simple facts", "the purpose behind it",
    "how it will be used", "the people involved", "a clear definition", "the evidence at hand",
    "time and patience", "some ordinary examples",
  ]

  /// Prose of so many tokens, give or take the end of a word.
  static func text(tokens: Int, _ sequence: inout SplitMix64) -> String {
    var bytes: [UInt8] = []
    var count = 0
    while count < tokens {
      let draw = sequence.next()
      if !bytes.isEmpty { bytes.append(0x20) }
      bytes.add(openings[Int(draw & 0xFF) % openings.count])
      bytes.append(0x20)
      bytes.add(subjects[Int(draw >> 8 & 0xFF) % subjects.count])
      bytes.append(0x20)
      bytes.add(verbs[Int(draw >> 16 & 0xFF) % verbs.count])
      bytes.append(0x20)
      bytes.add(objects[Int(draw >> 24 & 0xFF) % objects.count])
      bytes.add(".")
      count += 14
    }
    let ends = Tokens.ends(bytes)
    if ends.count > tokens, tokens > 0 { bytes.removeLast(bytes.count - Int(ends[tokens - 1])) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Prose that begins with what was asked, so that a reader of a report can tell replies apart.
  static func reply(to question: String, tokens: Int, _ sequence: inout SplitMix64) -> String {
    let words = lastWords(of: question)
    let opening = words.isEmpty ? "" : "You asked about \"\(words)\". "
    let rest = max(1, tokens - Tokens.count(opening))
    return opening + text(tokens: rest, &sequence)
  }

  /// The last words of a text, some eighty bytes of them, without the sign at their end.
  private static func lastWords(of text: String) -> String {
    var bytes = Array(text.utf8.suffix(80))
    if bytes.count == 80 { bytes.removeFirst(min((bytes.firstIndex(of: 0x20) ?? 79) + 1, 80)) }
    while let last = bytes.last, last <= 0x20 || "?.!:,;\"".utf8.contains(last) { bytes.removeLast() }
    for place in bytes.indices where bytes[place] < 0x20 || bytes[place] == UInt8(ascii: "\"") {
      bytes[place] = 0x20
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
