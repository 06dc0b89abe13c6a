"""Answers of scipy and statsmodels to questions that come as JSON lines: {"method": ..., inputs}."""
import json
import sys
import warnings

import numpy as np
from scipy import stats
from statsmodels.regression.linear_model import OLS
from statsmodels.stats import contingency_tables, inter_rater, multitest, power, proportion

warnings.simplefilter("ignore")


def bounds(pair):
    return [float(pair[0]), float(pair[1])]


def share(method):
    return lambda q: bounds(proportion.proportion_confint(q["k"], q["n"], method=method))


def paired(q):
    a, b = np.array(q["a"]), np.array(q["b"])
    test = stats.ttest_rel(b, a)
    return [float(test.statistic), float(test.pvalue)] + bounds(test.confidence_interval(0.95))


def welch(q):
    test = stats.ttest_ind(q["b"], q["a"], equal_var=False)
    return [float(test.statistic), float(test.pvalue)] + bounds(test.confidence_interval(0.95))


def wilcoxon(mode, zeros):
    def answer(q):
        return float(stats.wilcoxon(q["x"], zero_method=zeros, correction=False, method=mode).pvalue)
    return answer


def sign_flip(q):
    x = np.array(q["x"])
    return float(
        stats.permutation_test(
            (x,), lambda v, axis: np.sum(v, axis=axis), permutation_type="samples", vectorized=True,
            n_resamples=np.inf, alternative="two-sided").pvalue)


def quantile_interval(q):
    interval = stats.quantile_test(q["x"], p=q["p"]).confidence_interval(0.95)
    return [None if np.isnan(v) else float(v) for v in interval]


def clustered(q):
    y = np.array(q["x"])
    fit = OLS(y, np.ones(len(y))).fit(cov_type="cluster", cov_kwds={"groups": np.array(q["groups"])})
    return float(fit.bse[0])


def adjust(method):
    return lambda q: [float(p) for p in multitest.multipletests(q["p"], method=method)[1]]


def kappa(q):
    table = np.array(q["table"])
    plain = inter_rater.cohens_kappa(table)
    weights = [inter_rater.cohens_kappa(table, wt=wt, return_results=False) for wt in ("linear", "quadratic")]
    return [float(plain.kappa)] + [float(w) for w in weights] + [float(plain.kappa_low), float(plain.kappa_upp)]


METHODS = {
    "normal_cdf": lambda q: float(stats.norm.cdf(q["x"])),
    "normal_quantile": lambda q: float(stats.norm.ppf(q["p"])),
    "student_cdf": lambda q: float(stats.t.cdf(q["x"], q["df"])),
    "student_quantile": lambda q: float(stats.t.ppf(q["p"], q["df"])),
    "beta_cdf": lambda q: float(stats.beta.cdf(q["x"], q["a"], q["b"])),
    "beta_quantile": lambda q: float(stats.beta.ppf(q["p"], q["a"], q["b"])),
    "binomial_cdf": lambda q: float(stats.binom.cdf(q["k"], q["n"], q["p"])),
    "chi_square_tail": lambda q: float(stats.chi2.sf(q["x"], q["df"])),
    "wilson": share("wilson"),
    "clopper_pearson": share("beta"),
    "jeffreys": lambda q: bounds(
        stats.beta.ppf([0.025, 0.975], q["k"] + 0.5, q["n"] - q["k"] + 0.5)),
    "agresti_coull": share("agresti_coull"),
    "newcombe": lambda q: bounds(
        proportion.confint_proportions_2indep(
            q["k1"], q["n1"], q["k2"], q["n2"], compare="diff", method="newcomb")),
    "fisher": lambda q: float(
        stats.fisher_exact([[q["k1"], q["n1"] - q["k1"]], [q["k2"], q["n2"] - q["k2"]]]).pvalue),
    "mcnemar_exact": lambda q: float(
        contingency_tables.mcnemar([[0, q["b"]], [q["c"], 0]], exact=True).pvalue),
    "mcnemar_chi_square": lambda q: float(
        contingency_tables.mcnemar([[0, q["b"]], [q["c"], 0]], exact=False, correction=False).pvalue),
    # Mid-p is the mean of the p-values with and without the table itself.
    "mcnemar_mid_p": lambda q: 1.0 if q["b"] == q["c"] else float(
        stats.binomtest(min(q["b"], q["c"]), q["b"] + q["c"]).pvalue
        - stats.binom.pmf(min(q["b"], q["c"]), q["b"] + q["c"], 0.5)),
    "sign_test": lambda q: float(stats.binomtest(q["b"], q["b"] + q["c"]).pvalue),
    "cochran_q": lambda q: float(contingency_tables.cochrans_q(np.array(q["rows"])).pvalue),
    "paired_t": paired,
    "welch": welch,
    "wilcoxon_exact": wilcoxon("exact", "wilcox"),
    "wilcoxon_normal": wilcoxon("asymptotic", "wilcox"),
    "wilcoxon_pratt": wilcoxon("asymptotic", "pratt"),
    "sign_flip": sign_flip,
    "mann_whitney": lambda q: float(
        stats.mannwhitneyu(q["b"], q["a"], method="asymptotic", use_continuity=True).pvalue),
    "mann_whitney_exact": lambda q: float(stats.mannwhitneyu(q["b"], q["a"], method="exact").pvalue),
    "brunner_munzel": lambda q: float(stats.brunnermunzel(q["a"], q["b"]).pvalue),
    "hodges_lehmann": lambda q: float(
        np.median([(q["x"][i] + q["x"][j]) / 2 for i in range(len(q["x"])) for j in range(i, len(q["x"]))])),
    "shift": lambda q: float(np.median(np.subtract.outer(q["b"], q["a"]))),
    "quantile": lambda q: float(np.quantile(q["x"], q["p"])),
    "quantile_interval": quantile_interval,
    "harrell_davis": lambda q: float(stats.mstats.hdquantiles(q["x"], [q["p"]])[0]),
    "clustered_error": clustered,
    "holm": adjust("holm"),
    "hochberg": adjust("simes-hochberg"),
    "bonferroni": adjust("bonferroni"),
    "benjamini_hochberg": adjust("fdr_bh"),
    "benjamini_yekutieli": adjust("fdr_by"),
    "cohens_kappa": kappa,
    "fleiss_kappa": lambda q: float(inter_rater.fleiss_kappa(np.array(q["table"]))),
    "paired_t_cases": lambda q: float(power.TTestPower().solve_power(q["effect"], alpha=0.05, power=0.8)),
    "cohens_h": lambda q: float(proportion.proportion_effectsize(q["p1"], q["p2"])),
}

for line in sys.stdin:
    question = json.loads(line)
    try:
        answer = METHODS[question["method"]](question)
    except Exception as error:
        answer = str(error)
    print(json.dumps(answer), flush=False)
