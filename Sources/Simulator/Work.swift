import Formats
import Wire

/// Which of several equal requests this is. What its caller says of it counts; where nothing is said, what came
/// before does, and then the order of arrival decides which of them gets which reply.
struct Occasion {
  /// Sets repetitions apart. A reply that was lost on its way is due again.
  let sample: Int
  /// The content, or the content in its lane.
  let content: UInt64
  /// Draws what befalls the attempt, apart from what is replied: a retry gets the reply that was due.
  let chance: Draws
  /// In a script's sequence of replies.
  let place: Int

  init(_ request: ServerRequest, _ ask: Ask, _ settings: Settings, requests: Int, replies: Int) {
    let said = Hints.sample(request)
    let attempt = Hints.attempt(request)
    sample = said ?? (settings.repeats ? replies : 0)
    content = ask.hash ^ Hints.lane(request)
    chance = Draws(
      seed: settings.seed, content: content ^ 0xFA17,
      sample: attempt.map { $0 &+ (said ?? replies) &* 8191 } ?? requests)
    place = said.map { max(0, $0 &+ (attempt ?? 0)) } ?? requests
  }
}

/// One request with all that was decided about it before a word is written.
struct Work {
  let ask: Ask
  let model: SimulatedModel
  let settings: Settings
  let scripted: SimulatorScript.Reply?
  let fault: Fault?
  let occasion: Occasion
  let draws: Draws
  let profile: LatencyProfile

  init(
    ask: Ask, model: SimulatedModel, settings: Settings, scripted: SimulatorScript.Reply?, fault: Fault?,
    occasion: Occasion
  ) {
    self.ask = ask
    self.model = model
    self.settings = settings
    self.scripted = scripted
    self.fault = fault
    self.occasion = occasion
    draws = Draws(seed: settings.seed, content: occasion.content, sample: occasion.sample)
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
        seed: settings.seed, content: occasion.content,
        sample: occasion.sample &* 131 &+ choice &+ 1_000_003)
      answers.append(other.answer(wish, profile: profile))
    }
    return answers
  }
}
