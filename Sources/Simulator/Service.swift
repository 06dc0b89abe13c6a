import Formats
import Synchronization
import Wire

/// From a request to its answer: route, read, draw, limit, write, time, deliver.
final class Service: Sendable {
  let observatory: Observatory
  let settings: Mutex<Settings>
  private let queues = Mutex<[String: ServiceQueue]>([:])
  private let limiter = Limiter()
  private let token: String?

  init(_ options: SimulatorOptions) throws(Problem) {
    observatory = Observatory(log: try options.log.map { path throws(Problem) in try LogFile(path) })
    settings = Mutex(try Settings(options))
    token = options.token
  }

  // MARK: Before the body

  /// A fault that strikes before the body is read; nil to read on.
  func early(_ request: ServerRequest) -> ServerAnswer? {
    guard let text = request.header("x-sim-fault"), let fault = try? Fault(text),
      fault.kind == .resetBeforeBody
    else { return nil }
    let exchange = begin(request)
    exchange.fault = fault.kind.rawValue
    return .script(
      WholeReply([], headEnd: 0, at: 0, fault: fault, keepsConnection: false, scale: 1, exchange: exchange))
  }

  private func begin(_ request: ServerRequest) -> Exchange {
    let exchange = Exchange(observatory)
    exchange.path = request.path
    exchange.receivedAt = request.receivedAt
    exchange.keyHash = Credentials.hash(Credentials.key(of: request))
    observatory.begin(exchange)
    return exchange
  }

  // MARK: The whole request

  func answer(_ request: ServerRequest) -> ServerAnswer {
    if request.path.hasPrefix("/_sim") { return .response(Administration.answer(request, self)) }
    let exchange = begin(request)
    let delivery = Delivery(request: request, exchange: exchange)
    guard let route = Route.find(request.path, method: request.method) else {
      return delivery.refuse(
        Refusal("Invalid URL (\(request.method) \(request.path))", status: 404), family: .openAI)
    }
    exchange.api = route.api
    if let token, Credentials.key(of: request) != token {
      return delivery.refuse(
        Refusal("Incorrect API key provided.", status: 401, code: "invalid_api_key"), family: route.family)
    }
    do {
      let ask = try read(request, route)
      return try serve(ask, route, request, delivery)
    } catch {
      return delivery.refuse(error, family: route.family)
    }
  }

  private func read(_ request: ServerRequest, _ route: Route) throws(Refusal) -> Ask {
    if route.api == .models || route.api == .ollamaTags {
      var ask = Ask(api: route.api, family: route.family, model: route.model ?? "", body: .null)
      if request.header("anthropic-version") != nil { ask.family = .anthropic }
      if request.path.hasPrefix("/v1beta") { ask.family = .gemini }
      return ask
    }
    let body: JSON
    do {
      body = try JSON(parsing: request.body)
    } catch {
      throw Refusal("We could not parse the JSON body of your request. \(error.message)")
    }
    guard body.object != nil else { throw Refusal("The body of the request must be a JSON object.") }
    var ask = try Reader.read(body, route, request)
    ask.path = request.path
    ask.expected = Hints.expected(request, body)
    ask.hash = ContentHash.of(body, path: request.path)
    return ask
  }

