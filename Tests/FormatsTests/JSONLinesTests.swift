import Testing

@testable import Formats

@Suite("JSON Lines")
struct JSONLinesTests {
  private func lines(_ text: String) throws -> [String] {
    let folder = try TemporaryFolder()
    try File.write(text, to: folder.path("x.jsonl"))
    let reader = try JSONLinesReader(folder.path("x.jsonl"))
    var lines: [String] = []
    while let line = try reader.next() {
      switch line.value {
      case .success(let json): lines.append("\(line.number) \(json.text)")
      case .failure(let error): lines.append("\(line.number) \(error)")
      }
    }
    return lines
  }

  @Test("every line is given with its number; a wrong one does not end the reading")
  func numbers() throws {
    let found = try lines("\u{FEFF}{\"a\":1}\r\n\n  \n[1,\n\"last\"")
    #expect(found == ["1 {\"a\":1}", "4 4:4: expected a value, but the text ends", "5 \"last\""])
  }

  @Test("an empty file has no lines")
  func empty() throws { #expect(try lines("") == []) }

  @Test("lines longer than any buffer are read whole")
  func longLines() throws {
    let long = JSON(String(repeating: "é", count: 1_000_000)).text
    #expect(
      try lines(long + "\n" + long + "\n").map(\.utf8.count) == [long.utf8.count + 2, long.utf8.count + 2])
  }

  @Test("a file that is not there is a problem")
  func missing() { #expect(throws: Problem.self) { try JSONLinesReader("/nowhere/x.jsonl") } }
}
