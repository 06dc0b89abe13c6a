import Statistics

/// A person's vote on a trial's reply.
public struct VotedTrial: Sendable {
  /// The case with its prompt and repetition: what targets are asked alike.
  public var question: String
  /// What the question stands for among others that are not independent of it: its case.
  public var cluster: String
  public var target: String
  public var voter: String
  /// -1 to 1.
  public var vote: Double
  /// What the checks said; nil where they could not.
  public var passed: Bool?
  /// Its number in the ledger; nil where question and target tell it.
  public var trial: Int64?

  public init(
    question: String, cluster: String, target: String, voter: String, vote: Double, passed: Bool?,
    trial: Int64? = nil
  ) {
    self.trial = trial
    self.question = question
    self.cluster = cluster
    self.target = target
    self.voter = voter
    self.vote = vote
    self.passed = passed
  }
}

/// How far the checks agree with people, who are taken to be right. Votes on one reply are averaged first, and replies to
/// one case are not independent; a mean of 0 says nothing.
public struct JudgeAgreement: Sendable {
  /// Replies that were judged and voted on.
  public var n: Int
  public var observed: Double
  public var kappa: Kappa
  /// Of what people like, how much passes; of what they do not, how much fails.
  public var truePositive: Int
  public var positives: Int
  public var trueNegative: Int
  public var negatives: Int
  /// How many independent replies those that people like, and those that they do not, are worth; nil: all.
  var worthOfPositives: Double?
  var worthOfNegatives: Double?

  public var sensitivity: Double? { positives > 0 ? Double(truePositive) / Double(positives) : nil }
  public var specificity: Double? { negatives > 0 ? Double(trueNegative) / Double(negatives) : nil }

  /// Fewer replies of either kind than this are no calibration.
  public static let leastPerClass = 50
  public var calibrates: Bool { min(positives, negatives) >= Self.leastPerClass }

  /// The pass rate of an arm and the one that people would find, by Rogan and Gladen. Repetitions of a case and
  /// cases of a cluster count as the independent trials that they are worth. Without bounds for a run that might have
  /// been stopped at any moment.
  public func corrected(_ arm: Arm, level: Double = 0.95) -> (raw: Double, rate: CorrectedRate)? {
    guard calibrates else { return nil }
    let units = byUnit(arm) { $0.isJudged ? ($0.outcome == .pass ? 1 : 0) : nil }
    let judged = units.flatMap { $0 }
    guard !judged.isEmpty else { return nil }
    let plain = judged.reduce(0, +) / Double(judged.count)
    let raw = arm.isWatched ? meanOfUnits(units) ?? plain : plain
    guard let sensitivity, let specificity else { return nil }
    let (likes, dislikes) = (worthOfPositives ?? Double(positives), worthOfNegatives ?? Double(negatives))
    let found = roganGladen(
      judgedRate: raw, effective: effectiveCount(units), trueNegative: specificity * dislikes,
      negatives: dislikes, truePositive: sensitivity * likes, positives: likes, level: level)
    return found.map { rate in
      var rate = rate
      // It is made for a planned number of trials.
      if arm.isWatched { rate.interval = Interval(nil, nil) }
      return (raw: raw, rate: rate)
    }
  }
}

