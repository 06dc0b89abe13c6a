import Formats

/// Variables for the prompts, and the checks that the reply must pass. Defaults are already merged in.
public struct Case: Sendable {
  /// Stable by content: the same case has the same key wherever it stands.
  public var key: String
  /// From 0, in the order of the suite.
  public var index: Int
  public var description: String?
  public var variables: JSONObject = JSONObject()
  public var checks: [CheckSpec] = []
  /// How many of `checks`, at their beginning, came from `defaultTest`.
  public var defaultCheckCount = 0
  public var threshold: Double?
  public var metadata: JSONObject = JSONObject()
  public var location: SourceLocation?
  /// What most cases do not have, kept apart: a million cases are copied often on their way.
  private var seldom: Seldom?

  public init(key: String, index: Int) {
    self.key = key
    self.index = index
  }
}

extension Case {
  private struct SeldomValues: Sendable {
    var scoring: String?
    var targets: [String] = []
    var prompts: [String] = []
    var ownTarget: Target?
    var givenOutput: JSON?
    var options = CaseOptions()
    var repeats: Int?
    var turns: [Turn] = []
    var tools: ToolSpec?
    var context: ContextPolicy?
    var fallback: String?
  }

  /// Never changed once it is made: a change makes another.
  private final class Seldom: Sendable {
    let values: SeldomValues
    init(_ values: SeldomValues) { self.values = values }
  }

  private mutating func change(_ edit: (inout SeldomValues) -> Void) {
    var values = seldom?.values ?? SeldomValues()
    edit(&values)
    seldom = Seldom(values)
  }

  public var scoring: String? {
    get { seldom?.values.scoring }
    set { if seldom != nil || newValue != nil { change { $0.scoring = newValue } } }
  }

  /// Filters: labels or ids; empty means all.
  public var targets: [String] {
    get { seldom?.values.targets ?? [] }
    set { if seldom != nil || !newValue.isEmpty { change { $0.targets = newValue } } }
  }

  public var prompts: [String] {
    get { seldom?.values.prompts ?? [] }
    set { if seldom != nil || !newValue.isEmpty { change { $0.prompts = newValue } } }
  }

  /// Asks this target, once a prompt, in place of those of the suite.
  public var ownTarget: Target? {
    get { seldom?.values.ownTarget }
    set { if seldom != nil || newValue != nil { change { $0.ownTarget = newValue } } }
  }

  /// Judged in place of asking a model.
  public var givenOutput: JSON? {
    get { seldom?.values.givenOutput }
    set { if seldom != nil || newValue != nil { change { $0.givenOutput = newValue } } }
  }

  public var options: CaseOptions {
    get { seldom?.values.options ?? CaseOptions() }
    set { change { $0.options = newValue } }
  }

  /// `storeOutputAs`: later cases see what came of it.
  public var storesOutput: Bool { seldom?.values.options.storeOutputAs != nil }
  /// Not at the same time as any other.
  public var runsAlone: Bool { seldom?.values.options.runsSerially == true }

  public var repeats: Int? {
    get { seldom?.values.repeats }
    set { if seldom != nil || newValue != nil { change { $0.repeats = newValue } } }
  }

  /// The conversation: user turns after the prompt, each with its own checks.
  public var turns: [Turn] {
    get { seldom?.values.turns ?? [] }
    set { if seldom != nil || !newValue.isEmpty { change { $0.turns = newValue } } }
  }

  public var tools: ToolSpec? {
    get { seldom?.values.tools }
    set { if seldom != nil || newValue != nil { change { $0.tools = newValue } } }
  }

  public var context: ContextPolicy? {
    get { seldom?.values.context }
    set { if seldom != nil || newValue != nil { change { $0.context = newValue } } }
  }

  public var fallback: String? {
    get { seldom?.values.fallback }
    set { if seldom != nil || newValue != nil { change { $0.fallback = newValue } } }
  }

  /// Nothing but variables, checks, threshold and metadata.
  var isPlain: Bool { seldom == nil }
}
