import CXML2

/// Writes XML piece by piece to a file or into memory. What comes out is well-formed whatever goes in.
///
///     let writer = try XMLWriter(path: "report.xml")
///     writer.start("testsuite", [("name", suite.name)])
///     writer.element("system-out", text: reply)
///     try writer.finish()
public final class XMLWriter {
  /// What becomes of characters that XML 1.0 cannot hold, such as the escape of terminal colours.
  public enum IllegalCharacters: Sendable {
    /// Their pictures: U+241B for the escape; U+FFFD for those without one.
    case shown
    case removed
  }

  private let sink: Sink
  private let writer: OpaquePointer
  private let illegal: IllegalCharacters
  private var failed = false
  private var openElements = 0

  /// To a file that is in place once `finish` is called.
  public convenience init(path: String, illegal: IllegalCharacters = .shown, indents: Bool = true)
    throws(Problem)
  {
    try self.init(sink: Sink(file: try FileWriter(path)), illegal, indents)
  }

  /// Into memory: `finish` first, then `bytes`.
  public convenience init(illegal: IllegalCharacters = .shown, indents: Bool = true) throws(Problem) {
    try self.init(sink: Sink(file: nil), illegal, indents)
  }

  private init(sink: Sink, _ illegal: IllegalCharacters, _ indents: Bool) throws(Problem) {
    guard cxml2_load() == 1 else { throw MarkupTree.missingLibrary }
    self.sink = sink
    self.illegal = illegal
    // The sink lives as long as this object, which frees the writer first.
    let context = Unmanaged.passUnretained(sink).toOpaque()
    guard let writer = cxml2_new_writer(Sink.take, context, indents ? 1 : 0) else {
      throw Problem("out of memory")
    }
    self.writer = writer
  }

  deinit { cxml2_free_writer(writer) }

  public func start(_ name: String, _ attributes: [(name: String, value: String)] = []) {
    check(cxml2_start_element(writer, XMLWriter.legalName(name)))
    openElements += 1
    for (name, value) in attributes {
      check(cxml2_attribute(writer, XMLWriter.legalName(name), XMLWriter.legal(value, illegal)))
    }
  }

  public func text(_ text: String) { check(cxml2_text(writer, XMLWriter.legal(text, illegal))) }

  /// Bytes that are XML already, such as elements of numbers alone: what would be slow one by one.
  public func raw(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { raw in
      check(cxml2_raw(writer, raw.bindMemory(to: CChar.self).baseAddress, Int32(raw.count)))
    }
  }

  /// Closes the element that was started last; nothing when all are closed.
  public func end() {
    if openElements == 0 { return }
    check(cxml2_end_element(writer))
    openElements -= 1
  }

  /// A whole element, with text or without.
  public func element(_ name: String, _ attributes: [(name: String, value: String)] = [], text: String? = nil)
  {
    start(name, attributes)
    if let text { self.text(text) }
    end()
  }

  public func comment(_ text: String) {
    // Two hyphens would end the comment.
    var parted = ""
    for character in XMLWriter.legal(text, illegal).unicodeScalars {
      if character == "-" && parted.unicodeScalars.last == "-" { parted += " " }
      parted.unicodeScalars.append(character)
    }
    check(cxml2_comment(writer, parted.unicodeScalars.last == "-" ? parted + " " : parted))
  }

  /// Closes all elements and puts the file in place.
  public func finish() throws(Problem) {
    check(cxml2_end_document(writer))
    openElements = 0
    if let problem = sink.problem { throw problem }
    if failed { throw Problem("the XML could not be written") }
    try sink.file?.finish()
  }

  /// What was written to memory.
  public var bytes: [UInt8] { sink.bytes }

  private func check(_ result: Int32) { if result < 0 { failed = true } }

  /// The text with every character that XML 1.0 cannot hold dealt with.
  public static func legal(_ text: String, _ policy: IllegalCharacters = .shown) -> String {
    if isPlainASCII(text) || text.unicodeScalars.allSatisfy(isLegal) { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if isLegal(scalar) {
        result.append(scalar)
      } else if policy == .shown {
        result.append(scalar.value < 0x20 ? Unicode.Scalar(0x2400 + scalar.value) ?? "\u{FFFD}" : "\u{FFFD}")
      }
    }
    return String(result)
  }

  private static func isPlainASCII(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { $0.allSatisfy { $0 < 0x80 && ($0 >= 0x20 || $0 == 0x0A || $0 == 0x09) } }
  }

  private static func isLegal(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value >= 0x20
      ? scalar.value & 0xFFFE != 0xFFFE || scalar.value > 0xFFFF
      : scalar == "\t" || scalar == "\n" || scalar == "\r"
  }

  private static func legalName(_ name: String) -> String {
    let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
    if name.utf8.allSatisfy({ letters.contains($0) }), !name.isEmpty { return name }
    let legal = String(
      String.UnicodeScalarView(
        name.unicodeScalars.map { scalar in
          let isPart = scalar.properties.isAlphabetic || scalar.properties.numericType == .decimal
          return isPart || "-_.:".unicodeScalars.contains(scalar) ? scalar : "_"
        }))
    guard let first = legal.unicodeScalars.first else { return "_" }
    return first.properties.isAlphabetic || first == "_" ? legal : "_" + legal
  }

  /// Where libxml2's bytes go.
  private final class Sink {
    let file: FileWriter?
    var bytes: [UInt8] = []
    var problem: Problem?

    init(file: FileWriter?) { self.file = file }

    static let take: cxml2_sink = { context, bytes, length in
      guard let context, let bytes, length >= 0 else { return -1 }
      let sink = Unmanaged<Sink>.fromOpaque(context).takeUnretainedValue()
      let copy = Array(UnsafeRawBufferPointer(start: bytes, count: Int(length)))
      guard let file = sink.file else {
        sink.bytes.append(contentsOf: copy)
        return length
      }
      do throws(Problem) { try file.write(copy) } catch {
        sink.problem = sink.problem ?? error
        return -1
      }
      return length
    }
  }
}
