#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension String {
  /// Whether `{` stands in it with one of these bytes behind it, as tags of templates begin. Asked of every text that
  /// may be a template, most of which have none.
  public func hasBrace(before marks: StaticString) -> Bool {
    var text = self
    return text.withUTF8 { bytes in
      guard var from = bytes.baseAddress else { return false }
      let end = from + bytes.count
      while let found = memchr(from, Int32(UInt8(ascii: "{")), end - from) {
        from = UnsafePointer(found.assumingMemoryBound(to: UInt8.self)) + 1
        if from == end { return false }
        if memchr(marks.utf8Start, Int32(from.pointee), marks.utf8CodeUnitCount) != nil { return true }
      }
      return false
    }
  }
}
