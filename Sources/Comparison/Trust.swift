import Ledger
import Statistics

/// How far people trust a target: the mean vote, from 0, all down, to 1, all up. Votes on one reply are averaged first,
/// then replies to one question, so that each question counts once however often it was voted on.
public struct TrustScore: Sendable {
  public var label: String
  public var votes: Int
  public var up: Int
  public var down: Int
  /// Questions that have a vote.
  public var questions: Int
  public var trust: Double
  public var interval: Interval?
}

/// By target, the most trusted first.
public func trustScores(_ votes: [VotedReply], level: Double = 0.95) -> [TrustScore] {
  Dictionary(grouping: votes, by: \.target).map { label, votes in
    let questions = Dictionary(grouping: votes, by: \.question).sorted { $0.key < $1.key }.map(\.value)
    let units = questions.map { votes -> (value: Double, cluster: String) in
      let replies = Dictionary(grouping: votes, by: \.reply).values.map {
        mean($0.map { ($0.value + 1) / 2 })
      }
      return (mean(replies.sorted()), votes[0].cluster ?? "question " + votes[0].question)
    }
    let clusters = Dictionary(grouping: units, by: \.cluster).sorted { $0.key < $1.key }
    return TrustScore(
      label: label, votes: votes.count, up: votes.count { $0.value > 0 }, down: votes.count { $0.value < 0 },
      questions: units.count, trust: mean(units.map(\.value)),
      interval: shareInterval(clusters.map { $0.value.map(\.value) }, level: level))
  }.sorted { ($1.trust, $0.label) < ($0.trust, $1.label) }
}

private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
