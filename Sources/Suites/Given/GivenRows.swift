#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
import Formats

/// The rows of a file of replies, read again one by one: of JSON Lines only their places are kept, so that the file
/// may be of any size; a JSON array and CSV are kept whole.
final class GivenRows: Sendable {
  struct Place: Sendable {
    var line: Int
    var offset: Int
    var length: Int
  }

  let path: String
  private let descriptor: Int32
  private let kept: [JSONObject]

  /// Columns of CSV that hold numbers or JSON.
  private static let typed: Set<String> = [
    "case_no", "testIdx", "repetition", "latency_ms", "latency_us", "ttft_ms", "ttft_us", "cost",
    "input_tokens",
    "output_tokens", "vars", "variables", "metadata", "tool_calls", "logprobs", "trace", "guardrails",
    "usage",
  ]

  /// Reads the file once; `each` gets every row in order.
  init(_ path: String, each: (JSONObject, Place) throws(Problem) -> Void) throws(Problem) {
    self.path = path
    var rows: [JSONObject] = []
    switch Path.fileExtension(of: path) {
    case "csv", "tsv": rows = try Self.table(path)
    case "json": rows = try Self.list(path)
    case "jsonl", "ndjson":
      descriptor = open(path, O_RDONLY | O_CLOEXEC)
      kept = []
      let reader = try LineReader(path)
      var offset = 0
      while let line = try reader.next() {
        defer { offset = Self.after(line, offset, descriptor) }
        if line.bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { continue }
        let start = line.number == 1 && Self.hasMark(descriptor) ? 3 : 0
        let place = Place(line: line.number, offset: offset + start, length: line.bytes.count)
        let row: JSONObject
        do throws(Problem) { row = try Self.object(Array(line.bytes), path, line.number) } catch {
          try reader.requireText(line)
          throw error
        }
        try each(row, place)
      }
      return
    default:
      throw Problem("\(path) is no file of replies", mend: "it may be .jsonl, .json (a list) or .csv")
    }
    kept = rows
    descriptor = -1
    for (index, row) in rows.enumerated() { try each(row, Place(line: index + 1, offset: index, length: -1)) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  func row(at place: Place) throws(Problem) -> JSONObject {
    if place.length < 0 { return kept[place.offset] }
    var bytes = [UInt8](repeating: 0, count: place.length)
    let got = bytes.withUnsafeMutableBytes {
      pread(descriptor, $0.baseAddress, place.length, off_t(place.offset))
    }
    guard got == place.length else { throw Problem("\(path) changed while it was read") }
    return try Self.object(bytes, path, place.line)
  }

  /// Where the next line begins: past one end of line, which may be two bytes.
  private static func after(_ line: LineReader.Line, _ offset: Int, _ descriptor: Int32) -> Int {
    var end = offset + line.bytes.count + (line.number == 1 && hasMark(descriptor) ? 3 : 0)
    var byte: UInt8 = 0
    if pread(descriptor, &byte, 1, off_t(end)) == 1, byte == 0x0D { end += 1 }
    return end + 1
  }

  private static func hasMark(_ descriptor: Int32) -> Bool {
    var bytes: [UInt8] = [0, 0, 0]
    return pread(descriptor, &bytes, 3, 0) == 3 && bytes == [0xEF, 0xBB, 0xBF]
  }

  private static func object(_ bytes: [UInt8], _ path: String, _ line: Int) throws(Problem) -> JSONObject {
    let at = SourceLocation(file: path, line: line, column: 1)
    let value: JSON
    do throws(JSONError) { value = try JSON(parsing: bytes) } catch {
      throw Problem(
        "the line is no JSON: \(error.message)",
        at: SourceLocation(file: path, line: line, column: error.column))
    }
    if case .string = value { return JSONObject([("output", value)]) }
    guard let object = value.object else { throw Problem("the line is no object and no text", at: at) }
    return object
  }

  /// A list of texts or objects, or promptfoo's results file.
  private static func list(_ path: String) throws(Problem) -> [JSONObject] {
    let bytes = try File.read(path)
    let whole: JSON
    do throws(JSONError) { whole = try JSON(parsing: bytes) } catch {
      throw Problem(
        "the file is no JSON: \(error.message)",
        at: SourceLocation(file: path, line: error.line, column: error.column))
    }
    guard
      let items = whole.array ?? whole["results"]?["results"]?.array ?? whole["results"]?.array
        ?? whole["trials"]?.array
    else { throw Problem("\(path) holds no list of replies") }
    var rows: [JSONObject] = []
    for (index, item) in items.enumerated() {
      if let object = item.object {
        rows.append(object)
      } else if case .string = item {
        rows.append(JSONObject([("output", item)]))
      } else {
        throw Problem("\(path): reply \(index + 1) is neither an object nor a text")
      }
    }
    return rows
  }

  private static func table(_ path: String) throws(Problem) -> [JSONObject] {
    var options = CSVReader.Options()
    if path.hasSuffix(".tsv") { options.delimiter = UInt8(ascii: "\t") }
    let reader = try CSVReader(path: path, options: options)
    guard let header = try reader.next() else {
      throw Problem("\(path) is empty; its first line names the columns")
    }
    let names = header.fields
    var rows: [JSONObject] = []
    while let row = try reader.next() {
      guard row.fields.count == names.count else {
        throw Problem(
          "the row has \(row.fields.count) fields, where the header has \(names.count)",
          at: SourceLocation(file: path, line: row.line, column: 1))
      }
      var object = JSONObject()
      for (name, field) in zip(names, row.fields) where !field.isEmpty || name == "output" {
        object[name] = typed.contains(name) ? (try? JSON(parsing: field)) ?? .string(field) : .string(field)
      }
      rows.append(object)
    }
    return rows
  }
}
