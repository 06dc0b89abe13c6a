#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
import Formats

// Reading of texts that may be long and hostile: one pass over the bytes, no step that grows faster than they do.

/// A text that is searched many times, folded once.
struct Haystack {
  private let bytes: [UInt8]
  private let fold: Bool

  init(_ text: String, fold: Bool) {
    self.fold = fold
    bytes = Array((fold ? text.lowercased() : text).utf8)
  }

  func contains(_ needle: String) -> Bool {
    let needle = Array((fold ? needle.lowercased() : needle).utf8)
    if needle.isEmpty { return true }
    return bytes.withUnsafeBufferPointer { text in needle.withUnsafeBufferPointer { find($0, in: text) } }
  }
}

/// Whether the needle stands in the text, in linear time whatever the two are (Knuth, Morris, Pratt 1977).
private func find(_ needle: UnsafeBufferPointer<UInt8>, in text: UnsafeBufferPointer<UInt8>) -> Bool {
  guard needle.count <= text.count, let start = text.baseAddress else { return false }
  /// How much of the needle still fits after a mismatch at each place; made when first needed.
  var borders: [Int] = []
  func border(_ length: Int) -> Int {
    if borders.isEmpty {
      borders = [0, 0]
      var matched = 0
      for i in 1..<needle.count {
        while matched > 0, needle[i] != needle[matched] { matched = borders[matched] }
        if needle[i] == needle[matched] { matched += 1 }
        borders.append(matched)
      }
    }
    return borders[length]
  }
  var (place, matched) = (0, 0)
  while place < text.count {
    if matched == 0 {
      guard let found = memchr(start + place, Int32(needle[0]), text.count - place) else { return false }
      place = start.distance(to: found.assumingMemoryBound(to: UInt8.self)) + 1
      matched = 1
    } else if text[place] == needle[matched] {
      place += 1
      matched += 1
    } else {
      matched = border(matched)
      continue
    }
    if matched == needle.count { return true }
  }
  return false
}

/// Runs of anything but white space, as JavaScript counts white space.
func wordCount(_ text: String) -> Int {
  var count = 0
  var isWord = false
  for scalar in text.unicodeScalars {
    let isSpace =
      scalar.isASCII
      ? scalar == " " || (0x09...0x0D).contains(scalar.value)
      : scalar.properties.isWhitespace && scalar.value != 0x85 || scalar.value == 0xFEFF
    if isSpace {
      isWord = false
    } else if !isWord {
      isWord = true
      count += 1
    }
  }
  return count
}

/// The last number written in a text; thousands separated by commas are read as one.
func lastNumber(in text: String) -> Double? {
  let bytes = Array(text.utf8)
  func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
  var end = bytes.count
  while end > 0 {
    while end > 0, !isDigit(bytes[end - 1]) { end -= 1 }
    if end == 0 { return nil }
    var start = end
    // Back over digits, full stops and commas to where the run begins.
    while start > 0, isDigit(bytes[start - 1]) || bytes[start - 1] == 0x2E || bytes[start - 1] == 0x2C,
      end - start < 400
    {
      start -= 1
    }
    while start < end, !isDigit(bytes[start]) { start += 1 }
    // An exponent: the number begins before it.
    var sign = start
    if sign > 0, bytes[sign - 1] == 0x2D || bytes[sign - 1] == 0x2B { sign -= 1 }
    if sign > 1, bytes[sign - 1] | 0x20 == 0x65, isDigit(bytes[sign - 2]) {
      start = sign - 1
      while start > 0, isDigit(bytes[start - 1]) || bytes[start - 1] == 0x2E || bytes[start - 1] == 0x2C,
        end - start < 400
      {
        start -= 1
      }
      while start < end, !isDigit(bytes[start]) { start += 1 }
    }
    let digits = bytes[start..<end].filter { $0 != 0x2C }
    let isNegative = start > 0 && bytes[start - 1] == 0x2D && (start < 2 || !isDigit(bytes[start - 2]))
    if let number = Double(String(decoding: digits, as: UTF8.self)) { return isNegative ? -number : number }
    // Such as the version 1.2.3: no number, but its parts are not numbers either.
    end = start
  }
  return nil
}

/// Levenshtein's distance in UTF-16 units, as JavaScript counts; nil when it is above the limit. Only the diagonals
/// within the limit are computed (Ukkonen 1985).
func editDistance(_ a: [UInt16], _ b: [UInt16], limit: Int) -> Int? {
  if abs(a.count - b.count) > limit { return nil }
  var (start, endA, endB) = (0, a.count, b.count)
  while start < endA, start < endB, a[start] == b[start] { start += 1 }
  while endA > start, endB > start, a[endA - 1] == b[endB - 1] {
    endA -= 1
    endB -= 1
  }
  let (x, y) = (a[start..<endA], Array(b[start..<endB]))
  if x.isEmpty || y.isEmpty { return max(x.count, y.count) }
  let far = limit + 1
  var last = (0...y.count).map { min($0, far) }
  var row = [Int](repeating: far, count: y.count + 1)
  for (i, unit) in x.enumerated() {
    let (low, high) = (max(1, i + 1 - limit), min(y.count, i + 1 + limit))
    if low > high { return nil }
    row[low - 1] = low == 1 ? min(i + 1, far) : far
    for j in low...high {
      let cost = last[j - 1] + (unit == y[j - 1] ? 0 : 1)
      row[j] = min(far, cost, last[j] + 1, row[j - 1] + 1)
    }
    if high < y.count { row[high + 1] = far }
    swap(&last, &row)
  }
  return last[y.count] <= limit ? last[y.count] : nil
}
