#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// F1 of n-gram overlap (Lin 2004).
func rougeN(_ candidate: [String], _ reference: [String], _ n: Int) -> Double {
  let (a, b) = (ngrams(candidate, n), ngrams(reference, n))
  let shared = Double(overlap(a, b))
  return f1(shared, Double(a.values.reduce(0, +)), Double(b.values.reduce(0, +)))
}

/// F1 of the longest common subsequence.
func rougeL(_ candidate: [String], _ reference: [String]) -> Double {
  guard !candidate.isEmpty, !reference.isEmpty else { return 0 }
  var numbers: [String: Int] = [:]
  func numbered(_ words: [String]) -> [Int] {
    words.map { word in
      if let known = numbers[word] { return known }
      numbers[word] = numbers.count
      return numbers.count - 1
    }
  }
  let (a, b) = (numbered(candidate), numbered(reference))
  var last = [Int](repeating: 0, count: reference.count + 1)
  var row = last
  for word in a {
    for j in 1...b.count { row[j] = word == b[j - 1] ? last[j - 1] + 1 : max(last[j], row[j - 1]) }
    swap(&last, &row)
  }
  return f1(Double(last[reference.count]), Double(candidate.count), Double(reference.count))
}

private func f1(_ shared: Double, _ candidate: Double, _ reference: Double) -> Double {
  guard shared > 0 else { return 0 }
  let (precision, recall) = (shared / candidate, shared / reference)
  return 2 * precision * recall / (precision + recall)
}

/// Sentence BLEU up to 4-grams with equal weights (Papineni et al. 2002): the closest reference length sets the
/// brevity penalty, and a precision of 0 counts as 1e-7.
func bleu(_ candidate: [String], _ references: [[String]]) -> Double {
  guard !candidate.isEmpty, !references.isEmpty else { return 0 }
  var logs = 0.0
  for n in 1...4 {
    let own = ngrams(candidate, n)
    let theirs = references.map { ngrams($0, n) }
    let total = own.values.reduce(0, +)
    var clipped = 0
    for (gram, count) in own { clipped += min(count, theirs.map { $0[gram] ?? 0 }.max() ?? 0) }
    let precision = total > 0 ? Double(clipped) / Double(total) : 0
    logs += log(precision > 0 ? precision : 1e-7) / 4
  }
  let c = Double(candidate.count)
  let lengths = references.map(\.count)
  let closest = lengths.min { a, b in
    let (x, y) = (abs(a - candidate.count), abs(b - candidate.count))
    return x == y ? a < b : x < y
  }
  let r = Double(closest ?? 0)
  return (c > r ? 1 : exp(1 - r / c)) * exp(logs)
}

/// Google BLEU: the lesser of precision and recall over all 1- to 4-grams (Wu et al. 2016), best reference.
func gleu(_ candidate: [String], _ references: [[String]]) -> Double {
  var best = 0.0
  for reference in references {
    var (shared, own, theirs) = (0, 0, 0)
    for n in 1...4 {
      let (a, b) = (ngrams(candidate, n), ngrams(reference, n))
      shared += overlap(a, b)
      own += a.values.reduce(0, +)
      theirs += b.values.reduce(0, +)
    }
    let most = max(own, theirs)
    if most > 0 { best = max(best, Double(shared) / Double(most)) }
  }
  return best
}

/// METEOR (Banerjee and Lavie 2005) with exact and stemmed matches; no synonyms, which need a dictionary.
func meteor(
  _ candidate: [String], _ reference: [String], alpha: Double = 0.9, beta: Double = 3, gamma: Double = 0.5
) -> Double {
  var left = Array(candidate.enumerated())
  var right = Array(reference.enumerated())
  var matches: [(Int, Int)] = []
  func align(_ same: (String, String) -> Bool) {
    // From the end, each word with the last free one that fits.
    for i in left.indices.reversed() {
      if let j = right.indices.reversed().first(where: { same(left[i].element, right[$0].element) }) {
        matches.append((left[i].offset, right[j].offset))
        left.remove(at: i)
        right.remove(at: j)
      }
    }
  }
  align(==)
  var stems: [String: String] = [:]
  func stem(_ word: String) -> String {
    if let known = stems[word] { return known }
    let found = porterStem(word)
    stems[word] = found
    return found
  }
  align { stem($0) == stem($1) }
  guard !matches.isEmpty else { return 0 }
  matches.sort { $0.0 < $1.0 }
  var chunks = 1
  for (one, next) in zip(matches, matches.dropFirst()) where next != (one.0 + 1, one.1 + 1) { chunks += 1 }
  let m = Double(matches.count)
  let (precision, recall) = (m / Double(candidate.count), m / Double(reference.count))
  let mean = precision * recall / (alpha * precision + (1 - alpha) * recall)
  return (1 - gamma * pow(Double(chunks) / m, beta)) * mean
}
