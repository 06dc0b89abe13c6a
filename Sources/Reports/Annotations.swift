import Formats
import Ledger
import Vocabulary

/// What failed, where CI systems can show it beside the suite's own lines.
public enum Annotations {
  /// GitHub's workflow commands; text of models can't become one.
  public static func gitHub(_ summary: RunSummary, ledger: Ledger, most: Int) throws -> [String] {
    try bad(summary, ledger, most).map { trial in
      let place = trial.test.location.map { "file=\(property($0.file)),line=\($0.line)," } ?? ""
      let title = property(Scrub.line("\(trial.caseName) [\(trial.target.label)]", 120))
      return "::error \(place)title=\(title)::\(data(message(trial)))"
    }
  }

  public static func plain(_ summary: RunSummary, ledger: Ledger, most: Int) throws -> [String] {
    try bad(summary, ledger, most).map { trial in
      let place = trial.test.location.map { "\($0.file):\($0.line): " } ?? ""
      return "\(place)\(trial.caseName) [\(trial.target.label)]: \(message(trial))"
    }
  }

  private static func bad(_ summary: RunSummary, _ ledger: Ledger, _ most: Int) throws -> [TrialDetail] {
    guard summary.whole.count(.fail) + summary.whole.count(.error) > 0 else { return [] }
    return try TrialReader(summary.run, ledger: ledger).first(
      most, outcomes: [.fail, .error], parts: .checks)
  }

  private static func message(_ trial: TrialDetail) -> String {
    let reasons = trial.failedChecks.map { "\($0.type): \($0.reason)" }
    return Scrub.line(
      reasons.isEmpty ? trial.errorMessage ?? trial.reason ?? "" : reasons.joined(separator: "; "), 500)
  }

  private static func data(_ text: String) -> String {
    text.replacing("%", with: "%25").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
  }

  private static func property(_ text: String) -> String {
    data(text).replacing(":", with: "%3A").replacing(",", with: "%2C")
  }
}
