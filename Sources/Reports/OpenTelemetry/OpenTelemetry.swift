import Formats
import Ledger
import Vocabulary

/// Calls as spans in OTLP's JSON, by the conventions for generative AI of OpenTelemetry 1.41. What the conventions have no
/// name for begins with `assay.`; cost is `gen_ai.usage.cost`, in US dollars.
///
///     let export = OpenTelemetry(ledger, version: "1.0", serviceName: "shop")
///     let spans = try calls.compactMap { try export.span(of: $0) }
///     try file.write(export.document(spans).bytes)
///
/// Ids follow from the call: exported twice, it is the same span. Prompts and replies are left out unless asked for.
public struct OpenTelemetry {
  private let ledger: Ledger
  private let version: String
  private let serviceName: String
  private let hasContent: Bool
  private let runs: [Int64: (name: String, suite: String?, tags: JSON)]

  public init(
    _ ledger: Ledger, version: String, serviceName: String = "assay", hasContent: Bool = false
  ) throws(LedgerError) {
    self.ledger = ledger
    self.version = version
    self.serviceName = serviceName
    self.hasContent = hasContent
    runs = try ledger.runTags()
  }

  /// `TracesData`: what an endpoint takes, and a file has one of a line.
  public func document(_ spans: [JSON]) -> JSON {
    var resource = SpanAttributes()
    resource.add("service.name", serviceName)
    resource.add("telemetry.sdk.name", "assay")
    resource.add("telemetry.sdk.version", version)
    let scope: JSON = ["name": "assay", "version": .string(version)]
    let part: JSON = [
      "scope": scope, "spans": .array(spans), "schemaUrl": "https://opentelemetry.io/schemas/1.41.0",
    ]
    return [
      "resourceSpans": [["resource": ["attributes": .array(resource.list)], "scopeSpans": [part]]]
    ]
  }

  /// Nil where nobody was asked: the reply had been recorded before.
  public func span(of call: CallRow) throws(LedgerError) -> JSON? {
    switch call.source {
    case .cache, .replay: return nil
    case .network, .batch, .local: break
    }
    let request = try ledger.request(of: call)
    let attempts = try ledger.attempts(of: call)
    let start = attempts.first?.startedAt ?? call.scheduledAt
    let end = attempts.last.map { $0.startedAt + $0.timings.done } ?? call.scheduledAt + call.total
    let operation = SpanNames.operation(api: request?["api"]?.string)

    var attributes = SpanAttributes()
    attributes.add("gen_ai.operation.name", operation)
    attributes.add("gen_ai.provider.name", SpanNames.provider(call.provider))
    add(request, to: &attributes)
    attributes.add("gen_ai.request.model", call.model)
    try add(replyOf: call, to: &attributes)
    if hasContent { try addContent(of: call, request, to: &attributes) }
    addOrigin(of: call, to: &attributes)

    let ids = Self.ids(of: call)
    var span: JSONObject = [
      "traceId": .string(ids.trace), "spanId": .string(ids.span),
      "name": .string(call.model.isEmpty ? operation : "\(operation) \(call.model)"),
      "kind": call.source == .local ? 1 : 3, "startTimeUnixNano": Self.nanoseconds(start),
      "endTimeUnixNano": Self.nanoseconds(max(start, end)), "attributes": .array(attributes.list),
    ]
    let events = Self.failures(attempts) + (try evaluations(of: call, at: end))
    if !events.isEmpty { span["events"] = .array(events) }
    if call.errorKind != nil {
      span["status"] = ["code": 2, "message": .string(call.errorMessage ?? "")]
    }
    return .object(span)
  }

  // MARK: Attributes

  private func add(_ request: JSON?, to attributes: inout SpanAttributes) {
    let body = request?["body"]
    let settings = body?["generationConfig"] ?? body?["options"] ?? body
    func setting(_ names: String...) -> JSON? { names.lazy.compactMap { settings?[$0]?.unlessNull }.first }
    attributes.add("gen_ai.request.temperature", setting("temperature")?.double)
    attributes.add("gen_ai.request.top_p", setting("top_p", "topP")?.double)
    attributes.add("gen_ai.request.top_k", setting("top_k", "topK")?.double)
    attributes.add(
      "gen_ai.request.max_tokens",
      setting("max_completion_tokens", "max_tokens", "max_output_tokens", "maxOutputTokens", "num_predict")?
        .int)
    attributes.add(
      "gen_ai.request.frequency_penalty", setting("frequency_penalty", "frequencyPenalty")?.double)
    attributes.add("gen_ai.request.presence_penalty", setting("presence_penalty", "presencePenalty")?.double)
    attributes.add("gen_ai.request.seed", setting("seed")?.int)
    let stop = setting("stop", "stop_sequences", "stopSequences")
    attributes.add(
      "gen_ai.request.stop_sequences",
      stop?.array.map { $0.compactMap(\.string) } ?? stop?.string.map { [$0] })
    if let count = setting("n", "candidateCount")?.int, count != 1 {
      attributes.add("gen_ai.request.choice.count", count)
    }
  }

