import Formats
import Ledger
import Reports
import Vocabulary

/// One trial in full, for programs: `assay show --trial ID --json`.
enum TrialJSON {
  static func json(_ row: TrialRow, _ ledger: Ledger) throws(LedgerError) -> JSON {
    let test = try ledger.caseRow(row.slot.caseNo, of: row.runID)
    var calls: [JSON] = []
    for call in try ledger.calls(ofTrial: row.id) { calls.append(try json(call, ledger)) }
    return [
      "trial": JSON(Int(row.id)), "outcome": .string(row.outcome.rawValue), "score": JSON(row.score),
      "reason": text(row.reason), "error_kind": text(row.errorKind?.rawValue),
      "error_message": text(row.errorMessage), "case": text(test?.description),
      "variables": .object(test?.variables ?? JSONObject()), "metadata": row.metadata ?? .null,
      "checks": RowReports.json(try ledger.checks(of: row.id)), "calls": .array(calls),
    ]
  }

  static func json(_ call: CallRow, _ ledger: Ledger) throws(LedgerError) -> JSON {
    let request = try ledger.request(of: call)
    let reply = try ledger.reply(of: call)
    func time(_ value: Microseconds?) -> JSON { value.map { JSON(Int($0)) } ?? .null }
    return [
      "call": JSON(Int(call.id)), "turn": call.turn.map { JSON($0) } ?? .null,
      "purpose": .string(call.purpose.rawValue), "source": .string(call.source.rawValue),
      "target": .string(call.target), "provider": .string(call.provider), "model": .string(call.model),
      "messages": request.map { .array(sentMessages(of: $0)) } ?? .null,
      "context": call.details?["context"] ?? .null, "reply": text(reply?.text),
      "tool_calls": .array(
        (reply?.toolCalls ?? []).map { ["name": .string($0.name), "arguments": .string($0.arguments)] }),
      "finish_reason": text(call.finishReason?.name), "error_kind": text(call.errorKind?.rawValue),
      "error_message": text(call.errorMessage), "input_tokens": call.usage.map { JSON($0.input) } ?? .null,
      "output_tokens": call.usage.map { JSON($0.output) } ?? .null,
      "cost_usd": call.cost.map { .number(JSONNumber(literal: $0.description)) } ?? .null,
      "cost_reason": text(call.costReason), "latency_us": time(call.latency),
      "ttft_us": time(call.firstOutput),
      "total_us": time(call.total), "attempts": JSON(call.attemptCount), "trace_id": text(call.traceID),
    ]
  }

  private static func text(_ text: String?) -> JSON { text.map { .string($0) } ?? .null }
}
