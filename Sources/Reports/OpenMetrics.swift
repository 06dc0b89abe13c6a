import Formats
import Statistics
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
    func figure(
      _ name: String, _ help: String, unit: String = "",
      _ value: (TargetSummary) -> (value: Double, interval: Interval?)?
    ) {
      let number = NumberText.javaScript
      family(name + unit, help) { value($0).map { number($0.value) } }
      family("\(name)_low\(unit)", "Its 95 % interval begins here.") {
        value($0)?.interval?.lower.map(number)
      }
      family("\(name)_high\(unit)", "Its 95 % interval ends here.") { value($0)?.interval?.upper.map(number) }
    }
    func rate(_ name: String, _ help: String, _ value: (TargetSummary) -> RateSummary?) {
      figure(name, help) { value($0).map { ($0.value, $0.interval) } }
    }
    rate("pass_rate", "Share of judged trials that passed, by case.") { $0.passRate }
    rate("function_call_success", "Share of trials whose function calls went as they should, by case.") {
      $0.functionCalls?.success
    }
    rate("trust", "Mean vote from 0, all down, to 1, all up, by case.") { $0.votes?.trust }
    family("cost_usd", "What the calls cost; absent where a price is unknown.") {
      $0.costIsKnown ? $0.cost.description : nil
    }
    family("tokens", "Input and output tokens.") { String($0.tokens) }
    for (name, p) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)] {
      figure("latency_\(name)", "Latency of the calls.", unit: "_seconds") { target in
        target.latency?[p].map { found in
          let bounds = found.interval
          return (found.value / 1e6, Interval(bounds.lower.map { $0 / 1e6 }, bounds.upper.map { $0 / 1e6 }))
        }
      }
    }
    return out + "# EOF\n"
  }

  private static func escaped(_ text: String) -> String {
    Scrub.line(text, 200).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
  }
}