  private func serve(_ ask: Ask, _ route: Route, _ request: ServerRequest, _ delivery: Delivery)
    throws(Refusal) -> ServerAnswer
  {
    let settings = self.settings.withLock { $0 }
    let exchange = delivery.exchange
    exchange.model = ask.model
    exchange.content = ask.hash
    exchange.streams = ask.streams
    exchange.repetition = observatory.repetition(of: ask.hash)
    let attempt = Hints.attempt(request) ?? exchange.repetition
    let chance = Draws(seed: settings.seed, content: ask.hash ^ 0xFA17, sample: attempt)
    let model = settings.model(ask.model)
    var profile = settings.profile ?? model.latency

    let scripted = try settings.script?.reply(
      to: ask, request: request, repetition: attempt, chance: chance)
    if let name = scripted?.profile, let other = LatencyProfile.named(name) { profile = other }
    var fault = try Hints.fault(request)
    fault = fault ?? scripted?.fault
    fault =
      fault
      ?? settings.fault(
        for: ask, model: model, chance)
    if fault?.kind == .keepAliveClosed, request.earlierOnConnection == 0 { fault = nil }
    exchange.fault = fault?.kind.rawValue

    let verdict = limiter.admit(ask, key: exchange.keyHash, settings, at: request.receivedAt)
    delivery.limitHeaders = verdict.headers(
      family: ask.family, nothingRemains: fault?.kind == .nothingRemaining)
    if let held = verdict.held { exchange.release = { [limiter] in limiter.release(held) } }
    if let refusal = verdict.refusal {
      exchange.limit = refusal.kind.rawValue
      return delivery.fail(refusal, ask, settings)
    }
    if let fault, fault.status != nil { return delivery.fail(fault, ask, settings) }

    let isLost = fault.map { !$0.kind.leavesReplyUsable } ?? false
    let sample =
      Hints.sample(request) ?? (settings.repeats ? observatory.sample(of: ask.hash, isLost: isLost) : 0)
    let draws = Draws(seed: settings.seed, content: ask.hash, sample: sample)
    guard ask.api.generates else {
      exchange.usage.input = ask.inputTokens
      exchange.charge = Money(picodollars: Int64(exchange.usage.input) * model.inputPrice / 10)
      return delivery.whole(
        Plain.reply(to: ask, family: ask.family), at: request.receivedAt, fault: fault, settings, ask: ask)
    }
    let author = Author(model: model, draws: draws, ask: ask)
    var wish = scripted?.wish ?? Author.Wish()
    wish.fault = fault?.kind
    var answers = [author.answer(wish, profile: profile)]
    for choice in 1..<max(1, ask.choices) where ask.api == .chat || ask.api == .completions {
      var other = author
      other.draws = Draws(
        seed: settings.seed, content: ask.hash, sample: sample &* 131 &+ choice &+ 1_000_003)
      answers.append(other.answer(wish, profile: profile))
    }
    book(answers, model, on: exchange)
    limiter.settle(verdict, answers)

    let tokens = answers.map(\.usage.output).max() ?? 0
    var turn = enqueue(ask, profile, settings, at: request.receivedAt)
    if turn.isRefused { return delivery.fail(Fault(.overloaded), ask, settings) }
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
    var timing = Timing(
      arrived: request.receivedAt, queuedUntil: turn.start, profile: profile, load: turn.load,
      speed: settings.speed, input: answers[0].usage.input, cached: answers[0].usage.cached, draws: draws,
      extraDelay: scripted?.delay ?? 0)
    exchange.queuedNanoseconds = timing.start - request.receivedAt
    if profile.slots > 0 {
      turn.end = timing.end(tokens: tokens)
      queues.withLock { $0[ask.model, default: ServiceQueue()].occupy(until: turn.end) }
    }
    if ask.streams, fault?.kind.replacesStream != true {
      if ask.hidesReasoning { timing.delayFirst(byTokens: answers[0].usage.reasoning) }
      let plan = Planner.plan(answers, ask, profile, fault: fault?.kind, draws)
      return delivery.stream(plan, timing, fault: fault, ask)
    }
    return delivery.whole(
      Planner.whole(answers, ask, profile), at: timing.end(tokens: tokens), fault: fault, settings, ask: ask)
  }

  private func enqueue(_ ask: Ask, _ profile: LatencyProfile, _ settings: Settings, at now: Int64)
    -> ServiceQueue.Turn
  {
    guard profile.slots > 0 else { return ServiceQueue.Turn(start: now, load: 1) }
    return queues.withLock { $0[ask.model, default: ServiceQueue()].turn(at: now, profile) }
  }

  private func book(_ answers: [Answer], _ model: SimulatedModel, on exchange: Exchange) {
    exchange.isRight = answers[0].isRight
    exchange.usage = answers[0].usage
    for answer in answers.dropFirst() {
      exchange.usage.output += answer.usage.output
      exchange.usage.reasoning += answer.usage.reasoning
    }
    let fresh = Int64(exchange.usage.input - exchange.usage.cached)
    exchange.charge = Money(
      picodollars: fresh * model.inputPrice + Int64(exchange.usage.cached) * model.inputPrice / 10
        + Int64(exchange.usage.output) * model.outputPrice)
  }
}

extension Fault.Kind {
  /// The caller gets a reply that it can use, so that it will not ask again.
  var leavesReplyUsable: Bool {
    switch self {
    case .oneByte, .duplicateDone, .usageMissing, .usageEarly, .usageEveryChunk, .emptyDeltas, .pings, .crlf,
      .multiLineData, .bigEvent, .contentFilter, .refusal, .length, .emptyReply, .nothingRemaining,
      .slowHeaders,
      .stall:
      true
    default: false
    }
  }

  /// It keeps a stream from beginning at all.
  var replacesStream: Bool {
    switch self {
    case .neverAnswer, .resetAfterBody, .resetBeforeBody, .keepAliveClosed, .emptyBody, .wrongContentType,
      .truncatedJSON, .malformedHead, .badGatewayPage, .shortBody:
      true
    default: false
    }
  }
}