  private func add(replyOf call: CallRow, to attributes: inout SpanAttributes) throws(LedgerError) {
    let streamed = call.succeeded?.timings.firstEvent
    if streamed != nil { attributes.add("gen_ai.request.stream", true) }
    attributes.add("gen_ai.response.time_to_first_chunk", streamed.map { Double($0) / 1e6 })
    attributes.add("gen_ai.response.id", call.responseID)
    attributes.add("gen_ai.response.model", call.servedModel)
    attributes.add(
      "gen_ai.response.finish_reasons", call.finishReason.map { [SpanNames.finishReason($0.name)] })
    if let usage = call.usage {
      attributes.add("gen_ai.usage.input_tokens", usage.input)
      attributes.add("gen_ai.usage.output_tokens", usage.output)
      func add(_ name: String, _ count: Int) {
        if count > 0 { attributes.add("gen_ai.usage.\(name)_tokens", count) }
      }
      add("cache_read.input", usage.cachedInput)
      add("cache_creation.input", usage.cacheWrite)
      add("reasoning.output", usage.reasoning)
    }
    attributes.add("gen_ai.usage.cost", call.cost?.dollars)
    attributes.add("error.type", call.errorKind?.rawValue)
  }

  private func addContent(
    of call: CallRow, _ request: JSON?, to attributes: inout SpanAttributes
  ) throws(LedgerError) {
    let body = request?["body"] ?? request
    let messages = request.map(sentMessages(of:)) ?? []
    if !messages.isEmpty {
      attributes.add("gen_ai.input.messages", JSON.array(messages.map(SpanMessages.message)).text)
    }
    if let system = body?["system"] ?? body?["instructions"] ?? body?["systemInstruction"] {
      attributes.add("gen_ai.system_instructions", JSON.array(SpanMessages.parts(system)).text)
    }
    if let reply = try ledger.reply(of: call) {
      attributes.add("gen_ai.output.messages", JSON.array([SpanMessages.message(reply)]).text)
    }
  }

  private func addOrigin(of call: CallRow, to attributes: inout SpanAttributes) {
    attributes.add("assay.call", Int(call.id))
    attributes.add("assay.purpose", call.purpose.rawValue)
    attributes.add("assay.source", call.source.rawValue)
    attributes.add("assay.target", call.target)
    if let run = call.runID.flatMap({ runs[$0] }) {
      attributes.add("assay.run", run.name)
      attributes.add("assay.suite", run.suite)
    }
    attributes.add("assay.trial", call.trialID.map { Int($0) })
    attributes.add("assay.turn", call.turn)
    attributes.add("assay.attempts", call.attemptCount)
    let waits = call.waits
    attributes.add(
      "assay.waited", Double(waits.concurrency + waits.rate + waits.backoff + waits.budget) / 1e6)
    attributes.add("assay.cost_reason", call.costReason)
    if call.isSimulated { attributes.add("assay.simulated", true) }
  }

  // MARK: Events

  /// An operation that succeeded after all is no error: what failed on the way are events.
  private static func failures(_ attempts: [Attempt]) -> [JSON] {
    attempts.enumerated().compactMap { no, attempt in
      guard let failure = attempt.failure else { return nil }
      var attributes = SpanAttributes()
      attributes.add("assay.attempt", no)
      attributes.add("error.type", failure.kind.rawValue)
      attributes.add("http.response.status_code", attempt.status)
      attributes.add("exception.message", failure.message)
      return event("assay.attempt.failed", at: attempt.startedAt + attempt.timings.done, attributes)
    }
  }

  /// What the checks found stands with the last call of the trial that they judged.
  private func evaluations(of call: CallRow, at time: Int64) throws(LedgerError) -> [JSON] {
    guard call.purpose == .trial, let trial = call.trialID,
      try ledger.calls(ofTrial: trial).last(where: { $0.purpose == .trial })?.id == call.id
    else { return [] }
    return try ledger.checks(of: trial).map { check in
      var attributes = SpanAttributes()
      attributes.add("gen_ai.evaluation.name", check.metric ?? check.type)
      if check.outcome == .error {
        attributes.add("error.type", "_OTHER")
      } else {
        attributes.add("gen_ai.evaluation.score.value", check.score)
        attributes.add("gen_ai.evaluation.score.label", check.outcome.rawValue)
      }
      if hasContent { attributes.add("gen_ai.evaluation.explanation", check.reason) }
      attributes.add("gen_ai.response.id", call.responseID)
      return Self.event("gen_ai.evaluation.result", at: time, attributes)
    }
  }

  private static func event(_ name: String, at time: Int64, _ attributes: SpanAttributes) -> JSON {
    ["name": .string(name), "timeUnixNano": nanoseconds(time), "attributes": .array(attributes.list)]
  }

  // MARK: Ids and times

  private static func nanoseconds(_ microseconds: Int64) -> JSON { .string("\(microseconds)000") }

  /// The trace that the service was told of, where there was one.
  private static func ids(of call: CallRow) -> (trace: String, span: String) {
    let own = "\(call.id) \(call.scheduledAt) \(call.target) \(call.total)"
    let hash = SHA256.hex(own)
    return (call.traceID ?? String(hash.prefix(32)), String(hash.suffix(16)))
  }
}
