import Comparison
import Formats

/// Tables that only some runs have: function calls and votes. One shape for the terminal, Markdown and HTML.
public enum SideTables {
  public struct SideTable: Sendable {
    public var title: String
    /// The first names the target, the others are numbers.
    public var columns: [String]
    public var rows: [[String]]
  }

  public static func all(_ summary: RunSummary) -> [SideTable] {
    [functionCalls(summary), votes(summary), agreement(summary.agreements)].filter { !$0.rows.isEmpty }
  }

  private static func functionCalls(_ summary: RunSummary) -> SideTable {
    var table = SideTable(
      title: "Function calls",
      columns: [
        "target", "trials", "success", "95 % CI", "valid", "right function", "right arguments", "completed",
      ], rows: [])
    for target in summary.targets {
      guard let calls = target.functionCalls else { continue }
      table.rows.append(
        [target.label, String(calls.trials)] + rate(calls.success)
          + [calls.valid, calls.rightFunction, calls.rightArguments, calls.completed].map(share))
    }
    return table
  }

  private static func votes(_ summary: RunSummary) -> SideTable {
    var table = SideTable(
      title: "Votes", columns: ["target", "votes", "up", "down", "cases", "trust", "95 % CI"], rows: [])
    for target in summary.targets {
      guard let votes = target.votes else { continue }
      table.rows.append(
        [
          target.label, String(votes.count), String(votes.up), String(votes.down),
          String(votes.trust?.cases ?? 0),
        ] + rate(votes.trust))
    }
    return table
  }

  public static func agreement(_ agreements: [VoteAgreement]) -> SideTable {
    var table = SideTable(
      title: "Checks and votes", columns: ["check", "judge", "replies", "agree", "kappa", "95 % CI"], rows: []
    )
    for one in agreements {
      let interval = one.kappa.interval.flatMap { interval in
        interval.lower.flatMap { low in
          interval.upper.map {
            "\(NumberText.fixed(max(-1, low), decimals: 2)) to \(NumberText.fixed(min(1, $0), decimals: 2))"
          }
        }
      }
      table.rows.append([
        one.name, one.judge ?? "-", String(one.replies),
        NumberText.fixed(one.kappa.observed * 100, decimals: 1) + " %",
        one.kappa.kappa.map { NumberText.fixed($0, decimals: 2) } ?? "n/a", interval ?? "n/a",
      ])
    }
    return table
  }

  private static func rate(_ rate: RateSummary?) -> [String] {
    let interval = rate?.interval.flatMap { interval in
      interval.lower.flatMap { low in
        interval.upper.map {
          "\(NumberText.fixed(low * 100, decimals: 1))-\(NumberText.fixed($0 * 100, decimals: 1))"
        }
      }
    }
    return [
      rate.map { NumberText.fixed($0.value * 100, decimals: 1) + " %" } ?? "n/a", interval ?? "n/a",
    ]
  }

  private static func share(_ share: FunctionCallSummary.Share) -> String {
    share.known > 0 ? "\(share.held) of \(share.known)" : "-"
  }
}
