import Formats
import Synchronization
import Vocabulary

/// What models cost: the built-in list, with the user's own rows before it.
///
///     let cost = PriceBook.builtIn.cost(of: reply, provider: "openai", model: "gpt-4o-mini", at: .now())
///     cost.amount     // nil where the price is unknown
///     cost.reason     // "gpt-4o-mini, built-in list of 2026-11-20"
///
/// An unknown price is nil with a reason, never zero.
public struct PriceBook: Sendable {
  /// Strongest first.
  private var own: [PriceRow] = []
  private let usesBuiltIn: Bool
  private var lookups = Lookups()

  /// What was found for the models asked for so far: a run asks for the same few with every call.
  private final class Lookups: Sendable {
    struct Key: Hashable {
      var provider: String
      var model: String
    }
    struct Found {
      var rows: (name: String, rows: [PriceRow])?
      var facts: ModelFacts?
    }
    private let known = Mutex<[Key: Found]>([:])

    func found(_ key: Key, or find: () -> Found) -> Found {
      if let found = known.withLock({ $0[key] }) { return found }
      let found = find()
      known.withLock { known in
        // A proxy may see names without end.
        if known.count >= 1_024 { known = [:] }
        known[key] = found
      }
      return found
    }
  }

  public static let builtIn = PriceBook(usesBuiltIn: true)
  public static let empty = PriceBook(usesBuiltIn: false)

  private init(usesBuiltIn: Bool) { self.usesBuiltIn = usesBuiltIn }

  /// The same book with rows that win over all before.
  public func adding(_ rows: [PriceRow]) -> PriceBook {
    var book = self
    book.own = rows + own
    book.lookups = Lookups()
    return book
  }

  private var table: PriceTable? { usesBuiltIn ? PriceTable.builtIn : nil }

  // MARK: Looking up

  /// Rows of a model at a provider, with the name that they were found under. Own rows hide the list's.
  func rows(provider: String, model: String) -> (name: String, rows: [PriceRow])? {
    found(provider: provider, model: model).rows
  }

  public func facts(provider: String, model: String) -> ModelFacts? {
    found(provider: provider, model: model).facts
  }

  private func found(provider: String, model: String) -> Lookups.Found {
    lookups.found(Lookups.Key(provider: provider, model: model)) {
      Lookups.Found(
        rows: findRows(provider: provider, model: model), facts: findFacts(provider: provider, model: model))
    }
  }

  private func findRows(provider: String, model: String) -> (name: String, rows: [PriceRow])? {
    for name in ModelNames.forms(of: model) {
      let mine = own.filter { $0.model == name && ($0.provider.isEmpty || $0.provider == provider) }
      if !mine.isEmpty { return (name, mine) }
      let listed = table?.rows(of: name).filter { $0.provider == provider } ?? []
      if !listed.isEmpty { return (name, listed) }
      if provider == "sim", let listed = rehearsed(name) { return (name, listed) }
    }
    return nil
  }

  /// A rehearsal is priced as the model it stands for: by the first of those who offer it.
  private func rehearsed(_ name: String) -> [PriceRow]? {
    guard let all = table?.rows(of: name), let first = all.first else { return nil }
    return all.filter { $0.provider == first.provider }
  }

  private func findFacts(provider: String, model: String) -> ModelFacts? {
    for name in ModelNames.forms(of: model) {
      if let facts = table?.facts(of: name).first(where: { $0.provider == provider || provider == "sim" }) {
        return facts
      }
    }
    return nil
  }

  /// The longest reply that a model can give, where the list knows.
  public func maxOutput(provider: String, model: String) -> Int? {
    facts(provider: Service.named(provider)?.prices ?? provider, model: model)?.maxOutput
  }

  /// Every name that has a price.
  var names: Set<String> { Set(own.map(\.model)).union(table?.models.map(String.init) ?? []) }

  // MARK: Explaining

  /// What would be used for a model, and why: for `assay prices`.
  public struct Explanation: Sendable {
    public var provider: String
    public var model: String
    /// The name in the list, where it is another than the one asked for.
    public var listedAs: String?
    /// In force at that moment, plainest first; then those of other times.
    public var rows: [PriceRow]
    public var otherTimes: [PriceRow]
    public var facts: ModelFacts?
  }

  /// `id`: a target's id (`openai:gpt-4o`) or a model's name, which may be offered by several. Nil: all models.
  public func explain(_ id: String?, at instant: Instant = .now()) -> [Explanation] {
    let day = instant.date
    return candidates(id).compactMap { provider, model in
      guard let found = rows(provider: provider, model: model) else { return nil }
      return Explanation(
        provider: provider, model: model, listedAs: found.name == model ? nil : found.name,
        rows: found.rows.filter { $0.holds(on: day) }, otherTimes: found.rows.filter { !$0.holds(on: day) },
        facts: facts(provider: provider, model: model))
    }
  }

  private func candidates(_ id: String?) -> [(String, String)] {
    guard let id else {
      let listed = (table?.allRows ?? []).map { ($0.provider, $0.model) }
      let all = own.map { ($0.provider, $0.model) } + listed
      var seen: Set<String> = []
      return all.filter { seen.insert("\($0.0) \($0.1)").inserted }.sorted { $0 < $1 }
    }
    if id.contains(":"), let target = try? TargetID(id) {
      return [(Service.named(target.service)?.prices ?? target.service, target.rest)]
    }
    var providers: [String] = []
    for name in ModelNames.forms(of: id) {
      let here =
        own.filter { $0.model == name }.map(\.provider) + (table?.rows(of: name) ?? []).map(\.provider)
      for provider in here where !providers.contains(provider) { providers.append(provider) }
    }
    return providers.sorted().map { ($0, id) }
  }
}

/// The names under which a model may be listed.
enum ModelNames {
  /// As it is, then without what vendors add: folders, dates, `latest`.
  static func forms(of model: String) -> [String] {
    var forms = [model]
    func add(_ form: some StringProtocol) {
      if !form.isEmpty, !forms.contains(String(form)) { forms.append(String(form)) }
    }
    if model.hasPrefix("models/") { add(model.dropFirst(7)) }
    // A fine-tuned model has prices of its own.
    if model.hasPrefix("ft:") { return forms }
    let base = forms.last ?? model
    let bare = base.prefix { $0 != "@" }
    add(bare)
    for ending in ["-latest", ":latest", "-preview"] where bare.hasSuffix(ending) {
      add(bare.dropLast(ending.count))
    }
    if let undated = withoutDate(String(bare)) { add(undated) }
    add("\(bare)-latest")
    return forms
  }

  /// `gpt-4o` of `gpt-4o-2024-08-06`, `claude-sonnet-4-5` of `claude-sonnet-4-5-20250929`, `x` of `x-0813`.
  private static func withoutDate(_ model: String) -> String? {
    var parts = model.split(separator: "-", omittingEmptySubsequences: false)
    func isNumber(_ part: Substring, _ digits: Int) -> Bool {
      part.count == digits && part.allSatisfy(\.isNumber)
    }
    if parts.count > 3, isNumber(parts[parts.count - 3], 4), isNumber(parts[parts.count - 2], 2),
      isNumber(parts[parts.count - 1], 2)
    {
      parts.removeLast(3)
    } else if parts.count > 1, let last = parts.last, isNumber(last, 8) || isNumber(last, 4) {
      parts.removeLast()
    } else {
      return nil
    }
    return parts.joined(separator: "-")
  }
}
