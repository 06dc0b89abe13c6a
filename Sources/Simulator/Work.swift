import Formats

/// One request with all that was decided about it before a word is written.
struct Work {
  let ask: Ask
  let model: SimulatedModel
  let settings: Settings
  let scripted: SimulatorScript.Reply?
  let fault: Fault?
  let sample: Int
  let draws: Draws
  let profile: LatencyProfile

  init(
    ask: Ask, model: SimulatedModel, settings: Settings, scripted: SimulatorScript.Reply?, fault: Fault?,
    sample: Int
  ) {
    self.ask = ask
    self.model = model
    self.settings = settings
    self.scripted = scripted
    self.fault = fault
    self.sample = sample
    draws = Draws(seed: settings.seed, content: ask.hash, sample: sample)
    profile = Self.profile(model, settings, scripted)
  }

  /// The profile of the script, of the command line or of the model; a pace that is scripted has no chance in it.
  private static func profile(
    _ model: SimulatedModel, _ settings: Settings, _ scripted: SimulatorScript.Reply?
  )
    -> LatencyProfile
  {
    var profile = scripted?.profile.flatMap { LatencyProfile.named($0) } ?? settings.profile ?? model.latency
    if let pace = scripted?.perToken {
      profile.perToken = pace
      profile.gapSpread = 0
      profile.stallRate = 0
      profile.coalescing = 0
    }
    if let first = scripted?.firstToken {
      profile.base = first
      profile.perInputToken = 0
      profile.firstSpread = 0
      profile.tailRate = 0
    }
    return profile
  }

  /// What the model says: one answer, or one for each choice that is asked for.
  func answers() -> [Answer] {
    let author = Author(model: model, draws: draws, ask: ask)
    var wish = scripted?.wish ?? Author.Wish()
    wish.fault = fault?.kind
    var answers = [author.answer(wish, profile: profile)]
    guard ask.api == .chat || ask.api == .completions else { return answers }
    for choice in 1..<max(1, ask.choices) {
      var other = author
      other.draws = Draws(
        seed: settings.seed, content: ask.hash, sample: sample &* 131 &+ choice &+ 1_000_003)
      answers.append(other.answer(wish, profile: profile))
    }
    return answers
  }
}
