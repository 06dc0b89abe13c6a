@testable import Statistics

/// What our functions answer to a row; an unknown method answers with its name, which no row expects.
func answer(_ row: KnownAnswer) -> Any? {
  basics(row) ?? proportions(row) ?? samples(row) ?? agreement(row) ?? sequential(row) ?? planning(row)
}

private func basics(_ r: KnownAnswer) -> Any? {
  switch r.method {
  case "normal_cdf": return ["p": normalCDF(r.number("x"))] as [String: Any?]
  case "normal_ppf":
    let x = normalQuantile(r.number("p"))
    return ["x": x.isFinite ? x : nil] as [String: Any?]
  case "beta_inc_regularized":
    return ["value": incompleteBeta(r.number("a"), r.number("b"), r.number("x"))] as [String: Any?]
  case "beta_ppf": return ["x": betaQuantile(r.number("q"), r.number("a"), r.number("b"))] as [String: Any?]
  case "student_t_cdf": return ["p": studentCDF(r.number("t"), r.number("df"))] as [String: Any?]
  case "student_t_ppf": return ["t": studentQuantile(r.number("p"), r.number("df"))] as [String: Any?]
  case "binomial_cdf":
    let (k, n, p) = (r.int("k"), r.int("n"), r.number("p"))
    return ["cdf": binomialCDF(k, n, p), "pmf": binomialPMF(k, n, p)] as [String: Any?]
  case "chi2_sf": return ["p": chiSquareTail(r.number("x"), r.number("df"))] as [String: Any?]
  case "splitmix64":
    var random = SplitMix64(seed: r.seed("seed"))
    return ["u64": (0..<r.int("count")).map { _ in String(random.next()) as Any? }] as [String: Any?]
  case "splitmix64_bounded":
    var random = SplitMix64(seed: r.seed("seed"))
    return ["values": (0..<r.int("count")).map { _ in random.index(below: r.int("n")) as Any? }]
      as [String: Any?]
  case "splitmix64_unit":
    var random = SplitMix64(seed: r.seed("seed"))
    return ["values": (0..<r.int("count")).map { _ in random.unit() as Any? }] as [String: Any?]
  case "mean_clt_se":
    let e = meanEstimate(r.list("x"), level: r.level)
    let half = e.standardError.map { normalCritical(r.level) * $0 }
    return [
      "n": e.n, "mean": e.mean, "se": e.standardError, "ci": pair(e.interval), "ci_t": pair(e.interval),
      "ci_normal": half.flatMap { h in e.mean.map { [$0 - h as Any?, $0 + h as Any?] } } as Any?,
    ] as [String: Any?]
  case "clustered_se":
    let e = clusteredMean(r.table("groups"), level: r.level)
    return [
      "n": e.n, "clusters": e.clusters, "mean": e.mean, "se_naive": e.naiveError, "se_miller": e.millerError,
      "se_cr0": e.cr0, "se_cr1": e.cr1, "deff": e.designEffect, "ci_t": pair(e.interval),
    ] as [String: Any?]
  case "trial_variance_decomposition":
    guard let e = trialVariance(r.table("trials")) else { return nil }
    return [
      "mean": e.mean, "flaky_share": e.flakyShare, "mean_within_case_variance": e.withinCase,
      "variance_of_case_means": e.betweenCases, "se_mean": e.standardError, "omega2_hat": e.trueVariance,
    ] as [String: Any?]
  default: return nil
  }
}

