import Formats
import Testing

@testable import Suites

@Suite("the suites of the project")
struct ProjectSuites {
  static let names = [
    "quickstart", "mood-summaries", "agent-platform", "feedback", "coaching-chat", "plain-client", "tools",
    "conversation", "structured-output", "judge",
  ]

  @Test("each loads without a word", arguments: names)
  func loads(_ name: String) async throws {
    let loaded = try await SuiteLoader.load([Here.project + "/suites/\(name).yaml"])
    let explanation = try SuiteExplanation(loaded)
    #expect(explanation.notes.map(\.message) == [])
    #expect(explanation.trials > 0)
    #expect(explanation.description != nil)
    #expect(!explanation.gates.isEmpty)
  }

  @Test("quickstart needs no key and has what it says")
  func quickstart() async throws {
    let loaded = try await SuiteLoader.load([Here.project + "/suites/quickstart.yaml"])
    let cases = try loaded.all()
    #expect(loaded.suite.targets.map(\.label) == ["large", "small"])
    #expect(cases.count == 6)
    #expect(cases.map { loaded.trialCount(of: $0) } == Array(repeating: 10, count: 6))
    #expect(Set(cases.map(\.key)).count == 6)
    #expect(try SuiteExplanation(loaded).keys.isEmpty)
  }
}
