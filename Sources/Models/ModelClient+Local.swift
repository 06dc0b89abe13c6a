import Formats
import Vocabulary
import Wire

extension ModelClient {
  /// Targets that need no wire: echo, commands, functions in scripts.
  func attemptLocally(_ call: PreparedCall, timeouts: HTTPTimeouts) async -> AttemptOutcome {
    let startedAt = Instant.now().microseconds
    let start = MonotonicClock.microseconds()
    let result: Result<Reply, Failure>
    switch call.endpoint.api {
    case .echo: result = .success(Self.echo(call))
    default: result = .failure(Failure(.config, "target \"\(call.endpoint.id)\" can't be asked"))
    }
    var attempt = Attempt(startedAt: startedAt, timings: Timings(done: MonotonicClock.microseconds() - start))
    if case .failure(let failure) = result { attempt.failure = failure }
    return AttemptOutcome(attempt: attempt, result: result)
  }

  func attemptGeneric(_ call: PreparedCall, timeouts: HTTPTimeouts) async -> AttemptOutcome {
    await attemptOverWire(call, timeouts: timeouts)
  }

  private static func echo(_ call: PreparedCall) -> Reply {
    var reply = Reply(text: call.prompt.text)
    reply.usage = Usage(input: 0, output: 0)
    reply.reportedCost = .zero
    reply.finishReason = .stop
    reply.message = ["role": "assistant", "content": .string(call.prompt.text)]
    return reply
  }
}
