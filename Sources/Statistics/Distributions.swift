#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Distributions that everything else reduces to. Accurate to about 1e-10 relative where tails matter.

/// P(Z ≤ x) of the standard normal.
public func normalCDF(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }

/// The x with P(Z ≤ x) = p. Acklam's rational approximation, then two Newton-Halley steps.
public func normalQuantile(_ p: Double) -> Double {
  guard p > 0 else { return p == 0 ? -.infinity : .nan }
  guard p < 1 else { return p == 1 ? .infinity : .nan }
  if p > 0.5 { return -normalQuantile(1 - p) }
  var x: Double
  if p < 0.02425 {
    let q = (-2 * log(p)).squareRoot()
    x =
      polynomial(
        [
          -7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
          -2.549732539343734e+00, 4.374664141464968e+00, 2.938163982698783e+00,
        ], q)
      / polynomial(
        [
          7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00,
          3.754408661907416e+00, 1,
        ], q)
  } else {
    let q = p - 0.5
    let r = q * q
    x =
      polynomial(
        [
          -3.969683028665376e+01, 2.209460984245205e+02, -2.759285104469687e+02,
          1.383577518672690e+02, -3.066479806614716e+01, 2.506628277459239e+00,
        ], r) * q
      / polynomial(
        [
          -5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02,
          6.680131188771972e+01, -1.328068155288572e+01, 1,
        ], r)
  }
  for _ in 0..<2 {
    let error = normalCDF(x) - p
    let step = error * (2 * Double.pi).squareRoot() * exp(x * x / 2)
    x -= step / (1 + x * step / 2)
  }
  return x
}

private func polynomial(_ coefficients: [Double], _ x: Double) -> Double {
  coefficients.reduce(0) { $0 * x + $1 }
}

/// ln |Γ(x)|, safe on any thread.
func logGamma(_ x: Double) -> Double {
  #if canImport(Glibc)
    var sign: Int32 = 0
    return lgamma_r(x, &sign)
  #else
    return lgamma(x)
  #endif
}

func logBeta(_ a: Double, _ b: Double) -> Double { logGamma(a) + logGamma(b) - logGamma(a + b) }

/// The regularised incomplete beta function I_x(a, b): the CDF of Beta(a, b). Lentz's continued fraction.
public func incompleteBeta(_ a: Double, _ b: Double, _ x: Double) -> Double {
  if x.isNaN || a.isNaN || b.isNaN { return .nan }
  if x <= 0 { return 0 }
  if x >= 1 { return 1 }
  if x > (a + 1) / (a + b + 2) { return 1 - incompleteBeta(b, a, 1 - x) }
  let front = exp(a * log(x) + b * log1p(-x) - logBeta(a, b)) / a
  let tiny = 1e-300
  var c = 1.0
  var d = 1 - (a + b) * x / (a + 1)
  d = 1 / (abs(d) < tiny ? tiny : d)
  var fraction = d
  for m in 1...20_000 {
    let m = Double(m)
    for numerator in [
      m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
      -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
    ] {
      d = 1 + numerator * d
      c = 1 + numerator / c
      d = 1 / (abs(d) < tiny ? tiny : d)
      if abs(c) < tiny { c = tiny }
      fraction *= c * d
    }
    if abs(c * d - 1) < 1e-16 { break }
  }
  return min(1, max(0, front * fraction))
}

/// The x with I_x(a, b) = q, by bisection: slow, and never wrong.
public func betaQuantile(_ q: Double, _ a: Double, _ b: Double) -> Double {
  if q <= 0 { return 0 }
  if q >= 1 { return 1 }
  // Near 1 a double has no room: solve for 1 − x there.
  if a > b { return 1 - smallBetaQuantile(1 - q, b, a) }
  return smallBetaQuantile(q, a, b)
}

private func smallBetaQuantile(_ q: Double, _ a: Double, _ b: Double) -> Double {
  bisect(0, 1) { incompleteBeta(a, b, $0) < q }
}