/// Nil without a vote that says something of a judged trial.
public func judgeAgreement(_ votes: [VotedTrial], level: Double = 0.95) -> JudgeAgreement? {
  let trials = Dictionary(grouping: votes) { $0.trial.map(String.init) ?? "\($0.question)\u{0}\($0.target)" }
  let replies = trials.sorted { $0.key < $1.key }.compactMap { _, votes -> JudgedReply? in
    let sum = votes.reduce(0) { $0 + $1.vote }
    guard let passed = votes[0].passed, sum != 0 else { return nil }
    return JudgedReply(isLiked: sum > 0, passed: passed, cluster: votes[0].cluster)
  }
  guard
    var kappa = cohensKappa(
      replies.map { $0.isLiked ? 1 : 0 }, replies.map { $0.passed ? 1 : 0 }, clusters: replies.map(\.cluster),
      level: level)
  else { return nil }
  kappa.interval = kappa.interval.map { Interval($0.lower.map { max(-1, $0) }, $0.upper.map { min(1, $0) }) }
  let (liked, disliked) = (replies.filter(\.isLiked), replies.filter { !$0.isLiked })
  func worth(_ replies: [JudgedReply]) -> Double {
    effectiveCount(byCluster(replies.map { $0.passed ? 1 : 0 }, replies.map(\.cluster)))
  }
  return JudgeAgreement(
    n: replies.count, observed: kappa.observed, kappa: kappa, truePositive: liked.count { $0.passed },
    positives: liked.count, trueNegative: disliked.count { !$0.passed }, negatives: disliked.count,
    worthOfPositives: worth(liked), worthOfNegatives: worth(disliked))
}

/// One reply, by all votes on it together.
private struct JudgedReply {
  var isLiked: Bool
  var passed: Bool
  var cluster: String
}

/// Which of two targets people prefer.
public struct Preference: Sendable {
  public var a: String
  public var b: String
  public var winsA: Int
  public var winsB: Int
  public var ties: Int
  /// P(B is preferred to A) by Bradley and Terry's model of all battles.
  public var chance: Double?
  public var interval: Interval?
  public var adjustedP: Double?
  /// Somebody never wins: half a win was lent to every pair.
  public var isLent: Bool
  /// Interval and p are of the counted cases: they are few, or resampling them says nothing.
  public var isExact: Bool
}

/// Battles between targets: where one person voted on the replies of two targets to one question, the better liked
/// wins. Strengths by Bradley and Terry; intervals by resampling cases, since votes on one case are not
/// independent. Where a pair has few cases, or resampling says nothing, cases are counted. P-values of the differences
/// adjusted by Holm.
public func preferences(_ votes: [VotedTrial], resamples: Int = 999, seed: UInt64 = 1, level: Double = 0.95)
  -> [Preference]
{
  let labels = Set(votes.map(\.target)).sorted()
  let battles = battles(votes, labels)
  guard labels.count > 1, !battles.isEmpty, let (whole, isLent) = fitted(battles, labels.count) else {
    return []
  }
  let drawn = isLent ? [] : resampledStrengths(battles, labels.count, resamples, seed)
  var found: [Preference] = []
  for i in labels.indices {
    for j in labels.indices where j > i {
      let own = battles.filter { $0.a == i && $0.b == j }
      let byCases = counted(own, level)
      var bySamples: PreferenceEvidence?
      if Set(own.map(\.cluster)).count >= leastResampled {
        // No surer than the cases themselves.
        bySamples = resampled(drawn.map { $0[j] - $0[i] }.sorted(), level).map { found in
          PreferenceEvidence(interval: found.interval, p: max(found.p, byCases?.p ?? 0))
        }
      }
      let evidence = bySamples ?? byCases
      found.append(
        Preference(
          a: labels[i], b: labels[j], winsA: own.count { $0.scoreA == 1 },
          winsB: own.count { $0.scoreA == 0 },
          ties: own.count { $0.scoreA == 0.5 }, chance: logistic(whole.strengths[j] - whole.strengths[i]),
          interval: evidence?.interval, adjustedP: evidence?.p, isLent: isLent, isExact: bySamples == nil))
    }
  }
  let known = found.indices.filter { found[$0].adjustedP != nil }
  let p = adjusted(known.compactMap { found[$0].adjustedP }, .holm)
  for (k, value) in zip(known, p) { found[k].adjustedP = value }
  return found
}

/// With fewer cases resamples are too much alike: 6 of 7 would be p 0.02, where an exact test says 0.125.
private let leastResampled = 30

