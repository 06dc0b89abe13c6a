import Formats
import Vocabulary
import Wire

extension ModelClient {
  /// Targets that need no wire: echo, commands, functions in scripts.
  func attemptLocally(_ call: PreparedCall, timeouts: HTTPTimeouts) async -> AttemptOutcome {
    let startedAt = Instant.now().microseconds
    let start = MonotonicClock.microseconds()
    let result: Result<Reply, Failure> =
      switch call.endpoint.api {
      case .echo: .success(LocalTargets.echo(call))
      case .exec: await LocalTargets.run(call, milliseconds: timeouts.total)
      default: await runScript(call)
      }
    var attempt = Attempt(startedAt: startedAt, timings: Timings(done: MonotonicClock.microseconds() - start))
    if case .failure(let failure) = result { attempt.failure = failure }
    return AttemptOutcome(attempt: attempt, result: result)
  }

  /// A generic HTTP target: one request, then perhaps a script that finds the reply in the answer.
  func attemptGeneric(_ call: PreparedCall, timeouts: HTTPTimeouts, trace: TraceID?) async -> AttemptOutcome {
    var request = HTTPRequest(
      method: call.wire.method, url: call.wire.url, headers: call.wire.headers,
      body: call.wire.body?.bytes ?? Array((call.wire.rawBody ?? "").utf8))
    request.timeouts = timeouts
    if let trace, call.takesTrace { request.headers.append(("traceparent", trace.parent)) }
    let exchange = await http.send(request)
    let result: Result<Reply, Failure>
    switch GenericReply.step(exchange, call.question) {
    case .done(let found): result = found
    case .script(let source, let json, let text, let context):
      result = await transform(source, [json, .string(text), context], call)
    }
    return ExchangeReading.outcome(exchange, result: result, redaction: call.redaction)
  }
}

/// What echo and commands do.
enum LocalTargets {
  static func echo(_ call: PreparedCall) -> Reply {
    var reply = Reply(text: call.prompt.text)
    reply.usage = Usage(input: 0, output: 0)
    reply.reportedCost = .zero
    reply.finishReason = .stop
    reply.message = ["role": "assistant", "content": .string(call.prompt.text)]
    return reply
  }

  /// The command's words, then the prompt, the options and the context as arguments; what it writes is the reply.
  static func run(_ call: PreparedCall, milliseconds: Int?) async -> Result<Reply, Failure> {
    let settings = call.question.settings
    do throws(Problem) {
      let words = try CommandWords.split(call.model)
      let arguments = words + [call.prompt.text, options(call.question).text, context(call).text]
      let run = try await CommandRun.run(
        arguments, environment: settings.environment, folder: settings.folder,
        milliseconds: try settings.whole("timeout") ?? milliseconds)
      return reply(run)
    } catch {
      return .failure(Failure(.config, error.message))
    }
  }

  private static func reply(_ run: CommandRun) -> Result<Reply, Failure> {
    do throws(Failure) {
      return .success(ProvidedReply.reply(output: .string(try run.text())))
    } catch { return .failure(error) }
  }

  /// As promptfoo hands them over, without anything that looks like a secret.
  static func options(_ question: Question, withFolder: Bool = true) -> JSON {
    var config = question.settings.config
    for name in config.keys where HeaderRules.isSecret(name) { config[name] = nil }
    // A checkout elsewhere asks the same.
    if withFolder { config["basePath"] = .string(question.settings.folder) }
    return [
      "id": .string(question.endpoint.id), "label": .string(question.endpoint.label),
      "config": .object(config),
    ]
  }

  static func context(_ call: PreparedCall) -> JSON {
    [
      "vars": .object(call.question.variables),
      "prompt": ["raw": .string(call.prompt.text), "label": .string(call.prompt.text)],
    ]
  }
}