/// The place in `low...high` where `isBelow` turns false.
func bisect(_ low: Double, _ high: Double, _ isBelow: (Double) -> Bool) -> Double {
  var low = low
  var high = high
  for _ in 0..<400 {
    // Near zero the halves are taken of the exponent, so that tiny roots are found to full precision.
    let middle = low > 0 && high > 4 * low ? (low * high).squareRoot() : (low + high) / 2
    if middle <= low || middle >= high { break }
    if isBelow(middle) { low = middle } else { high = middle }
  }
  return (low + high) / 2
}

/// P(T ≤ t) of Student's t.
public func studentCDF(_ t: Double, _ df: Double) -> Double {
  if t.isNaN || !(df > 0) { return .nan }
  if t.isInfinite { return t > 0 ? 1 : 0 }
  let tail = 0.5 * incompleteBeta(df / 2, 0.5, df / (df + t * t))
  return t > 0 ? 1 - tail : tail
}

/// P(|T| ≥ |t|), without the loss of 1 − CDF.
public func studentTwoSided(_ t: Double, _ df: Double) -> Double {
  t.isInfinite ? 0 : incompleteBeta(df / 2, 0.5, df / (df + t * t))
}

/// The t with P(T ≤ t) = p.
public func studentQuantile(_ p: Double, _ df: Double) -> Double {
  if p <= 0 { return -.infinity }
  if p >= 1 { return .infinity }
  if p == 0.5 { return 0 }
  if p < 0.5 { return -studentQuantile(1 - p, df) }
  // t² / (df + t²) is Beta(1/2, df/2); the tail is solved for, so that p near 1 keeps its digits.
  let tail = 2 * (1 - p)
  let x = bisect(0, 1) { incompleteBeta(df / 2, 0.5, $0) < tail }
  return (df * (1 - x) / x).squareRoot()
}

/// P(X ≥ x) of χ² with `df` degrees of freedom.
public func chiSquareTail(_ x: Double, _ df: Double) -> Double {
  if x <= 0 { return 1 }
  return df == 1 ? erfc((x / 2).squareRoot()) : upperGamma(df / 2, x / 2)
}

/// Q(a, x): series below a + 1, continued fraction above.
private func upperGamma(_ a: Double, _ x: Double) -> Double {
  let front = exp(-x + a * log(x) - logGamma(a))
  if x < a + 1 {
    var term = 1 / a
    var sum = term
    var n = a
    for _ in 0..<20_000 {
      n += 1
      term *= x / n
      sum += term
      if abs(term) < abs(sum) * 1e-17 { break }
    }
    return max(0, 1 - sum * front)
  }
  var b = x + 1 - a
  var c = 1e300
  var d = 1 / b
  var h = d
  for i in 1...20_000 {
    let an = -Double(i) * (Double(i) - a)
    b += 2
    d = 1 / (an * d + b)
    c = b + an / c
    h *= d * c
    if abs(d * c - 1) < 1e-16 { break }
  }
  return front * h
}

/// P(X = k) of Bin(n, p).
public func binomialPMF(_ k: Int, _ n: Int, _ p: Double) -> Double {
  guard k >= 0, k <= n else { return 0 }
  if p <= 0 { return k == 0 ? 1 : 0 }
  if p >= 1 { return k == n ? 1 : 0 }
  let (kd, nd) = (Double(k), Double(n))
  return exp(logChoose(nd, kd) + kd * log(p) + (nd - kd) * log1p(-p))
}

/// P(X ≤ k) of Bin(n, p), by the incomplete beta function.
public func binomialCDF(_ k: Int, _ n: Int, _ p: Double) -> Double {
  if k < 0 { return 0 }
  if k >= n { return 1 }
  return incompleteBeta(Double(n - k), Double(k + 1), 1 - p)
}

/// ln C(n, k)
func logChoose(_ n: Double, _ k: Double) -> Double {
  guard k >= 0, k <= n else { return -.infinity }
  return logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1)
}