/// Strengths of so many targets, and whether half a win had to be lent to every pair.
private func fitted(_ battles: [Battle], _ count: Int) -> (BradleyTerry, Bool)? {
  var wins = [[Double]](repeating: [Double](repeating: 0, count: count), count: count)
  for battle in battles {
    wins[battle.a][battle.b] += battle.scoreA
    wins[battle.b][battle.a] += 1 - battle.scoreA
  }
  if let found = bradleyTerry(wins) { return (found, false) }
  for i in 0..<count { for j in 0..<count where i != j { wins[i][j] += 0.5 } }
  return bradleyTerry(wins).map { ($0, true) }
}

/// Strengths in resamples of the cases; none of a single case.
private func resampledStrengths(_ battles: [Battle], _ count: Int, _ resamples: Int, _ seed: UInt64)
  -> [[Double]]
{
  let cases = Dictionary(grouping: battles, by: \.cluster).sorted { $0.key < $1.key }.map(\.value)
  guard cases.count > 1 else { return [] }
  var random = SplitMix64(seed: seed)
  return (0..<resamples).compactMap { _ in
    fitted((0..<cases.count).flatMap { _ in cases[random.index(below: cases.count)] }, count)?.0.strengths
  }
}

/// How sure a preference is: the interval of the chance, and p of "neither is preferred".
private struct PreferenceEvidence {
  var interval: Interval
  var p: Double
}

/// By resampled differences of strength, sorted. Nil where they are all the same: cases that are alike make a resample
/// like any other, however few they are.
private func resampled(_ differences: [Double], _ level: Double) -> PreferenceEvidence? {
  guard let least = differences.first, let most = differences.last, most - least > 1e-9 else { return nil }
  let tail = (1 - level) / 2
  let below = Double(differences.count { $0 < 0 }) + 0.5 * Double(differences.count { $0 == 0 })
  let share = (below + 0.5) / Double(differences.count + 1)
  return PreferenceEvidence(
    interval: Interval(
      quantile(sorted: differences, tail).map(logistic), quantile(sorted: differences, 1 - tail).map(logistic)
    ),
    p: min(1, 2 * min(share, 1 - share)))
}

/// By the exact sign test over cases and the interval of Clopper and Pearson, each case a trial of which B has won its
/// share of the case's battles. Nil without a battle.
private func counted(_ battles: [Battle], _ level: Double) -> PreferenceEvidence? {
  let shares = Dictionary(grouping: battles, by: \.cluster).values.map { own in
    own.reduce(0.0) { $0 + (1 - $1.scoreA) } / Double(own.count)
  }.sorted()
  guard !shares.isEmpty else { return nil }
  let mean = shares.reduce(0, +) / Double(shares.count)
  let test = mcNemar(aOnly: shares.count { $0 < 0.5 }, bOnly: shares.count { $0 > 0.5 })
  return clopperPearson(share: mean, of: shares.count, level: level).map {
    PreferenceEvidence(interval: $0, p: test.exact)
  }
}

private struct Battle {
  var a: Int
  var b: Int
  var scoreA: Double
  var cluster: String
}

private func battles(_ votes: [VotedTrial], _ labels: [String]) -> [Battle] {
  let place = Dictionary(uniqueKeysWithValues: labels.enumerated().map { ($1, $0) })
  return Dictionary(grouping: votes) { $0.question + "\u{0}" + $0.voter }.sorted { $0.key < $1.key }.flatMap {
    _, own -> [Battle] in
    // Several votes of one person on one target's replies are one opinion.
    let opinions = Dictionary(grouping: own, by: \.target).compactMap { target, votes -> (Int, Double)? in
      guard let at = place[target] else { return nil }
      return (at, votes.map(\.vote).reduce(0, +) / Double(votes.count))
    }.sorted { $0.0 < $1.0 }
    return opinions.indices.flatMap { i -> [Battle] in
      let (a, one) = opinions[i]
      return opinions[(i + 1)...].map { b, other -> Battle in
        let score: Double = one == other ? 0.5 : (one > other ? 1 : 0)
        return Battle(a: a, b: b, scoreA: score, cluster: own[0].cluster)
      }
    }
  }
}