private func proportions(_ r: KnownAnswer) -> Any? {
  let (k, n) = (r.int("k"), r.int("n"))
  let (k1, n1, k2, n2) = (r.int("k1"), r.int("n1"), r.int("k2"), r.int("n2"))
  switch r.method {
  case "clopper_pearson_ci": return bounds(clopperPearson(k, of: n, level: r.level))
  case "wilson_ci": return bounds(wilson(k, of: n, level: r.level))
  case "jeffreys_ci": return bounds(jeffreys(k, of: n, level: r.level))
  case "agresti_coull_ci": return bounds(agrestiCoull(k, of: n, level: r.level))
  case "wilson_cc_ci": return bounds(wilsonCorrected(k, of: n, level: r.level))
  case "wald_ci": return bounds(wald(k, of: n, level: r.level))
  case "bayes_beta11_ci":
    let e = uniformPosterior(k, of: n, level: r.level)
    return ["lower": e.interval.lower, "upper": e.interval.upper, "mean": e.mean] as [String: Any?]
  case "zero_failures_upper_bound":
    let rule = n > 0 ? min(1, 3 / Double(n)) : nil
    return ["upper": zeroFailuresBound(n, confidence: r.number("confidence")), "rule_of_three": rule]
      as [String: Any?]
  case "newcombe_independent_diff_ci":
    let e = newcombe(k1, n1, k2, n2, level: r.level)
    return ["diff": Double(k1) / Double(n1) - Double(k2) / Double(n2), "lower": e?.lower, "upper": e?.upper]
      as [String: Any?]
  case "fisher_exact_two_sided":
    let e = fisher(k1, n1, k2, n2)
    return ["p": e.p, "p_mid": e.midP] as [String: Any?]
  case "miettinen_nurminen_diff_ci": return bounds(miettinenNurminen(k1, n1, k2, n2, level: r.level))
  case "bayes_prob_b_better_independent":
    let prior = r.list("prior")
    return [
      "prob": probabilityBBetter(
        r.int("kA"), r.int("nA"), r.int("kB"), r.int("nB"), prior: (prior.first ?? 1, prior.last ?? 1))
    ] as [String: Any?]
  case "mcnemar":
    let e = mcNemar(aOnly: r.int("b"), bOnly: r.int("c"))
    return [
      "n_discordant": e.discordant, "exact": e.exact, "mid_p": e.midP, "chi2": e.chiSquare,
      "asymptotic": e.asymptotic, "asymptotic_cc": e.asymptoticCorrected,
    ] as [String: Any?]
  case "paired_diff_ci":
    let t = PairedTable(
      both: r.int("both"), aOnly: r.int("a_only"), bOnly: r.int("b_only"), neither: r.int("neither"))
    return [
      "diff_a_minus_b": t.difference, "tango": pair(tango(t, level: r.level)),
      "newcombe": pair(newcombePaired(t, level: r.level)),
      "bonett_price": pair(bonettPrice(t, level: r.level)),
    ] as [String: Any?]
  case "bayes_paired_prob_a_better":
    return ["prob": probabilityABetter(aOnly: r.int("a_only"), bOnly: r.int("b_only"))] as [String: Any?]
  case "mcnemar_odds_ratio":
    let e = mcNemarOddsRatio(aOnly: r.int("b"), bOnly: r.int("c"), level: r.level)
    return ["odds_ratio": e?.ratio, "lower": e?.interval.lower, "upper": e?.interval.upper] as [String: Any?]
  case "cochran_q":
    guard let e = cochranQ(r.table("x")) else { return ["q": nil, "df": nil, "p": nil] as [String: Any?] }
    return ["q": e.q, "df": e.df, "p": e.p] as [String: Any?]
  default: return nil
  }
}

