import Formats
import Vocabulary

/// Everything that is known of a run before its first call. Written once, when it begins.
public struct RunRecord: Sendable {
  /// Unique and short enough to type; made by `RunRecord.newName` where none is given.
  public var name: String
  public var description: String?
  public var suiteFile: String?
  /// The whole text of the suite file.
  public var suiteText: String?
  /// Equal for two executions of the same plan.
  public var planKey: String
  public var shard: Shard?
  public var seed: UInt64
  /// Flags and settings in force, without secrets.
  public var settings = JSONObject()
  /// assay, libcurl, SQLite, operating system, ...
  public var versions = JSONObject()
  public var tags: [String: String] = [:]
  public var command: String?
  /// What the CI system said of itself: build, branch, pull request, links.
  public var ci: JSONObject?
  public var gitCommit: String?
  public var gitBranch: String?
  public var host: String?
  public var budget: Money?
  public var targets: [TargetRecord] = []
  public var prompts: [PromptRecord] = []
  public var gates: [GateRecord] = []
  public var notes: [Problem] = []
  /// Values of secret variables and keys: masked in all that is said of the run itself, and in errors.
  public var secrets = Secrets()

  public init(name: String, planKey: String, seed: UInt64) {
    self.name = name
    self.planKey = planKey
    self.seed = seed
  }

  /// Such as `20261121-0305-k3f9`: sorts by time, tells apart what starts in the same minute.
  public static func newName(at instant: Instant, salt: UInt64) -> String {
    let iso = Array(instant.isoMilliseconds.utf8)
    func part(_ range: Range<Int>) -> String { String(decoding: iso[range], as: UTF8.self) }
    let letters = Array("abcdefghjkmnpqrstuvwxyz23456789".utf8)
    var generator = SplitMix64(seed: salt ^ UInt64(bitPattern: instant.microseconds))
    let tail = (0..<4).map { _ in letters[Int(generator.next() % UInt64(letters.count))] }
    let date = part(0..<4) + part(5..<7) + part(8..<10)
    return "\(date)-\(part(11..<13))\(part(14..<16))-" + String(decoding: tail, as: UTF8.self)
  }
}

/// Which part of a plan this run executes; `index` counts from 1.
public struct Shard: Sendable, Hashable {
  public var index: Int
  public var count: Int
  public init(index: Int, count: Int) {
    self.index = index
    self.count = count
  }
}

public struct TargetRecord: Sendable {
  public var label: String
  /// `openai:gpt-4o-mini`
  public var provider: String
  public var config: JSONObject
  public var settings: JSONObject
  public var location: SourceLocation?
  /// The price rows in force.
  public var prices: JSON?

  public init(
    label: String, provider: String, config: JSONObject = JSONObject(), settings: JSONObject = JSONObject(),
    location: SourceLocation? = nil, prices: JSON? = nil
  ) {
    self.label = label
    self.provider = provider
    self.config = config
    self.settings = settings
    self.location = location
    self.prices = prices
  }
}

public struct PromptRecord: Sendable {
  /// Stable by content.
  public var key: String
  public var label: String
  /// The template, or what says where it comes from.
  public var body: String
  public var location: SourceLocation?

  public init(key: String, label: String, body: String, location: SourceLocation? = nil) {
    self.key = key
    self.label = label
    self.body = body
    self.location = location
  }
}

public struct GateRecord: Sendable {
  public var expression: String
  public var target: String?
  public var location: SourceLocation?
  public init(expression: String, target: String? = nil, location: SourceLocation? = nil) {
    self.expression = expression
    self.target = target
    self.location = location
  }
}

public struct GateVerdict: Sendable {
  public var no: Int
  /// `pass`, `fail`, or `error` when it could not be decided; nil where it stays open and decides nothing.
  public var outcome: Outcome?
  public var observed: Double?
  public var explanation: String
  public init(no: Int, outcome: Outcome?, observed: Double?, explanation: String) {
    self.no = no
    self.outcome = outcome
    self.observed = observed
    self.explanation = explanation
  }
}

public enum RunState: String, Sendable {
  case running
  case done
  case interrupted
  /// stopped by the budget
  case budget
  case failed
}

/// A run that is being recorded: its ids in the ledger, in the order of the record.
public struct RunHandle: Sendable {
  public var id: Int64
  public var name: String
  public var targetIDs: [Int64]
  public var promptIDs: [Int64]
}
