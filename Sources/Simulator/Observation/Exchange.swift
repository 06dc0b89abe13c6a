import Formats

/// The truth about one request: what came in, what went out, and when.
///
/// `@unchecked Sendable`: until its end only the thread of its connection touches it; `finish` hands it to the
/// observatory, whose mutex orders what follows, and nobody changes it any more.
final class Exchange: @unchecked Sendable {
  let observatory: Observatory
  var number = 0
  var api: API?
  var path = ""
  var model = ""
  var keyHash = ""
  var content: UInt64 = 0
  /// How often the same content had come before.
  var repetition = 0
  var status = 0
  var fault: String?
  /// `429-requests` and the like, when a limit that is enforced refused it.
  var limit: String?
  var streams = false
  var isRight: Bool?
  var usage = Answer.Usage()
  var charge = Money.zero
  var receivedAt: Int64 = 0
  var queuedNanoseconds: Int64 = 0
  var firstByteAt: Int64 = 0
  /// When each event that carries output was with the kernel.
  var emitted: [Int64] = []
  var events = 0
  var endedAt: Int64 = 0
  var clientLeft = false
  /// Gives back what the request held while it ran.
  var release: (() -> Void)?

  init(_ observatory: Observatory) { self.observatory = observatory }

  func finish(at time: Int64, clientLeft: Bool) {
    endedAt = time
    self.clientLeft = clientLeft
    release?()
    release = nil
    observatory.finish(self)
  }

  /// One line of the log. Times are nanoseconds on the monotonic clock.
  var json: JSON {
    .object([
      "n": JSON(number), "path": JSON(path), "api": api.map { JSON($0.rawValue) }, "model": JSON(model),
      "key": JSON(keyHash), "content": JSON(hexadecimal(content)), "repetition": JSON(repetition),
      "status": JSON(status), "stream": JSON(streams), "fault": fault.map { JSON($0) },
      "limit": limit.map { JSON($0) }, "right": isRight.map { JSON($0) },
      "input_tokens": JSON(usage.input), "cached_tokens": JSON(usage.cached),
      "output_tokens": JSON(usage.output), "reasoning_tokens": JSON(usage.reasoning),
      "charge_picodollars": JSON(Int(charge.picodollars)), "received_ns": JSON(Int(receivedAt)),
      "queued_ns": JSON(Int(queuedNanoseconds)),
      "first_byte_ns": firstByteAt == 0 ? nil : JSON(Int(firstByteAt)),
      "ended_ns": JSON(Int(endedAt)), "events": JSON(events), "client_left": JSON(clientLeft),
      "emitted_ns": streams ? .array(emitted.map { JSON(Int($0)) }) : nil,
    ])
  }
}

func hexadecimal(_ value: UInt64) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}