private func samples(_ r: KnownAnswer) -> Any? {
  let (a, b) = (r.list("a"), r.list("b"))
  switch r.method {
  case "sample_quantile":
    let x = r.list("x").sorted()
    let p = r.number("p")
    return ["type7": quantile(sorted: x, p), "nearest_rank": nearestRank(sorted: x, p)] as [String: Any?]
  case "quantile_ci_ranks":
    let e = quantileRanks(r.int("n"), r.number("p"), level: r.level)
    return ["lower_rank": e.lower, "upper_rank": e.upper, "coverage_two_sided": e.coverage] as [String: Any?]
  case "min_n_for_quantile_bound":
    return [
      "n": leastCountForQuantile(r.number("p"), level: r.level, twoSided: r.text("side") == "two-sided")
    ]
      as [String: Any?]
  case "harrell_davis_quantile": return ["value": harrellDavis(r.list("x"), r.number("p"))] as [String: Any?]
  case "paired_t":
    guard let e = pairedT(zip(a, b).map { $1 - $0 }, level: r.level) else { return nil }
    return [
      "n": e.n, "mean_diff": e.meanDifference, "se": e.standardError, "t": e.t, "p": e.p,
      "ci": pair(e.interval),
      "dz": e.dz,
    ] as [String: Any?]
  case "paired_sign_flip_exact":
    let d = r.list("diffs")
    return ["p": signFlip(d), "min_attainable_p": leastSignFlipP(d.count)] as [String: Any?]
  case "wilcoxon_signed_rank":
    let e = wilcoxonSignedRank(r.list("diffs"))
    return [
      "n_nonzero": e.nonZero, "w_plus": e.wPlus, "w_minus": e.wMinus, "p_exact": e.exact,
      "p_normal_wilcox": e.normal, "p_normal_pratt": e.pratt, "rank_biserial": e.rankBiserial,
    ] as [String: Any?]
  case "sign_test":
    let e = signTest(r.list("diffs"))
    return ["positive": e.positive, "negative": e.negative, "p": e.p] as [String: Any?]
  case "hodges_lehmann_one_sample": return ["estimate": hodgesLehmann(r.list("diffs"))] as [String: Any?]
  case "bootstrap_mean_splitmix64":
    guard let e = bootstrapMean(r.list("x"), resamples: r.int("B"), seed: r.seed("seed"), level: r.level)
    else {
      return nil
    }
    return [
      "theta": e.estimate, "first3": e.replicates.prefix(3).map { $0 as Any? },
      "percentile_ci": pair(e.percentile),
      "bca_z0": e.z0, "bca_accel": e.acceleration, "bca_ci": pair(e.bca), "boot_se": e.standardError,
    ] as [String: Any?]
  case "welch_t":
    guard let e = welch(a, b, level: r.level) else { return nil }
    return ["diff_b_minus_a": e.difference, "t": e.t, "df": e.df, "p": e.p, "ci": pair(e.interval)]
      as [String: Any?]
  case "mann_whitney":
    guard let e = mannWhitney(a, b) else { return nil }
    return [
      "u_b": e.u, "p_asymptotic_cc": e.asymptotic, "p_exact": e.exact, "prob_superiority_b": e.superiority,
      "cliffs_delta": e.cliffsDelta, "hodges_lehmann_shift": e.shift, "brunner_munzel_p": e.brunnerMunzel,
    ] as [String: Any?]
  case "bootstrap_quantile_difference":
    guard
      let e = quantileDifference(
        a, b, r.number("p"), paired: r.flag("paired"), resamples: r.int("B"), seed: r.seed("seed"),
        level: r.level)
    else { return nil }
    return ["estimate": e.estimate, "percentile_ci": pair(e.interval), "p_boot": e.p] as [String: Any?]
  case "cohens_h": return ["h": cohensH(r.number("p1"), r.number("p2"))] as [String: Any?]
  case "cohens_d_hedges_g":
    let e = standardisedDifference(a, b)
    return ["d": e?.d, "g": e?.g] as [String: Any?]
  case "p_adjust":
    let p = r.list("p")
    func list(_ method: Adjustment) -> Any { adjusted(p, method).map { $0 as Any? } }
    return [
      "holm": list(.holm), "bonferroni": list(.bonferroni), "hochberg": list(.hochberg),
      "bh": list(.benjaminiHochberg), "by": list(.benjaminiYekutieli),
    ] as [String: Any?]
  case "geometric_mean_ratio":
    let e = geometricMeanRatio(a, b, level: r.level)
    return ["ratio": e?.ratio, "ci": pair(e?.interval), "p": e?.p] as [String: Any?]
  case "ratio_of_totals":
    let e = ratioOfTotals(a, b, level: r.level)
    return ["ratio": e?.ratio, "ci": pair(e?.interval)] as [String: Any?]
  default: return nil
  }
}

