import CYAML

/// libyaml's events over a text in memory. The parser is owned here and no pointer of it gets out.
final class YAMLEvents {
  struct Mark {
    /// From 1.
    var line: Int
    var column: Int
  }

  struct Scalar {
    var text: String
    var tag: String?
    var style: Node.Style
  }

  enum Kind {
    case documentStart, documentEnd, streamEnd
    case alias(String)
    case scalar(Scalar, anchor: String?)
    case sequenceStart(tag: String?, anchor: String?)
    case mappingStart(tag: String?, anchor: String?)
    case collectionEnd
  }

  struct Event {
    var kind: Kind
    var start: Mark
  }

  struct Failure: Error {
    /// libyaml's own words.
    var problem: String
    var mark: Mark
    /// Where the thing began in which it went wrong.
    var contextMark: Mark?
    var isBadEncoding = false
  }

  private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
  private let input: UnsafeBufferPointer<UInt8>

  /// The text must outlive the events.
  init?(_ input: UnsafeBufferPointer<UInt8>) {
    self.input = input
    guard yaml_parser_initialize(parser) == 1 else {
      parser.deallocate()
      return nil
    }
    yaml_parser_set_input_string(parser, input.baseAddress, input.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
  }

  /// The next event but for the start of the stream, which says nothing.
  func next() throws(Failure) -> Event {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else { throw failure() }
    defer { yaml_event_delete(&event) }
    let start = Mark(event.start_mark)
    switch event.type {
    case YAML_STREAM_START_EVENT: return try next()
    case YAML_DOCUMENT_START_EVENT: return Event(kind: .documentStart, start: start)
    case YAML_DOCUMENT_END_EVENT: return Event(kind: .documentEnd, start: start)
    case YAML_ALIAS_EVENT:
      return Event(kind: .alias(text(event.data.alias.anchor) ?? ""), start: start)
    case YAML_SCALAR_EVENT:
      let data = event.data.scalar
      let bytes = UnsafeBufferPointer(start: data.value, count: data.length)
      let scalar = Scalar(
        text: String(decoding: bytes, as: UTF8.self), tag: text(data.tag), style: style(data.style))
      return Event(kind: .scalar(scalar, anchor: text(data.anchor)), start: start)
    case YAML_SEQUENCE_START_EVENT:
      let data = event.data.sequence_start
      return Event(kind: .sequenceStart(tag: text(data.tag), anchor: text(data.anchor)), start: start)
    case YAML_MAPPING_START_EVENT:
      let data = event.data.mapping_start
      return Event(kind: .mappingStart(tag: text(data.tag), anchor: text(data.anchor)), start: start)
    case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
      return Event(kind: .collectionEnd, start: start)
    default: return Event(kind: .streamEnd, start: start)
    }
  }

  private func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    pointer.map { String(cString: $0) }
  }

  private func style(_ style: yaml_scalar_style_t) -> Node.Style {
    switch style {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE: .singleQuoted
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE: .doubleQuoted
    case YAML_LITERAL_SCALAR_STYLE: .literal
    case YAML_FOLDED_SCALAR_STYLE: .folded
    default: .plain
    }
  }

  private func failure() -> Failure {
    let problem = parser.pointee.problem.map { String(cString: $0) } ?? "unreadable"
    switch parser.pointee.error {
    case YAML_READER_ERROR:
      let mark = mark(ofByte: parser.pointee.problem_offset)
      return Failure(
        problem: problem, mark: mark, isBadEncoding: !problem.hasPrefix("control characters"))
    case YAML_MEMORY_ERROR:
      return Failure(problem: "out of memory", mark: Mark(line: 1, column: 1))
    default:
      let context = parser.pointee.context == nil ? nil : Mark(parser.pointee.context_mark)
      return Failure(problem: problem, mark: Mark(parser.pointee.problem_mark), contextMark: context)
    }
  }

  private func mark(ofByte offset: Int) -> Mark {
    var mark = Mark(line: 1, column: 1)
    for byte in input.prefix(offset) {
      if byte == UInt8(ascii: "\n") {
        mark = Mark(line: mark.line + 1, column: 1)
      } else if byte & 0xC0 != 0x80 {
        mark.column += 1
      }
    }
    return mark
  }
}

extension YAMLEvents.Mark {
  init(_ mark: yaml_mark_t) {
    line = Int(mark.line) + 1
    column = Int(mark.column) + 1
  }
}
