/// What `format` can demand of a string. Unknown formats demand nothing.
enum SchemaFormats {
  private static let known: [String: @Sendable (String) -> Bool] = [
    "date-time": SchemaTimeFormats.isDateTime,
    "date": SchemaTimeFormats.isDate,
    "time": SchemaTimeFormats.isTime,
    "duration": SchemaTimeFormats.isDuration,
    "email": { SchemaNetFormats.isEmail($0, international: false) },
    "idn-email": { SchemaNetFormats.isEmail($0, international: true) },
    "hostname": { SchemaNetFormats.isHostname($0, international: false) },
    "idn-hostname": { SchemaNetFormats.isHostname($0, international: true) },
    "ipv4": SchemaNetFormats.isIPv4,
    "ipv6": SchemaNetFormats.isIPv6,
    "uri": { SchemaURIFormats.isURI($0, relative: false, international: false) },
    "uri-reference": { SchemaURIFormats.isURI($0, relative: true, international: false) },
    "iri": { SchemaURIFormats.isURI($0, relative: false, international: true) },
    "iri-reference": { SchemaURIFormats.isURI($0, relative: true, international: true) },
    "uri-template": SchemaURIFormats.isTemplate,
    "uuid": isUUID,
    "json-pointer": { JSONPointer($0) != nil },
    "relative-json-pointer": isRelativePointer,
    "regex": { (try? Pattern($0, flags: "u")) != nil },
  ]

  static func holds(_ format: String, _ text: String) -> Bool { known[format]?(text) ?? true }

  @Sendable private static func isUUID(_ text: String) -> Bool {
    let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    return parts.map(\.count) == [8, 4, 4, 4, 12] && parts.allSatisfy { $0.allSatisfy(isHexadecimal) }
  }

  /// A count of steps upwards, then a pointer or `#`.
  @Sendable private static func isRelativePointer(_ text: String) -> Bool {
    let digits = text.utf8.prefix(while: isDigit)
    guard let first = digits.first, first != UInt8(ascii: "0") || digits.count == 1 else { return false }
    let rest = String(text.utf8.dropFirst(digits.count)) ?? "?"
    return rest == "#" || JSONPointer(rest) != nil
  }
}

@Sendable func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
@Sendable func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- UInt8(ascii: "a") < 26 }
@Sendable func isHexadecimal(_ byte: UInt8) -> Bool {
  isDigit(byte) || (byte | 0x20) &- UInt8(ascii: "a") < 6
}
