#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Preferences between pairs: who wins, and how strong that makes them.

public struct BradleyTerry: Sendable, Hashable {
  /// Log strengths that sum to 0.
  public var strengths: [Double]
  /// Covariance of the strengths: the pseudo-inverse of the Fisher information.
  public var covariance: [[Double]]

  /// Standard error of the difference of two strengths.
  public func error(_ i: Int, _ j: Int) -> Double {
    max(0, covariance[i][i] + covariance[j][j] - 2 * covariance[i][j]).squareRoot()
  }
}

/// Maximum likelihood; `wins[i][j]` counts i over j, a tie half for each. Nil unless everyone can be reached
/// from everyone by wins (Ford 1957): the strengths would be infinite.
public func bradleyTerry(_ wins: [[Double]]) -> BradleyTerry? {
  let k = wins.count
  guard k > 1, wins.allSatisfy({ $0.count == k }), isStronglyConnected(wins) else { return nil }
  var strength = [Double](repeating: 1, count: k)
  let won = wins.indices.map { i in (0..<k).reduce(0) { $0 + (i == $1 ? 0 : wins[i][$1]) } }
  for _ in 0..<100_000 {
    var next = strength
    for i in 0..<k {
      var weight = 0.0
      for j in 0..<k where j != i { weight += (wins[i][j] + wins[j][i]) / (strength[i] + strength[j]) }
      next[i] = won[i] / weight
    }
    let scale = exp(next.reduce(0) { $0 + log($1) } / Double(k))
    next = next.map { $0 / scale }
    let change = zip(next, strength).map { abs(log($0) - log($1)) }.max() ?? 0
    strength = next
    if change < 1e-14 { break }
  }
  let beta = strength.map { log($0) }
  var information = [[Double]](repeating: [Double](repeating: 0, count: k), count: k)
  for i in 0..<k {
    for j in 0..<k where j != i {
      let p = 1 / (1 + exp(beta[j] - beta[i]))
      let weight = (wins[i][j] + wins[j][i]) * p * (1 - p)
      information[i][i] += weight
      information[i][j] -= weight
    }
  }
  // With 1/k added everywhere the matrix is regular; taking it off the inverse gives the pseudo-inverse.
  let shifted = information.map { $0.map { $0 + 1 / Double(k) } }
  guard let inverse = inverted(shifted) else { return nil }
  return BradleyTerry(strengths: beta, covariance: inverse.map { $0.map { $0 - 1 / Double(k) } })
}

private func isStronglyConnected(_ wins: [[Double]]) -> Bool {
  func reaches(_ beats: (Int, Int) -> Bool) -> Bool {
    var seen: Set<Int> = [0]
    var open = [0]
    while let i = open.popLast() {
      for j in wins.indices where beats(i, j) && seen.insert(j).inserted { open.append(j) }
    }
    return seen.count == wins.count
  }
  return reaches { wins[$0][$1] > 0 } && reaches { wins[$1][$0] > 0 }
}

/// Gauss and Jordan with pivoting.
private func inverted(_ matrix: [[Double]]) -> [[Double]]? {
  let n = matrix.count
  var m = matrix
  var inverse = (0..<n).map { i in (0..<n).map { $0 == i ? 1.0 : 0.0 } }
  for column in 0..<n {
    guard let pivot = (column..<n).max(by: { abs(m[$0][column]) < abs(m[$1][column]) }), m[pivot][column] != 0
    else { return nil }
    m.swapAt(pivot, column)
    inverse.swapAt(pivot, column)
    let scale = m[column][column]
    for j in 0..<n {
      m[column][j] /= scale
      inverse[column][j] /= scale
    }
    for row in 0..<n where row != column {
      let factor = m[row][column]
      guard factor != 0 else { continue }
      for j in 0..<n {
        m[row][j] -= factor * m[column][j]
        inverse[row][j] -= factor * inverse[column][j]
      }
    }
  }
  return inverse
}

/// One Elo update: depends on the order of the games, so for display only.
public func eloUpdate(_ a: Double, _ b: Double, scoreOfA: Double, k: Double = 32) -> (
  a: Double, b: Double, expected: Double
) {
  let expected = 1 / (1 + pow(10, (b - a) / 400))
  let change = k * (scoreOfA - expected)
  return (a + change, b - change, expected)
}

public struct WinRate: Sendable, Hashable {
  public var rate: Double
  public var standardError: Double?
  public var signTestP: Double
}

/// Wins with ties counted half.
public func winRate(wins: Int, losses: Int, ties: Int) -> WinRate? {
  let n = Double(wins + losses + ties)
  guard n > 0 else { return nil }
  let rate = (Double(wins) + 0.5 * Double(ties)) / n
  let squares =
    Double(wins) * (1 - rate) * (1 - rate) + Double(losses) * rate * rate
    + Double(ties) * (0.5 - rate) * (0.5 - rate)
  return WinRate(
    rate: rate, standardError: n > 1 ? (squares / (n - 1) / n).squareRoot() : nil,
    signTestP: mcNemar(aOnly: losses, bOnly: wins).exact)
}

/// The chance that belongs to a difference of log strengths.
public func logistic(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
