import Formats
import Ledger
import Templates
import Vocabulary

/// What the command line says about a run, beside the suite.
public struct RunOptions: Sendable {
  public enum Cache: Sendable, Hashable {
    /// Every call is sent.
    case off
    /// Replies that the ledger holds are used again; what is missing is asked.
    case read
    /// The ledger only: no network, no key; what is missing is an error.
    case replay
  }

  /// Most calls at once for each key; nil lets the limiter find out.
  public var concurrency: Int?
  public var arrivals = Arrivals.asFastAsLimits
  public var cache = Cache.off
  /// Judges use recorded replies again, whatever the trials do; false with `--refresh`.
  public var cachesJudges = true
  /// On a resumed run: asks again what ended in an error.
  public var retriesErrors = false
  /// Stops sending at the first trial that did not pass.
  public var stopsAtFailure = false
  public var maxSeconds: Double?
  /// Of the built-in simulator, for targets that begin with `sim:`.
  public var simulatorURL: String?
  public var seed: UInt64 = 0
  /// Cases come in an order drawn from the seed, not in the suite's.
  public var shufflesCases = false
  /// In place of the suite's own.
  public var budget: Money?
  public var limiterTimes = LimiterSettings.Times()
  public var templates = TemplateEnvironment.standard
  /// In place of asking one by one.
  public var batch: BatchExchange?
  /// Counts the trials beforehand, for a progress display that knows how much is left.
  public var countsTrials = false

  // What the ledger should know of the occasion.
  public var name: String?
  public var command: String?
  public var versions = JSONObject()
  public var settings = JSONObject()
  public var ci: JSONObject?
  public var gitCommit: String?
  public var gitBranch: String?
  public var host: String?
  public var secrets: [String] = []

  public init() {}
}
