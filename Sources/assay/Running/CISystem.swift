import Formats
import Ledger
import Reports
import Terminal
import Vocabulary

/// The CI system that a run is part of: what it should know of the run, and in its own words.
enum CISystem: Sendable {
  case gitHub(summaryFile: String?, facts: JSONObject)
  case gitLab(facts: JSONObject)
  case other(facts: JSONObject)

  static func current(_ environment: [String: String]) -> CISystem? {
    func facts(_ name: String, _ keys: [String: String]) -> JSONObject {
      var facts = JSONObject([("system", .string(name))])
      for (key, variable) in keys.sorted(by: { $0.key < $1.key }) {
        if let value = environment[variable], !value.isEmpty { facts[key] = .string(value) }
      }
      return facts
    }
    if environment["GITHUB_ACTIONS"] == "true" {
      return .gitHub(
        summaryFile: environment["GITHUB_STEP_SUMMARY"],
        facts: facts(
          "github",
          ["run": "GITHUB_RUN_ID", "workflow": "GITHUB_WORKFLOW", "repository": "GITHUB_REPOSITORY"]))
    }
    if environment["GITLAB_CI"] == "true" {
      return .gitLab(
        facts: facts(
          "gitlab", ["job": "CI_JOB_ID", "pipeline": "CI_PIPELINE_ID", "project": "CI_PROJECT_PATH"]))
    }
    guard environment["CI"].map({ !$0.isEmpty && $0 != "false" }) == true else { return nil }
    return .other(facts: facts("ci", ["build": "BUILD_NUMBER", "job": "JOB_NAME"]))
  }

  var facts: JSONObject {
    switch self {
    case .gitHub(_, let facts), .gitLab(let facts), .other(let facts): facts
    }
  }

  /// A job summary and annotations on the failing lines (GitHub), a folded section (GitLab).
  func tell(_ summary: RunSummary, ledger: Ledger, _ console: Console) throws {
    switch self {
    case .gitHub(let file, _):
      for line in try Annotations.gitHub(summary, ledger: ledger, most: 10) { console.note(line) }
      guard let file else { return }
      let before = (try? File.readText(file)) ?? ""
      try File.write(before + (try MarkdownReport.text(summary, ledger: ledger, maxBytes: 900_000)), to: file)
    case .gitLab:
      let now = Instant.now().microseconds / 1_000_000
      console.note(
        "\u{1B}[0Ksection_start:\(now):assay_failures[collapsed=true]\r\u{1B}[0Kassay: what failed")
      for line in try Annotations.plain(summary, ledger: ledger, most: 50) { console.note(printable(line)) }
      console.note("\u{1B}[0Ksection_end:\(now):assay_failures\r\u{1B}[0K")
    case .other: break
    }
  }
}
