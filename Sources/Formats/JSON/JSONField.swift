/// A value that `JSONScanner` found: what it is and where its bytes stand. Its readers take the same bytes
/// that were scanned.
public struct JSONField: Sendable {
  public enum Kind: UInt8, Sendable { case missing, null, `false`, `true`, number, string, array, object }

  public internal(set) var kind: Kind = .missing
  /// The bytes of the value; of a string without its quotes.
  public internal(set) var range: Range<Int> = 0..<0
  /// Whether a string holds escapes, so that its bytes are not yet its text.
  public internal(set) var hasEscapes = false
  /// Whether there is anything: false when missing, null, false, `""`, `[]` and `{}`.
  public internal(set) var isNonEmpty = false

  public init() {}

  public var isMissing: Bool { kind == .missing }

  /// Appends the text of a string, unescaped, in UTF-8 as the bytes have it. False when it is no string or not
  /// well formed.
  @discardableResult
  public func appendText(in data: RawSpan, to text: inout [UInt8]) -> Bool {
    guard kind == .string, range.upperBound < data.byteCount else { return false }
    return data.withUnsafeBytes { bytes in
      if hasEscapes {
        var position = range.lowerBound
        return appendUnescaped(bytes, from: &position, to: &text) == nil
      }
      text.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[range]))
      return true
    }
  }

  /// The text of a string, or nil when it is no string or not well formed.
  public func string(in data: RawSpan) -> String? {
    var text: [UInt8] = []
    return appendText(in: data, to: &text) ? String(validating: text, as: UTF8.self) : nil
  }

  /// Whether it is a string of just this text; cheaper than making the string.
  public func equals(_ text: StaticString, in data: RawSpan) -> Bool {
    guard kind == .string, range.upperBound <= data.byteCount else { return false }
    if hasEscapes { return string(in: data) == text.description }
    guard range.count == text.utf8CodeUnitCount else { return false }
    return data.withUnsafeBytes { bytes in
      for place in 0..<range.count where bytes[range.lowerBound + place] != text.utf8Start[place] {
        return false
      }
      return true
    }
  }

  /// An integer, or nil when it is none.
  public func int(in data: RawSpan) -> Int? { kind == .number ? (try? json(in: data))?.int : nil }

  public var bool: Bool? {
    switch kind {
    case .true: true
    case .false: false
    case .missing, .null, .number, .string, .array, .object: nil
    }
  }

  /// The value itself, read strictly; null when it is missing.
  public func json(in data: RawSpan) throws(JSONError) -> JSON {
    if kind == .missing || range.upperBound > data.byteCount { return .null }
    let whole = kind == .string ? range.lowerBound - 1..<range.upperBound + 1 : range
    return try JSON(parsing: data.extracting(whole))
  }

  public func appendText(in data: [UInt8], to text: inout [UInt8]) {
    appendText(in: data.span.bytes, to: &text)
  }
  public func string(in data: [UInt8]) -> String? { string(in: data.span.bytes) }
  public func equals(_ text: StaticString, in data: [UInt8]) -> Bool { equals(text, in: data.span.bytes) }
  public func int(in data: [UInt8]) -> Int? { int(in: data.span.bytes) }
  public func json(in data: [UInt8]) throws(JSONError) -> JSON { try json(in: data.span.bytes) }
}
