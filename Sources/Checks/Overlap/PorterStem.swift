/// Porter's stemmer (1980), the original algorithm, for words in lower case.
func porterStem(_ word: String) -> String {
  let bytes = Array(word.utf8)
  guard bytes.count > 2, bytes.allSatisfy({ $0 >= 0x61 && $0 <= 0x7A }) else { return word }
  var stemmer = PorterStemmer(word: bytes)
  stemmer.run()
  return String(decoding: stemmer.word, as: UTF8.self)
}

private struct PorterStemmer {
  var word: [UInt8] {
    didSet { consonants = Self.consonants(word) }
  }
  /// Known once for each form of the word: a "y" is one or not by the letter before it, all the way back.
  private var consonants: [Bool]

  init(word: [UInt8]) {
    self.word = word
    consonants = Self.consonants(word)
  }

  private static func consonants(_ word: [UInt8]) -> [Bool] {
    var found: [Bool] = []
    found.reserveCapacity(word.count)
    for letter in word {
      switch letter {
      case UInt8(ascii: "a"), UInt8(ascii: "e"), UInt8(ascii: "i"), UInt8(ascii: "o"), UInt8(ascii: "u"):
        found.append(false)
      case UInt8(ascii: "y"): found.append(found.last != true)
      default: found.append(true)
      }
    }
    return found
  }

  mutating func run() {
    step1a()
    step1b()
    if ends("y"), hasVowel(word.count - 1) { word[word.count - 1] = UInt8(ascii: "i") }
    step(Self.step2, measure: 0)
    step(Self.step3, measure: 0)
    step4()
    step5()
  }

  private static let step2 = [
    ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"),
    ("abli", "able"),
    ("alli", "al"), ("entli", "ent"), ("eli", "e"), ("ousli", "ous"), ("ization", "ize"), ("ation", "ate"),
    ("ator", "ate"), ("alism", "al"), ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"),
    ("aliti", "al"),
    ("iviti", "ive"), ("biliti", "ble"),
  ]
  private static let step3 = [
    ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""),
    ("ness", ""),
  ]
  private static let step4 = [
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism",
    "ate",
    "iti", "ous", "ive", "ize",
  ]

  private func isConsonant(_ i: Int) -> Bool { consonants[i] }

  /// Vowel-consonant pairs in the first `length` letters.
  private func measure(_ length: Int) -> Int {
    var count = 0
    var wasVowel = false
    for i in 0..<length {
      let consonant = isConsonant(i)
      if consonant, wasVowel { count += 1 }
      wasVowel = !consonant
    }
    return count
  }

  private func hasVowel(_ length: Int) -> Bool { (0..<length).contains { !isConsonant($0) } }

  private func ends(_ suffix: String) -> Bool {
    word.count >= suffix.utf8.count && word.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
  }

  private func endsDouble(_ length: Int) -> Bool {
    length > 1 && word[length - 1] == word[length - 2] && isConsonant(length - 1)
  }

  /// Consonant, vowel, consonant other than w, x, y.
  private func endsShort(_ length: Int) -> Bool {
    guard length > 2, isConsonant(length - 1), !isConsonant(length - 2), isConsonant(length - 3) else {
      return false
    }
    return ![UInt8(ascii: "w"), UInt8(ascii: "x"), UInt8(ascii: "y")].contains(word[length - 1])
  }

  private mutating func replace(_ suffix: String, _ with: String) {
    word.removeLast(suffix.utf8.count)
    word += Array(with.utf8)
  }

  private mutating func step1a() {
    if ends("sses") {
      replace("sses", "ss")
    } else if ends("ies") {
      replace("ies", "i")
    } else if ends("ss") {
    } else if ends("s") {
      replace("s", "")
    }
  }

  private mutating func step1b() {
    if ends("eed") {
      if measure(word.count - 3) > 0 { word.removeLast() }
      return
    }
    guard let suffix = ["ed", "ing"].first(where: { ends($0) && hasVowel(word.count - $0.utf8.count) }) else {
      return
    }
    replace(suffix, "")
    if ends("at") || ends("bl") || ends("iz") {
      word.append(UInt8(ascii: "e"))
    } else if endsDouble(word.count), !ends("l"), !ends("s"), !ends("z") {
      word.removeLast()
    } else if measure(word.count) == 1, endsShort(word.count) {
      word.append(UInt8(ascii: "e"))
    }
  }

  /// The longest suffix that fits decides, whether it is then replaced or not.
  private mutating func step(_ rules: [(String, String)], measure least: Int) {
    guard let rule = rules.filter({ ends($0.0) }).max(by: { $0.0.utf8.count < $1.0.utf8.count }) else {
      return
    }
    if measure(word.count - rule.0.utf8.count) > least { replace(rule.0, rule.1) }
  }

  private mutating func step4() {
    guard let suffix = Self.step4.filter({ ends($0) }).max(by: { $0.utf8.count < $1.utf8.count }) else {
      return
    }
    let length = word.count - suffix.utf8.count
    guard measure(length) > 1 else { return }
    if suffix == "ion", length == 0 || ![UInt8(ascii: "s"), UInt8(ascii: "t")].contains(word[length - 1]) {
      return
    }
    word.removeLast(suffix.utf8.count)
  }

  private mutating func step5() {
    if ends("e") {
      let m = measure(word.count - 1)
      if m > 1 || (m == 1 && !endsShort(word.count - 1)) { word.removeLast() }
    }
    if ends("l"), endsDouble(word.count), measure(word.count) > 1 { word.removeLast() }
  }
}
