import Formats
import Ledger
import Statistics

/// How far one check agrees with the people who voted, beyond what chance would give.
public struct VoteAgreement: Sendable {
  public var type: String
  public var metric: String?
  /// The target that judged, where one did.
  public var judge: String?
  /// Replies that have both a verdict and a vote.
  public var replies: Int
  public var kappa: Kappa

  /// `llm-rubric (tone)`
  public var name: String { type + (metric.map { " (\($0))" } ?? "") }
}

/// Fewer replies than these decide nothing about a judge.
private let enoughReplies = 20

/// Check by check, told apart by type, metric and judge; those that agree best first.
public func agreements(_ checks: [VotedCheck]) -> [VoteAgreement] {
  struct Key: Hashable {
    var type: String
    var metric: String?
    var judge: String?
  }
  let groups = Dictionary(
    grouping: checks, by: { Key(type: $0.type, metric: $0.metric, judge: $0.judge) })
  return groups.compactMap { key, checks -> VoteAgreement? in
    guard
      let kappa = cohensKappa(
        checks.map { $0.holds ? 1 : 0 }, checks.map { $0.isUp ? 1 : 0 }, clusters: checks.map(\.cluster))
    else { return nil }
    return VoteAgreement(
      type: key.type, metric: key.metric, judge: key.judge, replies: checks.count,
      kappa: kappa)
  }.sorted { a, b in
    let (x, y) = (a.kappa.kappa ?? -2, b.kappa.kappa ?? -2)
    return x == y ? (a.name, a.judge ?? "") < (b.name, b.judge ?? "") : x > y
  }
}

/// Which judge to trust, in one sentence; nil where no judge's verdict meets a vote.
public func judgeToTrust(_ agreements: [VoteAgreement]) -> String? {
  let judges = agreements.filter { $0.judge != nil }
  guard let best = judges.first, let judge = best.judge else { return nil }
  func shown(_ one: VoteAgreement) -> String {
    guard let kappa = one.kappa.kappa else { return "kappa unknown: votes or verdicts are all alike" }
    let range = one.kappa.interval.flatMap { interval in
      interval.lower.flatMap { low in
        interval.upper.map {
          ", 95 % CI \(NumberText.fixed(low, decimals: 2)) to \(NumberText.fixed(min(1, $0), decimals: 2))"
        }
      }
    }
    return "kappa \(NumberText.fixed(kappa, decimals: 2))\(range ?? ""), \(one.replies) replies"
  }
  let what = "\(best.name) by \(judge)"
  guard best.replies >= enoughReplies else {
    return
      "Too few votes to say which judge to trust: \(best.replies) replies have both, \(enoughReplies) are needed."
  }
  if let kappa = best.kappa.kappa, kappa > 0, best.kappa.interval == nil {
    return "\(what) agrees with every vote (\(shown(best))): that gives no interval"
      + (judges.count > 1 ? ", so it can't be told from the other judges yet." : ".")
  }
  guard let low = best.kappa.interval?.lower, low > 0 else {
    return "No judge agrees with the votes beyond chance so far; the best is \(what) (\(shown(best)))."
  }
  let rivals = judges.dropFirst().filter { ($0.kappa.interval?.upper ?? 1) >= low }
  guard let rival = rivals.first else {
    return "Trust \(what) (\(shown(best)))" + (judges.count > 1 ? " before the other judges." : ".")
  }
  return
    "\(what) agrees best with the votes (\(shown(best))), but can't be told from \(rival.name) by "
    + "\(rival.judge ?? "") (\(shown(rival))) yet."
}
