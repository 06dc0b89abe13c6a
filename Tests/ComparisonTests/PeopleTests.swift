import Statistics
import Testing

@testable import Comparison

/// Votes of so many people on each of so many cases: 1, this one likes B's reply better; 0, A's.
private func votes(_ likesB: [[Int]]) -> [VotedTrial] {
  likesB.enumerated().flatMap { no, voters in
    voters.enumerated().flatMap { voter, b in
      [("a", 1 - b), ("b", b)].map { target, isLiked in
        VotedTrial(
          question: "\(no)", cluster: "\(no)", target: target, voter: "\(voter)", vote: isLiked == 1 ? 1 : -1,
          passed: nil)
      }
    }
  }
}

@Test(
  "where all cases are alike, a preference is as sure as the counted cases make it",
  arguments: [
    // One case, two, and six: the exact sign test, and Clopper and Pearson's lower bound.
    ([[1]], 1.0, 0.025, true), ([[1], [1]], 0.5, 0.158_114, true),
    (Array(repeating: [1], count: 6), 0.031_25, 0.540_742, true),
    // Many people on one case are one case.
    ([[1, 1, 1, 1, 1, 1]], 1.0, 0.025, true),
  ])
func unanimous(likesB: [[Int]], p: Double, low: Double, isLent: Bool) throws {
  let found = try #require(preferences(votes(likesB)).first)
  let lower = try #require(found.interval?.lower)
  #expect(found.isExact && found.isLent == isLent)
  #expect(abs((found.adjustedP ?? 0) - p) < 1e-9, "\(found)")
  #expect(abs(lower - low) < 1e-5 && found.interval?.upper == 1, "\(found)")
}

@Test("cases that are split alike do not make a preference certain")
func splitAlike() throws {
  let found = try #require(preferences(votes(Array(repeating: [1, 1, 0], count: 10))).first)
  let (low, high) = (try #require(found.interval?.lower), try #require(found.interval?.upper))
  #expect(found.isExact && !found.isLent)
  #expect(low < 0.4 && high > 0.85 && abs((found.chance ?? 0) - 2.0 / 3) < 1e-6, "\(found)")
  #expect(abs((found.adjustedP ?? 0) - 2.0 / 1_024) < 1e-9)
}

@Test("cases that differ are resampled")
func varied() throws {
  let found = try #require(preferences(votes((0..<40).map { [$0 % 3 == 0 ? 0 : 1] })).first)
  #expect(!found.isExact && !found.isLent)
  #expect(found.interval?.contains(found.chance ?? 0) == true && (found.adjustedP ?? 1) < 0.1)
}

/// A judge held against votes on so many replies, every second of them liked; so many of its verdicts are wrong.
private func agreement(_ judge: String, _ count: Int, wrong: Int) throws -> VoteAgreement {
  let isUp = (0..<count).map { Double($0 % 2) }
  let holds = isUp.enumerated().map { no, up in no < wrong ? 1 - up : up }
  return VoteAgreement(
    type: "llm-rubric", metric: nil, judge: judge, replies: count,
    kappa: try #require(cohensKappa(holds, isUp)))
}

@Test("a judge that agrees with every vote does not rule out the others, however few the votes")
func perfectJudge() throws {
  let (first, second) = (try agreement("first", 20, wrong: 0), try agreement("second", 20, wrong: 1))
  #expect(abs((first.kappa.kappa ?? 0) - 1) < 1e-9, "\(first.kappa)")
  #expect(first.kappa.interval == nil && second.kappa.interval != nil, "\(first.kappa)")
  let both = try #require(judgeToTrust([first, second]))
  #expect(both.contains("kappa 1.00, 20 replies") && both.contains("can't be told from"), "\(both)")
  let alone = try #require(judgeToTrust([first]))
  #expect(alone.contains("agrees with every vote") && !alone.contains("other judges"), "\(alone)")
}

@Test(
  "few cases are counted, however their resamples fall",
  arguments: [(2, 0, 1, 0.5), (6, 1, 0, 0.125), (5, 0, 1, 0.062_5), (7, 1, 0, 0.070_312_5)])
func fewBattles(wins: Int, losses: Int, ties: Int, p: Double) throws {
  var cast = votes(Array(repeating: [1], count: wins) + Array(repeating: [0], count: losses))
  for no in 0..<ties {
    for target in ["a", "b"] {
      cast.append(
        VotedTrial(
          question: "tie\(no)", cluster: "tie\(no)", target: target, voter: "0", vote: 1, passed: nil))
    }
  }
  let found = try #require(preferences(cast).first)
  #expect(found.isExact && abs((found.adjustedP ?? 0) - p) < 1e-9, "\(found)")
}

@Test("a preference by resampling is no surer than the sign test of its cases")
func notSurerThanSigns() throws {
  let found = try #require(preferences(votes((0..<40).map { [$0 % 3 == 0 ? 0 : 1] })).first)
  // 26 of 40.
  #expect(!found.isExact && (found.adjustedP ?? 0) >= mcNemar(aOnly: 14, bOnly: 26).exact - 1e-12)
}

/// Votes of so many people on each reply: of each case its target, what is voted, and whether it passed.
private func judged(_ replies: [(cluster: Int, target: String, vote: Double, passed: Bool)], voters: Int)
  -> [VotedTrial]
{
  replies.flatMap { one in
    (0..<voters).map { voter in
      VotedTrial(
        question: "\(one.cluster)/0/0", cluster: "\(one.cluster)", target: one.target, voter: "\(voter)",
        vote: one.vote, passed: one.passed)
    }
  }
}

@Test("many people on four replies are four replies, and correct nothing")
func votesOnFewReplies() throws {
  let replies = [(0, "a", 1.0, true), (1, "a", 1.0, true), (2, "a", -1.0, false), (3, "a", -1.0, true)]
  let found = try #require(judgeAgreement(judged(replies, voters: 60)))
  let once = try #require(judgeAgreement(judged(replies, voters: 1)))
  #expect(found.n == 4 && found.positives == 2 && found.negatives == 2 && !found.calibrates)
  #expect(found.kappa == once.kappa)
}

@Test("replies to one case do not make agreement surer, and kappa's bounds lie between -1 and 1")
func votesOnOneCase() throws {
  func replies(_ targets: [String]) -> [(cluster: Int, target: String, vote: Double, passed: Bool)] {
    (0..<20).flatMap { no in
      targets.map { (no, $0, no % 2 == 0 ? 1.0 : -1.0, no == 0 || no == 1 ? no == 1 : no % 2 == 0) }
    }
  }
  let once = try #require(judgeAgreement(judged(replies(["a"]), voters: 1)))
  let often = try #require(judgeAgreement(judged(replies(["a", "b", "c", "d"]), voters: 1)))
  let (narrow, wide) = (try #require(often.kappa.interval), try #require(once.kappa.interval))
  #expect(often.n == 80 && abs((often.kappa.kappa ?? 0) - (once.kappa.kappa ?? 1)) < 1e-12)
  #expect((narrow.lower ?? 1) <= (wide.lower ?? 0) && narrow.upper == 1 && wide.upper == 1)
  #expect(abs((often.worthOfPositives ?? 0) - 10) < 1e-9 && abs((often.worthOfNegatives ?? 0) - 10) < 1e-9)
}
