import Formats
import Vocabulary

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Where replies go that the ledger cannot take: JSON Lines beside it, or in the temporary folder.
/// They were paid for; a person can still read them. Gives the file that was written.
enum Rescue {
  static func append(
    _ jobs: [WriterJob], beside path: String, because error: LedgerError, secrets: Secrets
  ) -> String? {
    let reason = error.problem.message
    var lines: [UInt8] = []
    for job in jobs {
      switch job {
      case .trial(let trial, _): for call in trial.calls { line(call, reason, secrets, to: &lines) }
      case .call(let call, _, _, _, _), .looseCall(let call, _, _): line(call, reason, secrets, to: &lines)
      case .sent, .sentDurably, .ended, .limiter, .endIsNear, .perform: break
      }
    }
    if lines.isEmpty { return nil }
    let temporary = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    for file in [path + ".rescue.jsonl", "\(temporary)/\(Path.name(of: path)).rescue.jsonl"]
    where append(lines, to: file) { return file }
    return nil
  }

  private static func line(
    _ record: CallRecord, _ reason: String, _ secrets: Secrets, to lines: inout [UInt8]
  ) {
    let call = record.call
    guard let reply = call.reply else { return }
    var object = JSONObject([
      ("target", .string(call.target)), ("model", .string(call.model)),
      ("purpose", .string(call.purpose.rawValue)), ("because", .string(reason)),
      ("rescued_at", .string(Instant.now().isoMilliseconds)),
      ("scheduled_at", JSON(Int(call.scheduledAt))), ("request", call.request),
      ("reply", ReplyCoding.content(of: reply)),
    ])
    if let cost = call.cost { object["cost_picodollars"] = JSON(Int(cost.picodollars)) }
    if let usage = reply.rawUsage { object["usage"] = usage }
    secrets.masked(.object(object)).write(to: &lines)
    lines.append(UInt8(ascii: "\n"))
  }

  private static func append(_ bytes: [UInt8], to path: String) -> Bool {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    if descriptor < 0 { return false }
    defer { close(descriptor) }
    let end = lseek(descriptor, 0, SEEK_END)
    var start = 0
    while start < bytes.count {
      let written = bytes[start...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if written <= 0 {
        // Nothing goes here, then: what was written would be there twice, and its last line is torn.
        if end >= 0 { _ = ftruncate(descriptor, end) }
        return false
      }
      start += written
    }
    return fsync(descriptor) == 0
  }
}
