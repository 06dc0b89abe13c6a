import Formats
import Testing

@testable import Suites

@Suite("the suites of the project")
struct ProjectSuites {
  @Test("quickstart loads, and has what it says")
  func quickstart() async throws {
    let loaded = try await SuiteLoader.load([Here.project + "/suites/quickstart.yaml"])
    let cases = try loaded.all()
    #expect(loaded.suite.targets.map(\.label) == ["large", "small"])
    #expect(cases.count == 6)
    #expect(cases.map { loaded.trialCount(of: $0) } == Array(repeating: 10, count: 6))
    #expect(Set(cases.map(\.key)).count == 6)
    #expect(loaded.suite.gates.count == 3)
    #expect(loaded.suite.notes.isEmpty, "\(loaded.suite.notes)")
  }
}