private func agreement(_ r: KnownAnswer) -> Any? {
  let (n, c, k) = (r.int("n"), r.int("c"), r.int("k"))
  switch r.method {
  case "pass_at_k": return ["pass_at_k": passAtK(n, c, k), "pass_hat_k": passHatK(n, c, k)] as [String: Any?]
  case "g_pass_at_k": return ["g_pass": gPassAtK(n, c, k, tau: r.number("tau"))] as [String: Any?]
  case "mg_pass_at_k": return ["mg_pass": mgPassAtK(n, c, k)] as [String: Any?]
  case "pass_at_k_suite":
    let counts = r.table("counts").map { (Int($0[0]), Int($0[1])) }
    return [
      "mean": mean(counts.compactMap { passAtK($0.0, $0.1, k) }),
      "mean_hat": mean(counts.compactMap { passHatK($0.0, $0.1, k) }),
    ] as [String: Any?]
  case "cohen_kappa":
    guard let e = cohensKappa(r.list("r1"), r.list("r2")) else { return nil }
    return [
      "observed_agreement": e.observed, "kappa": e.kappa, "kappa_linear": e.linear,
      "kappa_quadratic": e.quadratic,
      "ci95": pair(e.interval),
    ] as [String: Any?]
  case "fleiss_kappa":
    return ["kappa": fleissKappa(r.table("counts").map { $0.map { Int($0) } })] as [String: Any?]
  case "krippendorff_alpha":
    let rows = (r.inputs["ratings"] as? [[Any]] ?? []).map {
      $0.map { ($0 as? Double) ?? ($0 as? Int).map(Double.init) }
    }
    return ["alpha": krippendorffAlpha(rows, MeasurementLevel(rawValue: r.text("level")) ?? .nominal)]
      as [String: Any?]
  case "rogan_gladen":
    let e = roganGladen(
      judgedPass: r.int("judged_pass"), of: n, trueNegative: r.int("true_negative"),
      negatives: r.int("negatives"),
      truePositive: r.int("true_positive"), positives: r.int("positives"), level: r.level)
    return ["theta": e?.rate, "ci": pair(e?.interval)] as [String: Any?]
  case "ppi_mean", "ppi_plus_plus_mean":
    let e = predictionPoweredMean(
      truth: r.list("y_labeled"), judgedToo: r.list("judge_labeled"), judgedOnly: r.list("judge_unlabeled"),
      tuned: r.method == "ppi_plus_plus_mean", level: r.level)
    return ["lambda": e?.lambda, "theta": e?.mean, "se": e?.standardError, "ci": pair(e?.interval)]
      as [String: Any?]
  case "bradley_terry":
    guard let e = bradleyTerry(r.table("wins")) else { return nil }
    return ["log_strength": e.strengths.map { $0 as Any? }] as [String: Any?]
  case "elo_update":
    let e = eloUpdate(r.number("ra"), r.number("rb"), scoreOfA: r.number("score_a"), k: r.number("k"))
    return ["ra": e.a, "rb": e.b, "expected_a": e.expected] as [String: Any?]
  case "win_rate_ties_half":
    guard let e = winRate(wins: r.int("wins"), losses: r.int("losses"), ties: r.int("ties")) else {
      return nil
    }
    return ["win_rate": e.rate, "se": e.standardError, "sign_test_p": e.signTestP] as [String: Any?]
  default: return nil
  }
}

private func sequential(_ r: KnownAnswer) -> Any? {
  let (b, c) = (r.int("b"), r.int("c"))
  switch r.method {
  case "sprt_discordant":
    let e = discordantSPRT(b, c, p1: r.number("p1"), alpha: r.alpha, beta: r.number("beta"))
    return ["llr": e.logRatio, "upper": e.upper, "lower": e.lower, "decision": e.decision.rawValue]
      as [String: Any?]
  case "beta_binomial_evalue_discordant":
    let e = discordantEValue(b, c, prior: r.optional("a") ?? 1)
    return ["e": e, "anytime_p": anytimeP(e)] as [String: Any?]
  case "beta_binomial_confidence_sequence":
    return bounds(
      betaBinomialSequence(successes: r.int("successes"), failures: r.int("failures"), alpha: r.alpha))
  case "msprt_normal":
    let e = mixtureSPRT(
      n: r.int("n"), meanDifference: r.number("mean_diff"), variance: r.number("variance"),
      tau2: r.number("tau2"),
      alpha: r.alpha)
    return ["lambda": e.lambda, "anytime_p": e.anytimeP, "half_width": e.halfWidth] as [String: Any?]
  case "asymptotic_confidence_sequence":
    let e = asymptoticSequence(
      n: r.int("n"), variance: r.number("variance"), alpha: r.alpha, optimisedFor: r.int("optimised_for_n"))
    return ["rho2": e.rho2, "half_width": e.halfWidth] as [String: Any?]
  case "empirical_bernstein_cs":
    let e = empiricalBernsteinSequence(r.list("x"), alpha: r.alpha, truncation: r.number("truncation"))
    return [
      "lower": e.interval.lower, "upper": e.interval.upper,
      "lambda_first3": e.bets.prefix(3).map { $0 as Any? },
    ] as [String: Any?]
  case "hedged_betting_cs":
    let x = r.list("x")
    let e = bettingSequence(x, alpha: r.alpha, grid: r.int("grid"), truncation: r.number("truncation"))
    return [
      "capital_at_0.5": hedgedCapital(
        x, against: r.number("theta"), alpha: r.alpha, truncation: r.number("truncation")),
      "lower_grid": e.lower, "upper_grid": e.upper,
    ] as [String: Any?]
  case "alpha_spending":
    let t = r.number("t")
    return [
      "obrien_fleming": obrienFlemingSpending(t, alpha: r.alpha), "pocock": pocockSpending(t, alpha: r.alpha),
    ] as [String: Any?]
  case "group_sequential_z_bounds":
    func bounds(_ spending: (Double, Double) -> Double) -> Any {
      groupSequentialBounds(looks: r.int("looks"), alpha: r.alpha, spending: spending).map { $0 as Any? }
    }
    return [
      "obrien_fleming_spending": bounds { obrienFlemingSpending($0, alpha: $1) },
      "pocock_spending": bounds { pocockSpending($0, alpha: $1) },
    ] as [String: Any?]
  default: return nil
  }
}

