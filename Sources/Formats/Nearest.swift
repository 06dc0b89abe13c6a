/// The word that `word` was probably meant to be, where one is near enough: for "did you mean".
///
/// Near is an edit distance (swaps of neighbours count once) of at most a third of the length, or one
/// being a beginning of the other.
public func nearest(to word: String, in known: some Sequence<String>) -> String? {
  let typed = Array(word.lowercased().unicodeScalars)
  guard !typed.isEmpty, typed.count <= 100 else { return nil }
  var best: (distance: Int, word: String)?
  for candidate in known {
    let letters = Array(candidate.lowercased().unicodeScalars)
    var distance = editDistance(typed, letters)
    if typed.count >= 3, letters.starts(with: typed) { distance = min(distance, 1) }
    guard distance <= max(1, max(typed.count, letters.count) / 3) else { continue }
    if best.map({ distance < $0.distance }) ?? true { best = (distance, candidate) }
  }
  return best?.word
}

/// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours.
private func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
  var before = [Int](), last = Array(0...b.count)
  for i in 0..<a.count {
    var row = [i + 1]
    for j in 0..<b.count {
      var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, before[j - 1] + 1) }
      row.append(cost)
    }
    before = last
    last = row
  }
  return last[b.count]
}
