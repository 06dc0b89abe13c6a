#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Finds secrets in texts, and puts a mark in their place: also where they are escaped as JSON and addresses do it
/// (`\/`, `\u0022`, `%2F`), once or several times over.
///
/// The time it takes hardly depends on how many secrets there are, and is next to nothing for none.
public struct SecretSearch: Sendable {
  /// Those with the same first byte, which is what is looked for first.
  private struct Group: Sendable {
    var first: UInt8
    /// The first four bytes of its secrets, sorted, and the secrets that begin with each, longest first.
    var starts: [UInt32] = []
    var secrets: [[[UInt8]]] = []
  }

  private let groups: [Group]
  private let longest: Int
  /// Letters and digits are escaped nowhere, and most keys have little else.
  private let mayBeEscaped: Bool

  /// - Parameter atLeast: bytes, four or more: shorter ones are left alone, since masking every "1" would help no one.
  public init(_ secrets: some Sequence<String>, atLeast: Int = 4) {
    let all = Set(secrets.map { Array($0.utf8) }.filter { $0.count >= max(4, atLeast) })
    longest = all.map(\.count).max() ?? 0
    mayBeEscaped = all.contains { $0.contains { !Self.isPlain($0) } }
    groups = Dictionary(grouping: all) { $0[0] }.map { first, secrets in
      let byStart = Dictionary(grouping: secrets) { secret in
        secret.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }
      }
      let starts = byStart.keys.sorted()
      return Group(
        first: first, starts: starts,
        secrets: starts.map { (byStart[$0] ?? []).sorted { $0.count > $1.count } })
    }
  }

  public var isEmpty: Bool { groups.isEmpty }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
      true
    default: false
    }
  }

  // MARK: Finding

  public func occur(in text: String) -> Bool {
    if isEmpty { return false }
    var text = text
    return text.withUTF8 { occur(in: UnsafeRawBufferPointer($0)) }
  }

  public func occur(in bytes: [UInt8]) -> Bool {
    if isEmpty { return false }
    return bytes.withUnsafeBytes { occur(in: $0) }
  }

  private func occur(in text: UnsafeRawBufferPointer) -> Bool {
    if finds(in: text) { return true }
    return mayBeEscaped
      && EscapedText.levels(of: text).contains { level in level.bytes.withUnsafeBytes { finds(in: $0) } }
  }

  private func finds(in text: UnsafeRawBufferPointer) -> Bool {
    var isFound = false
    for group in groups where !isFound {
      find(group, in: text) { _ in
        isFound = true; return false
      }
    }
    return isFound
  }

  /// - Parameter take: is told where one stands; false ends the search.
  private func find(_ group: Group, in text: UnsafeRawBufferPointer, _ take: (Range<Int>) -> Bool) {
    guard let base = text.baseAddress else { return }
    var from = 0
    while from + 4 <= text.count, let hit = memchr(base + from, Int32(group.first), text.count - from - 3) {
      let place = UnsafeRawPointer(hit) - base
      from = place + 1
      let start = text.loadUnaligned(fromByteOffset: place, as: UInt32.self)
      guard let no = Self.index(of: start, in: group.starts) else { continue }
      let secret = group.secrets[no].first { secret in
        secret.count <= text.count - place
          && secret.withUnsafeBytes { $0.baseAddress.map { memcmp(hit, $0, secret.count) == 0 } ?? false }
      }
      if let secret, !take(place..<place + secret.count) { return }
    }
  }

  private static func index(of start: UInt32, in sorted: [UInt32]) -> Int? {
    var (low, high) = (0, sorted.count)
    while low < high {
      let middle = (low + high) / 2
      if sorted[middle] < start { low = middle + 1 } else { high = middle }
    }
    return low < sorted.count && sorted[low] == start ? low : nil
  }

  // MARK: Masking

  public func masked(_ text: String, with mark: String) -> String {
    guard occur(in: text) else { return text }
    return String(decoding: masked(Array(text.utf8), with: mark), as: UTF8.self)
  }

  public func masked(_ bytes: [UInt8], with mark: String) -> [UInt8] {
    let places = bytes.withUnsafeBytes { (text: UnsafeRawBufferPointer) -> [Range<Int>] in
      self.places(in: text)
    }
    if places.isEmpty { return bytes }
    var result: [UInt8] = []
    var from = 0
    for place in places {
      result += bytes[from..<place.lowerBound]
      result += Array(mark.utf8)
      from = place.upperBound
    }
    return result + bytes[from...]
  }

  /// In order; what overlaps is one place.
  private func places(in text: UnsafeRawBufferPointer) -> [Range<Int>] {
    if isEmpty { return [] }
    var found: [Range<Int>] = []
    for group in groups {
      find(group, in: text) {
        found.append($0); return true
      }
    }
    for level in mayBeEscaped ? EscapedText.levels(of: text) : [] {
      for group in groups {
        level.bytes.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) -> Void in
          find(group, in: bytes) { place in
            found.append(level.starts[place.lowerBound]..<level.starts[place.upperBound])
            return true
          }
        }
      }
    }
    var merged: [Range<Int>] = []
    for place in found.sorted(by: { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }) {
      if let last = merged.last, place.lowerBound < last.upperBound {
        merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, place.upperBound)
      } else {
        merged.append(place)
      }
    }
    return merged
  }

  /// How many bytes at the end may be the beginning of a secret.
  public func begun(atEndOf text: ArraySlice<UInt8>) -> Int {
    for count in (0..<min(text.count + 1, max(1, longest))).reversed() where count > 0 {
      let end = text.suffix(count)
      let isBegun = groups.contains { group in
        group.first == end.first
          && group.secrets.contains { $0.contains { $0.count > count && $0.starts(with: end) } }
      }
      if isBegun { return count }
    }
    return 0
  }

  /// As `masked`, and without an end that may be the beginning of a secret: for texts that were cut to length.
  public func maskedCut(_ text: String, with mark: String) -> String {
    if isEmpty { return text }
    let clean = masked(text, with: mark)
    let bytes = Array(clean.utf8)
    var length = bytes.count - begun(atEndOf: bytes[...])
    for level in mayBeEscaped ? bytes.withUnsafeBytes({ EscapedText.levels(of: $0) }) : [] {
      length = min(length, level.starts[level.bytes.count - begun(atEndOf: level.bytes[...])])
    }
    // Fewer give nothing away, and would take letters off honest texts.
    return bytes.count - length < 4 ? clean : String(decoding: bytes[..<length], as: UTF8.self)
  }
}
