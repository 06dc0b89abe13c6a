import Formats
import Vocabulary

/// A reply that came from elsewhere, with what is known of how it came about. Absent is absent: a check of what the
/// file does not tell is an error.
public struct GivenReply: Sendable {
  public var result: Result<Reply, Failure>
  public var latency: Microseconds?
  public var timeToFirstToken: Microseconds?
  public var cost: Money?
  /// As it was sent.
  public var prompt: String?
  /// Which repetition of the same question it is, from 0.
  public var repetition = 0

  /// From a row: our own rows (`assay report -o x.jsonl`, `assay show --calls --json`), promptfoo's, or
  /// `{"output": ...}`.
  init(_ row: JSONObject) throws(Problem) {
    let response = row["response"]
    let output: JSON? = row["output"] ?? response?["output"] ?? row["reply"] ?? row["tool_calls"]
    let failure = row["error"] ?? row["error_message"] ?? response?["error"]
    if let failure, !failure.isNull, failure != .string("") {
      let kind = (row["error_kind"] ?? failure["kind"])?.string.flatMap(ErrorKind.init(rawValue:))
      result = .failure(
        Failure(kind ?? .server, failure["message"]?.string ?? failure.string ?? failure.text))
    } else if let output, !output.isNull {
      result = .success(Self.reply(output, row, response))
    } else {
      let near = nearest(to: "output", in: row.keys.map { $0 })
      throw Problem(
        "the row has neither \"output\" nor \"error\"" + (near.map { "; is \"\($0)\" the output?" } ?? ""))
    }
    func time(_ name: String, _ short: String) -> Microseconds? {
      let exact = (row["\(name)_us"] ?? row["\(short)_us"])?.double
      let rough = (row["\(name)_ms"] ?? row["\(short)_ms"] ?? row["\(name)Ms"])?.double
      return (exact ?? rough.map { $0 * 1_000 }).flatMap { $0 >= 0 && $0 < 1e15 ? Microseconds($0) : nil }
    }
    latency = time("latency", "latency")
    timeToFirstToken = time("time_to_first_token", "ttft")
    let dollars = row["cost_usd"] ?? row["cost"] ?? response?["cost"]
    switch dollars {
    case .number(let number): cost = Money(dollars: number.text)
    case .string(let text): cost = Money(dollars: text)
    default: cost = nil
    }
    prompt = row["rendered_prompt"]?.string ?? row["prompt"]?["raw"]?.string
  }

  private init(_ failure: Failure) { result = .failure(failure) }

  /// In place of one that is not there.
  public static func missing(in path: String) -> GivenReply {
    GivenReply(Failure(.config, "\(path) has no reply to this case"))
  }

  private static func reply(_ output: JSON, _ row: JSONObject, _ response: JSON?) -> Reply {
    var reply = Reply(text: output.string ?? output.text, output: output)
    reply.toolCalls = (row["tool_calls"]?.array ?? []).compactMap { call in
      let function = call["function"] ?? call
      guard let name = function["name"]?.string else { return nil }
      let arguments = function["arguments"] ?? .string("{}")
      return ToolCall(id: call["id"]?.string, name: name, arguments: arguments.string ?? arguments.text)
    }
    reply.rawFinishReason = (row["finish_reason"] ?? row["finishReason"] ?? response?["finishReason"])?.string
    reply.finishReason = reply.rawFinishReason.map(FinishReason.init(named:))
    let usage = row["usage"] ?? response?["tokenUsage"] ?? .object(row)
    let input = (usage["input_tokens"] ?? usage["prompt_tokens"] ?? usage["prompt"])?.int
    let written = (usage["output_tokens"] ?? usage["completion_tokens"] ?? usage["completion"])?.int
    if let input, let written {
      var counted = Usage(input: input, output: written)
      counted.cachedInput = (usage["cached_input_tokens"] ?? usage["cached"])?.int ?? 0
      counted.reasoning = usage["reasoning_tokens"]?.int ?? 0
      reply.usage = counted
    }
    reply.logProbabilities = (row["logprobs"] ?? response?["logProbs"])?.array?.compactMap(\.double)
    let rails = row["guardrails"] ?? response?["guardrails"]
    reply.flagged = rails?["flagged"]?.bool
    reply.flagReason = rails?["reason"]?.string
    reply.refusal = row["refusal"]?.string
    reply.model = row["model"]?.string
    var metadata = (row["metadata"] ?? response?["metadata"])?.object ?? JSONObject()
    if let trace = row["trace"] { metadata["trace"] = trace }
    if !metadata.isEmpty { reply.metadata = .object(metadata) }
    return reply
  }
}

/// What says whose reply a row holds.
struct GivenPlace {
  var target: String
  var prompt: String?
  var caseNo: Int?
  var variables: JSONObject?
  var repetition: Int?

  init(_ row: JSONObject) {
    let provider = row["target"] ?? row["provider"]
    target = provider?.string ?? provider?["label"]?.string ?? provider?["id"]?.string ?? ""
    prompt = row["prompt"]?.string ?? row["prompt"]?["label"]?.string
    caseNo = (row["case_no"] ?? row["testIdx"])?.int
    variables = (row["vars"] ?? row["variables"])?.object
    // Calls outside of runs have no variables but what was said.
    if variables == nil, let messages = row["messages"], messages.array != nil {
      variables = ["messages": messages]
    }
    repetition = row["repetition"]?.int
    if target.isEmpty { target = "given" }
  }
}

extension FinishReason {
  /// In whatever words a service says it.
  init(named name: String) {
    switch name.lowercased() {
    case "stop", "end_turn", "stop_sequence": self = .stop
    case "length", "max_tokens": self = .length
    case "content_filter": self = .contentFilter
    case "tool_calls", "tool_use", "function_call": self = .toolCalls
    default: self = .other(name.lowercased())
    }
  }
}
