#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The one dynamic value of the project: what JSON, YAML and CSV files hold, what models send and receive.
///
/// Objects keep the order of their keys; numbers keep the digits they were written with. Equality is that
/// of JSON: strings by their code points (Swift would call "é" and "e" + accent equal), numbers by their
/// value, objects whatever the order of their members.
public enum JSON: Sendable {
  case null
  case bool(Bool)
  case number(JSONNumber)
  case string(String)
  case array([JSON])
  case object(JSONObject)
}

extension JSON {
  public subscript(key: String) -> JSON? {
    if case .object(let object) = self { return object[key] }
    return nil
  }

  public subscript(index: Int) -> JSON? {
    if case .array(let items) = self, items.indices.contains(index) { return items[index] }
    return nil
  }

  public var string: String? { if case .string(let text) = self { text } else { nil } }
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  public var array: [JSON]? { if case .array(let items) = self { items } else { nil } }
  public var object: JSONObject? { if case .object(let object) = self { object } else { nil } }
  public var number: JSONNumber? { if case .number(let number) = self { number } else { nil } }
  public var double: Double? { number?.double }
  /// The number as an integer, when it is one (`3`, `3.0`, `3e0`) and fits.
  public var int: Int? { number?.int }
  public var isNull: Bool { if case .null = self { true } else { false } }

  /// Nil where this is null.
  public var unlessNull: JSON? { isNull ? nil : self }

  /// `null`, `boolean`, `number`, `string`, `array` or `object`: the words of JSON, for messages.
  public var typeName: String {
    switch self {
    case .null: "null"
    case .bool: "boolean"
    case .number: "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }
}

extension JSON: Hashable {
  // One after the other: both at once would be copied.
  public static func == (a: JSON, b: JSON) -> Bool {
    switch a {
    case .null: if case .null = b { true } else { false }
    case .bool(let a): if case .bool(let b) = b { a == b } else { false }
    case .number(let a): if case .number(let b) = b { a == b } else { false }
    case .string(let a): if case .string(let b) = b { a.hasSameBytes(as: b) } else { false }
    case .array(let a): if case .array(let b) = b { a == b } else { false }
    case .object(let a): if case .object(let b) = b { a == b } else { false }
    }
  }

  public func hash(into hasher: inout Hasher) {
    switch self {
    case .null: hasher.combine(0)
    case .bool(let value): hasher.combine(value)
    case .number(let number): hasher.combine(number)
    case .string(let text): text.hashBytes(into: &hasher)
    case .array(let items): hasher.combine(items)
    case .object(let object): hasher.combine(object)
    }
  }
}

extension String {
  /// Whether two strings are the same bit for bit, as short ones with the same text and copies of long ones are. True is
  /// certain, false says nothing.
  @inline(__always)
  func isSameValue(as other: String) -> Bool {
    typealias Bits = (UInt64, UInt64)
    return MemoryLayout<String>.size == MemoryLayout<Bits>.size
      && unsafeBitCast(self, to: Bits.self) == unsafeBitCast(other, to: Bits.self)
  }

  /// Whether two strings are the same code points. `==` compares up to canonical equivalence, which JSON does not.
  func hasSameBytes(as other: String) -> Bool {
    if isSameValue(as: other) { return true }
    let count = utf8.count
    guard count == other.utf8.count else { return false }
    let isSame = utf8.withContiguousStorageIfAvailable { mine in
      other.utf8.withContiguousStorageIfAvailable { its in
        guard let mine = mine.baseAddress, let its = its.baseAddress else { return count == 0 }
        return memcmp(mine, its, count) == 0
      }
    }
    return (isSame ?? nil) ?? utf8.elementsEqual(other.utf8)
  }
}

extension String {
  /// As `hasSameBytes` compares. Swift's own hash brings a text into normal form first, which a hostile one makes slow.
  func hashBytes(into hasher: inout Hasher) {
    var text = self
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    hasher.combine(0xFF as UInt8)
  }
}

// No literal `nil`: `isKnown ? value : nil` would be JSON's null rather than no value, where both are possible.
extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int) { self = .number(JSONNumber(value)) }
  public init(floatLiteral value: Double) { self = .number(JSONNumber(value)) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(arrayLiteral elements: JSON...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSON)...) { self = .object(JSONObject(elements)) }
}

extension JSON {
  public init(_ value: Int) { self = .number(JSONNumber(value)) }
  public init(_ value: Double) { self = .number(JSONNumber(value)) }
  public init(_ value: String) { self = .string(value) }
  public init(_ value: Bool) { self = .bool(value) }
}
