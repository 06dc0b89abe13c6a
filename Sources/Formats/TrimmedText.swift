extension String {
  /// Without the white space at both ends.
  public var trimmed: String { isBare(utf8) ? self : self[...].trimmed }
}

extension Substring {
  /// Without the white space at both ends.
  public var trimmed: String {
    if isBare(utf8) { return String(self) }
    let scalars = unicodeScalars
    guard let first = scalars.firstIndex(where: { !$0.isSpace }),
      let last = scalars.lastIndex(where: { !$0.isSpace })
    else { return "" }
    return String(scalars[first...last])
  }
}

/// Cheap, and true of nearly all: it begins and ends with a visible character of ASCII.
private func isBare(_ text: some BidirectionalCollection<UInt8>) -> Bool {
  guard let first = text.first, let last = text.last else { return true }
  return 0x21..<0x7F ~= first && 0x21..<0x7F ~= last
}

extension Unicode.Scalar {
  /// ASCII without a table: texts may be long.
  fileprivate var isSpace: Bool {
    isASCII ? value == 0x20 || (0x09...0x0D).contains(value) : properties.isWhitespace
  }
}
