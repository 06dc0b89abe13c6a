import Formats
import Testing

@Suite("CSV")
struct CSVTests {
  static func rows(_ text: String, _ change: (inout CSVReader.Options) -> Void = { _ in }) throws(Problem)
    -> [CSVReader.Row]
  {
    var options = CSVReader.Options()
    change(&options)
    let reader = CSVReader(text: text, file: "a.csv", options: options)
    var rows: [CSVReader.Row] = []
    while let row = try reader.next() { rows.append(row) }
    return rows
  }

  static let texts: [(csv: String, rows: [[String]])] = [
    ("", []), ("a", [["a"]]), ("a\n", [["a"]]), ("a,b\nc,d\n", [["a", "b"], ["c", "d"]]),
    ("a,b\r\nc,d\r\n", [["a", "b"], ["c", "d"]]), ("a\rb", [["a"], ["b"]]),
    ("a,\n,b", [["a", ""], ["", "b"]]),
    ("a,", [["a", ""]]), (",", [["", ""]]), ("\"a,b\",c", [["a,b", "c"]]), ("\"a\"\"b\"", [["a\"b"]]),
    ("\"a\nb\",c\nd,e", [["a\nb", "c"], ["d", "e"]]), ("\"a\r\nb\"", [["a\r\nb"]]), ("\"\"", [[""]]),
    ("\"\"\"\"", [["\""]]), ("a\n\n\nb\n", [["a"], ["b"]]), ("\u{FEFF}a,b", [["a", "b"]]),
    ("é,😀\n日本,x", [["é", "😀"], ["日本", "x"]]), (" a , b ", [[" a ", " b "]]), ("\"\",\"\"", [["", ""]]),
    ("\"a\",\r\n", [["a", ""]]),
  ]

  @Test("rows and fields are those of RFC 4180", arguments: texts)
  func reads(csv: String, rows: [[String]]) throws {
    #expect(try Self.rows(csv).map(\.fields) == rows)
  }

  @Test("a row knows the line that it begins on")
  func lines() throws {
    #expect(try Self.rows("a\n\"b\n\nc\",\"d\r\ne\"\n\nf").map(\.line) == [1, 2, 7])
  }

  @Test(
    "other delimiters",
    arguments: [(UInt8(ascii: ";"), "a;\"b;c\";d,e"), (UInt8(ascii: "\t"), "a\tb;c\td,e")])
  func delimiters(delimiter: UInt8, csv: String) throws {
    #expect(try Self.rows(csv) { $0.delimiter = delimiter }.map(\.fields) == [["a", "b;c", "d,e"]])
  }

  static let mistakes: [(csv: String, place: String, words: String, relaxed: [[String]]?)] = [
    ("a,b\"c\"\nd,e", "1:4", "a quote within a field", [["a", "b\"c\""], ["d", "e"]]),
    ("x\n\"a\"b,c", "2:4", "text after a closing quote", [["x"], ["\"a\"b", "c"]]),
    ("\"a\n\nb\"c", "3:3", "text after a closing quote", [["\"a\n\nb\"c"]]),
    ("a\nb,\"c\nd\n", "2:3", "never closed", nil),
    ("\"say \"\"hi\"\"\" now,b", "1:13", "text after a closing quote", [["\"say \"hi\"\" now", "b"]]),
  ]

  @Test("mistakes say where they are; relaxed quotes take the text as it stands", arguments: mistakes)
  func tellsMistakes(csv: String, place: String, words: String, relaxed: [[String]]?) throws {
    let problem = try #require(throws: Problem.self) { try Self.rows(csv) }
    #expect(problem.location?.description == "a.csv:\(place)")
    #expect(problem.message.contains(words))
    if let relaxed {
      #expect(try Self.rows(csv) { $0.relaxedQuotes = true }.map(\.fields) == relaxed)
    } else {
      #expect(throws: Problem.self) { try Self.rows(csv) { $0.relaxedQuotes = true } }
    }
  }

  @Test("the first quote that was taken as text is known")
  func relaxedPlace() throws {
    var options = CSVReader.Options()
    options.relaxedQuotes = true
    let reader = CSVReader(text: "a,\"b\"\nc,5\" d\n6\",e", file: "a.csv", options: options)
    _ = try reader.next()
    #expect(reader.relaxedAt == nil)
    while try reader.next() != nil {}
    #expect(reader.relaxedAt?.description == "a.csv:2:4")
  }

  @Test(
    "blanks around fields are left out where that is asked for",
    arguments: [
      ("a , \"b\" ,c\n", [["a", "b", "c"]]), ("\" a \"\t\n b", [[" a "], ["b"]]),
      ("\"a\"\"b\"  ,  \n  \nx y ", [["a\"b", ""], ["x y"]]), (" \"a\" b , c", [["\"a\" b", "c"]]),
      (" ", []), ("a, ", [["a", ""]]),
    ])
  func trimmed(csv: String, rows: [[String]]) throws {
    let read = try Self.rows(csv) {
      $0.trimsFields = true
      $0.relaxedQuotes = true
    }
    #expect(read.map(\.fields) == rows)
  }

  @Test("a file reads the same in pieces as whole, with rows longer than a piece")
  func streaming() throws {
    let folder = try TemporaryFolder()
    let writer = CSVWriter(guardsFormulas: false)
    var generator = SeededGenerator(seed: 7)
    var text = ""
    var expected: [[String]] = []
    for i in 0..<3000 {
      let long = String(repeating: "word \"\n, é", count: generator.next(below: i == 1500 ? 200_000 : 60))
      expected.append(["\(i)", long, "x"])
      text += writer.row(["\(i)", long, "x"])
    }
    try File.write(text, to: folder.path("a.csv"))
    let reader = try CSVReader(path: folder.path("a.csv"))
    for fields in expected {
      let row = try reader.next()
      try #require(row?.fields == fields)
    }
    #expect(try reader.next() == nil)
  }

  @Test("UTF-16 is refused by name")
  func utf16() throws {
    let reader = CSVReader(bytes: [0xFF, 0xFE, 0x61, 0], file: "a.csv")
    #expect(
      throws: Problem(
        "UTF-16 text", at: .init(file: "a.csv", line: 1, column: 1), mend: "save the file as UTF-8")
    ) {
      try reader.next()
    }
  }

  @Test(
    "what is written reads back the same",
    arguments: [["a"], [""], ["", ""], ["a,b", "c\"d", "e\nf", " g "], ["=1+1"]])
  func roundTrip(fields: [String]) throws {
    #expect(try Self.rows(CSVWriter(guardsFormulas: false).row(fields)).map(\.fields) == [fields])
  }

  @Test(
    "text that a spreadsheet would run is made harmless, numbers stay",
    arguments: [
      ("=HYPERLINK(1)", "'=HYPERLINK(1)\n"), ("@SUM(A1)", "'@SUM(A1)\n"), ("+1-1", "'+1-1\n"),
      ("-cmd", "'-cmd\n"),
      ("\t=1", "'\t=1\n"), ("-1.5", "-1.5\n"), ("+3", "+3\n"), ("a=b", "a=b\n"),
      ("=\"x\"", "\"'=\"\"x\"\"\"\n"),
    ])
  func formulas(text: String, row: String) {
    #expect(CSVWriter(guardsFormulas: true).row([text]) == row)
  }
}
