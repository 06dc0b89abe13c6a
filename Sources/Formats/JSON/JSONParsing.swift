extension JSON {
  /// Reads one JSON text, strictly as RFC 8259 has it: no comments, no trailing commas, no NaN.
  ///
  /// Numbers keep their digits, lone surrogates become U+FFFD, a byte order mark at the start is passed over.
  /// Of members with the same key the last wins, at the place of the first; `onDuplicateKey` hears of each.
  ///
  ///     let reply = try JSON(parsing: #"{"choices": []}"#)
  public init(
    parsing bytes: [UInt8], limits: JSONLimits = .standard, onDuplicateKey: ((JSONError) -> Void)? = nil
  ) throws(JSONError) {
    self = try withBytes(of: bytes) { (buffer) throws(JSONError) in
      var reader = JSONReader(buffer, limits: limits, onDuplicateKey: onDuplicateKey)
      return try reader.document()
    }
  }

  public init(
    parsing text: String, limits: JSONLimits = .standard, onDuplicateKey: ((JSONError) -> Void)? = nil
  ) throws(JSONError) {
    var text = text
    let result: Result<JSON, JSONError> = text.withUTF8 { buffer in
      var reader = JSONReader(UnsafeRawBufferPointer(buffer), limits: limits, onDuplicateKey: onDuplicateKey)
      return Result { () throws(JSONError) in try reader.document() }
    }
    self = try result.get()
  }

  /// Reads a part of some bytes: the value of a field of a stream event, say.
  public init(parsing span: RawSpan, limits: JSONLimits = .standard) throws(JSONError) {
    self = try span.withUnsafeBytes { (buffer) throws(JSONError) in
      var reader = JSONReader(buffer, limits: limits, onDuplicateKey: nil)
      return try reader.document()
    }
  }
}

extension Node {
  /// Reads JSON so that every value knows its line and column. Members with the same key are all kept.
  public init(parsingJSON bytes: [UInt8], file: String, limits: JSONLimits = .standard) throws(Problem) {
    do {
      self = try withBytes(of: bytes) { (buffer) throws(JSONError) in
        var reader = JSONReader(buffer, limits: limits, onDuplicateKey: nil)
        return try reader.locatedDocument(file: file)
      }
    } catch {
      throw error.problem(in: file)
    }
  }

  public init(parsingJSON text: String, file: String, limits: JSONLimits = .standard) throws(Problem) {
    try self.init(parsingJSON: Array(text.utf8), file: file, limits: limits)
  }
}

/// The bytes of an array in place, with the error's type kept.
private func withBytes<Value, Failure: Error>(
  of bytes: [UInt8], _ read: (UnsafeRawBufferPointer) throws(Failure) -> Value
) throws(Failure) -> Value {
  try bytes.span.bytes.withUnsafeBytes { (buffer) throws(Failure) in try read(buffer) }
}
