/// How the overlap metrics cut text into words. Each metric's own definition says which it uses.
enum Tokens {
  /// Lower case, cut at white space.
  static func spaced(_ text: String) -> [String] {
    text.lowercased().split(whereSeparator: \.isWhitespace).map(String.init)
  }

  /// As `spaced`, with full stops at the end of a word dropped.
  static func withoutFinalDots(_ text: String) -> [String] {
    spaced(text).map { word in
      let kept = word.utf8.lastIndex { $0 != UInt8(ascii: ".") } ?? word.startIndex
      return String(word[...kept])
    }
  }

  /// Lower-case runs of ASCII letters and digits, as the `rouge-score` package takes them; letters of other
  /// scripts are words too, which that package drops.
  static func alphanumeric(_ text: String) -> [String] {
    var words: [String] = []
    var word = ""
    for scalar in text.lowercased().unicodeScalars {
      let isWord =
        scalar.isASCII
        ? scalar.properties.isAlphabetic || scalar.properties.numericType != nil
        : scalar.properties.isAlphabetic
      if isWord {
        word.unicodeScalars.append(scalar)
      } else if !word.isEmpty {
        words.append(word)
        word = ""
      }
    }
    if !word.isEmpty { words.append(word) }
    return words
  }
}

/// Runs of n words with how often each occurs.
func ngrams(_ words: [String], _ n: Int) -> [[String]: Int] {
  guard n > 0, words.count >= n else { return [:] }
  var counts: [[String]: Int] = [:]
  for start in 0...(words.count - n) { counts[Array(words[start..<(start + n)]), default: 0] += 1 }
  return counts
}

/// Occurrences that both have.
func overlap(_ a: [[String]: Int], _ b: [[String]: Int]) -> Int {
  a.reduce(0) { $0 + min($1.value, b[$1.key] ?? 0) }
}
