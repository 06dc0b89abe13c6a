import Formats
import Foundation
import Testing

/// What is sent of a long conversation, against a calculation of its own.
@Suite("conversations")
struct ConversationTests {
  /// By hand: a token for every four bytes of text, begun ones whole, and four for the message.
  private static func tokens(_ text: String) -> Int { Int((Double(text.utf8.count) / 4).rounded(.up)) + 4 }

  /// The system message, then as many of the newest messages as fit with it.
  private static func fitting(_ history: [(role: String, text: String)], most: Int) -> [(
    role: String, text: String
  )] {
    let system = history.filter { $0.role == "system" }
    let rest = history.filter { $0.role != "system" }
    // Try every length of the tail, the longest first; the last message is sent whatever it takes.
    for start in rest.indices {
      let candidate = system + rest[start...]
      if candidate.reduce(0, { $0 + tokens($1.text) }) <= most || start == rest.count - 1 { return candidate }
    }
    return system
  }

  @Test("thirty turns trimmed to 4,000 tokens: what was sent at each turn is shown, and right by hand")
  func thirtyTurns() async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    let suite = checkout.appending(path: "suites/conversation.yaml").path
    let run = try await shell.run([
      "run", suite, "--simulate", "--speed", "60", "--filter", "thirty turns", "--filter-targets",
      "trimmed|whole",
      "-q",
    ])
    #expect(run.code == 0, "\(run.output)\(run.errors)")
    let threads = try await JSON(parsing: shell.run(["show", "latest", "--threads", "--json"]).output)
    let trimmed = try #require(threads.array?.first { $0["target"] == "trimmed" })
    #expect(trimmed["persona"] == "talker" && trimmed["turns"] == 30)
    #expect(trimmed["most_left_out"]?.int ?? 0 > 10)
    let whole = try #require(threads.array?.first { $0["target"] == "whole" })
    #expect(whole["most_left_out"] == 0 && whole["tokens"]?.int ?? 0 > trimmed["tokens"]?.int ?? 0)

    let id = "\(try #require(trimmed["trial"]?.int))"
    let trial = try await JSON(parsing: shell.run(["show", "latest", "--trial", id, "--json"]).output)
    let table = try await shell.run(["show", "latest", "--trial", id]).output
      .components(separatedBy: "\nturns\n")[1].components(separatedBy: "\n\n")[0].split(separator: "\n")
    let calls = try #require(trial["calls"]?.array)
    #expect(calls.count == 30 && table.count == 31)
    let questions = try Self.questions()
    var history: [(role: String, text: String)] = [
      ("system", "You are a helpful travel agent. Answer briefly."),
      ("user", "I want to travel to Kyoto. I have 900 euros for it all."),
    ]
    for (turn, call) in calls.enumerated() {
      if turn > 0 { history.append(("user", questions[turn - 1])) }
      let expected = Self.fitting(history, most: 4000)
      let sent = (call["messages"]?.array ?? []).map {
        ($0["role"]?.string ?? "", $0["content"]?.string ?? "")
      }
      #expect(sent.map(\.0) == expected.map(\.role), "turn \(turn + 1)")
      #expect(sent.map(\.1) == expected.map(\.text), "turn \(turn + 1)")
      let count = expected.reduce(0) { $0 + Self.tokens($1.text) }
      #expect(count <= 4000)
      let row = table[turn + 1].split(separator: " ").compactMap { Int($0) }
      #expect(row[0] == turn + 1)
      #expect(
        Array(row[2...4]) == [expected.count, history.count - expected.count, count], "turn \(turn + 1)")
      history.append(("assistant", try #require(call["reply"]?.string)))
    }
  }

  /// The turns as the suite has them, read by hand.
  private static func questions() throws -> [String] {
    let text = try String(
      contentsOf: checkout.appending(path: "suites/conversation.yaml"), encoding: .utf8)
    let part = text.components(separatedBy: "description: thirty turns")[1].components(
      separatedBy: "turns:\n")[1]
      .components(separatedBy: "\n\n")[0]
    return part.split(separator: "\n").map {
      String($0.trimmingCharacters(in: .whitespaces).dropFirst(2))
    }
  }

  @Test("`clear` forgets all but the instructions")
  func clear() async throws {
    let shell = try CommandLineRunner()
    defer { shell.clean() }
    let suite = checkout.appending(path: "suites/conversation.yaml").path
    let run = try await shell.run([
      "run", suite, "--simulate", "--speed", "60", "--filter", "three turns", "--filter-targets", "whole",
      "-q",
    ])
    #expect(run.code == 0, "\(run.output)\(run.errors)")
    let trial = try await JSON(parsing: shell.run(["show", "latest", "--trial", "1", "--json"]).output)
    let sent = (trial["calls"]?.array ?? []).map { ($0["messages"]?.array ?? []).map { $0["role"]?.string } }
    #expect(sent.map(\.count) == [2, 4, 6, 2])
    #expect(sent.last == ["system", "user"])
  }
}
