import Formats
import Synchronization
import Wire

/// From a request to its answer: route, read, draw, limit, write, time, deliver.
final class Service: Sendable {
  let observatory: Observatory
  let settings: Mutex<Snapshot>
  private let queues = Mutex<[String: ServiceQueue]>([:])
  private let limiter = Limiter()
  private let token: String?
  private let keyHashes = KeyHashes()

  init(_ options: SimulatorOptions) throws(Problem) {
    observatory = Observatory(log: try options.log.map { path throws(Problem) in try LogFile(path) })
    settings = Mutex(Snapshot(try Settings(options)))
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
    exchange.keyHash = keyHashes.hash(Credentials.key(of: request))
    observatory.begin(exchange)
    return exchange
  }

  // MARK: The whole request

  func answer(_ request: ServerRequest) -> ServerAnswer {
    if request.path.hasPrefix("/_sim") {
      guard token == nil || Credentials.key(of: request) == token else {
        return .response(.text("the token is missing or wrong\n", status: 401))
      }
      return .response(Administration.answer(request, self))
    }
    let exchange = begin(request)
    let delivery = Delivery(request: request, exchange: exchange)
    let present = settings.withLock { $0 }.settings
    guard let route = Route.find(request.path, method: request.method) else {
      return delivery.refuse(
        Refusal("Invalid URL (\(request.method) \(request.path))", status: 404), family: .openAI, present)
    }
    exchange.api = route.api
    if let token, Credentials.key(of: request) != token {
      return delivery.refuse(
        Refusal("Incorrect API key provided.", status: 401, code: "invalid_api_key"), family: route.family,
        present)
    }
    do {
      let ask = try read(request, route)
      return try serve(ask, request, delivery, present)
    } catch {
      return delivery.refuse(error, family: route.family, present)
    }
  }

  private func read(_ request: ServerRequest, _ route: Route) throws(Refusal) -> Ask {
    if route.api == .models || route.api == .ollamaTags {
      let ask = Ask(api: route.api, family: route.family, model: route.model ?? "", body: .null)
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
    let ask = try Reader.read(body, route, request)
    ask.path = request.path
    ask.expected = Hints.expected(request, body)
    ask.inputTokens = ask.countedInput()
    ask.hash = ContentHash.of(body, path: request.path)
    return ask
  }

  private func serve(_ ask: Ask, _ request: ServerRequest, _ delivery: Delivery, _ settings: Settings)
    throws(Refusal) -> ServerAnswer
  {
    let exchange = delivery.exchange
    exchange.model = ask.model
    exchange.content = ask.hash
    exchange.streams = ask.streams
    exchange.repetition = observatory.repetition(of: ask.hash)
    let occasion = Occasion(
      request, ask, settings, requests: exchange.repetition, replies: observatory.replies(to: ask.hash))
    let chance = occasion.chance
    let model = settings.model(ask.model)
    let scripted = try settings.script?.reply(
      to: ask, request: request, repetition: occasion.place, chance: chance)
    var fault = try Hints.fault(request) ?? scripted?.fault ?? settings.fault(for: ask, model: model, chance)
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
    if fault?.kind.leavesReplyUsable ?? true { observatory.replied(to: ask.hash) }
    let work = Work(
      ask: ask, model: model, settings: settings, scripted: scripted, fault: fault, occasion: occasion)
    guard ask.api.generates else {
      exchange.usage.input = ask.inputTokens
      exchange.charge = Money(picodollars: Int64(exchange.usage.input) * model.inputPrice / 10)
      return delivery.whole(
        Plain.reply(to: ask, family: ask.family).bytes, at: request.receivedAt, fault: fault, settings,
        ask: ask)
    }
    let answers = work.answers()
    book(answers, model, on: exchange)
    limiter.settle(verdict, answers)
    return deliver(answers, work, delivery)
  }

  /// Queues, times and sends what was written.
  private func deliver(_ answers: [Answer], _ work: Work, _ delivery: Delivery) -> ServerAnswer {
    let ask = work.ask
    let profile = work.profile
    let arrived = delivery.request.receivedAt
    let turn = enqueue(ask, profile, at: arrived)
    if turn.isRefused { return delivery.fail(Fault(.overloaded), ask, work.settings) }
    var timing = Timing(
      arrived: arrived, queuedUntil: turn.start, profile: profile, load: turn.load,
      speed: work.settings.speed,
      input: answers[0].usage.input, cached: answers[0].usage.cached, draws: work.draws,
      extraDelay: work.scripted?.delay ?? 0)
    delivery.exchange.queuedNanoseconds = timing.start - arrived
    let streams = ask.streams && work.fault?.kind.replacesStream != true
    if profile.slots > 0 || !streams {
      let end = timing.end(tokens: answers.map(\.usage.output).max() ?? 0)
      if profile.slots > 0 { queues.withLock { $0[ask.model, default: ServiceQueue()].occupy(until: end) } }
      if !streams {
        return delivery.whole(
          Planner.whole(answers, ask, profile), at: end, fault: work.fault, work.settings, ask: ask)
      }
    }
    if ask.hidesReasoning { timing.delayFirst(byTokens: answers[0].usage.reasoning) }
    let plan = Planner.plan(answers, ask, profile, fault: work.fault?.kind, work.draws)
    return delivery.stream(plan, timing, fault: work.fault, ask)
  }

  private func enqueue(_ ask: Ask, _ profile: LatencyProfile, at now: Int64) -> ServiceQueue.Turn {
    guard profile.slots > 0 else { return ServiceQueue.Turn(start: now, load: 1) }
    return queues.withLock { queues in
      // Names come from outside: no more than a thousand queues are kept.
      if queues.count > 1000 { queues = [:] }
      return queues[ask.model, default: ServiceQueue()].turn(at: now, profile)
    }
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
