#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What repetitions say of a case: c of n passed. Nil where k > n.

/// At least one of k passes (Chen et al. 2021).
public func passAtK(_ n: Int, _ c: Int, _ k: Int) -> Double? {
  guard k <= n, k > 0 else { return nil }
  if n - c < k { return 1 }
  return 1 - product(n - c, n, k)
}

/// All k pass (Yao et al. 2024).
public func passHatK(_ n: Int, _ c: Int, _ k: Int) -> Double? {
  guard k <= n, k > 0 else { return nil }
  return c < k ? 0 : product(c, n, k)
}

/// C(a, k) / C(b, k), without factorials.
private func product(_ a: Int, _ b: Int, _ k: Int) -> Double {
  (0..<k).reduce(1.0) { $0 * Double(a - $1) / Double(b - $1) }
}

/// At least a share τ of k pass (Liu et al. 2024).
public func gPassAtK(_ n: Int, _ c: Int, _ k: Int, tau: Double) -> Double? {
  guard k <= n, k > 0 else { return nil }
  let least = max(1, Int((tau * Double(k) - 1e-9).rounded(.up)))
  guard least <= k else { return 0 }
  return gPass(n, c, k, atLeast: least)
}

private func gPass(_ n: Int, _ c: Int, _ k: Int, atLeast least: Int) -> Double {
  let all = logChoose(Double(n), Double(k))
  return (least...k).reduce(0) { sum, j in
    guard j <= c, k - j <= n - c else { return sum }
    return sum + exp(logChoose(Double(c), Double(j)) + logChoose(Double(n - c), Double(k - j)) - all)
  }
}

/// Mean of G-Pass over the upper half of τ.
public func mgPassAtK(_ n: Int, _ c: Int, _ k: Int) -> Double? {
  guard k <= n, k > 1 else { return nil }
  let first = (k + 1) / 2 + 1
  guard first <= k else { return 0 }
  return 2 / Double(k) * (first...k).reduce(0) { $0 + gPass(n, c, k, atLeast: $1) }
}
