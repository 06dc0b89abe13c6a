import Formats
import Vocabulary

/// A run as OpenMetrics text, for GitLab's metrics reports and whoever scrapes files.
public enum OpenMetrics {
  public static func text(_ summary: RunSummary) -> String {
    var out = ""
    func family(_ name: String, _ help: String, _ value: (TargetSummary) -> String?) {
      var rows = ""
      for target in summary.targets {
        if let text = value(target) { rows += "assay_\(name){target=\"\(escaped(target.label))\"} \(text)\n" }
      }
      guard !rows.isEmpty else { return }
      out += "# TYPE assay_\(name) gauge\n# HELP assay_\(name) \(help)\n\(rows)"
    }
    family("trials", "Trials of the run.") { String($0.trials) }
    family("passed", "Trials that passed.") { String($0.count(.pass)) }
    family("failed", "Trials that failed.") { String($0.count(.fail)) }
    family("erred", "Trials without a verdict.") { String($0.count(.error)) }
    family("pass_rate", "Share of judged trials that passed, by case.") { target in
      target.passRate.map { NumberText.javaScript($0.value) }
    }
    family("function_call_success", "Share of trials whose function calls went as they should, by case.") {
      $0.functionCalls?.success.map { NumberText.javaScript($0.value) }
    }
    family("trust", "Mean vote from 0, all down, to 1, all up, by case.") {
      $0.votes?.trust.map { NumberText.javaScript($0.value) }
    }
    family("cost_usd", "What the calls cost; absent where a price is unknown.") {
      $0.costIsKnown ? $0.cost.description : nil
    }
    family("tokens", "Input and output tokens.") { String($0.tokens) }
    for (name, p) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)] {
      family("latency_\(name)_seconds", "Latency of the calls.") { target in
        target.latency?[p].map { NumberText.javaScript($0.value / 1e6) }
      }
    }
    return out + "# EOF\n"
  }

  private static func escaped(_ text: String) -> String {
    Scrub.line(text, 200).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
  }
}