private func planning(_ r: KnownAnswer) -> Any? {
  let power = r.optional("power") ?? 0.8
  func whole(_ n: Double?) -> [String: Any?] { ["n_exact": n, "n": n.map { Int($0.rounded(.up)) }] }
  switch r.method {
  case "power_n_paired_mean":
    return whole(
      casesForPairedMean(
        difference: r.number("delta"), between: r.number("omega2"), withinA: r.number("sigma2_a"),
        withinB: r.number("sigma2_b"), repeatsA: r.int("k_a"), repeatsB: r.int("k_b"), alpha: r.alpha,
        power: power))
  case "mde_paired_mean":
    return [
      "mde": detectableMeanDifference(
        cases: r.int("n"), between: r.number("omega2"), withinA: r.number("sigma2_a"),
        withinB: r.number("sigma2_b"),
        repeatsA: r.int("k_a"), repeatsB: r.int("k_b"), alpha: r.alpha, power: power)
    ] as [String: Any?]
  case "power_n_mcnemar":
    return whole(
      casesForMcNemar(
        discordant: r.number("discordant"), difference: r.number("delta"), alpha: r.alpha, power: power))
  case "mde_mcnemar":
    let psi = r.number("discordant")
    let n = r.int("n")
    return [
      "mde": detectableMcNemar(discordant: psi, cases: n, alpha: r.alpha, power: power),
      "approx": (normalQuantile(1 - r.alpha / 2) + normalQuantile(power)) * (psi / Double(n)).squareRoot(),
    ] as [String: Any?]
  case "power_n_two_proportions":
    let n = casesForTwoProportions(r.number("p1"), r.number("p2"), alpha: r.alpha, power: power)
    return ["n_per_group_exact": n, "n_per_group": Int(n.rounded(.up))] as [String: Any?]
  case "power_n_paired_t": return whole(casesForPairedT(effect: r.number("dz"), alpha: r.alpha, power: power))
  case "min_attainable_p":
    let n = r.int("n_pairs")
    let e = mcNemar(aOnly: 0, bOnly: n)
    return [
      "sign_flip_two_sided": leastSignFlipP(n), "mcnemar_exact_all_discordant": e.exact,
      "mcnemar_mid_p_all_discordant": e.midP,
    ] as [String: Any?]
  case "verdict":
    let ci = (r.inputs["ci"] as? [Any])?.map { ($0 as? Double) ?? ($0 as? Int).map(Double.init) }
    let e = verdict(
      interval: ci.map { Interval($0[0], $0[1]) }, p: r.optional("p_adjusted"), alpha: r.alpha,
      margin: r.optional("margin"), higherIsBetter: r.flag("higher_is_better"),
      leastP: r.optional("min_attainable_p"))
    return ["verdict": e.rawValue] as [String: Any?]
  default: return nil
  }
}
