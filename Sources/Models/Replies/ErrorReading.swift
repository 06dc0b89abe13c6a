import Formats
import Vocabulary

/// Turns what a service answered in place of a reply into the closed list of error kinds.
///
/// The body is believed before the status: services send quota errors as 429, filters as 400, and anything as 200.
enum ErrorReading {
  /// `status` nil: an error event inside a stream that had begun with 200.
  static func failure(status: Int?, body: [UInt8], contentType: String = "") -> Failure {
    let json = try? JSON(parsing: body)
    let evidence = body.isEmpty ? nil : Self.evidence(body)
    if let json, let failure = failure(status: status, json: json) {
      return failure.with(evidence: evidence)
    }
    let status = status ?? 0
    let message =
      switch status {
      case 300..<400: "the service redirects elsewhere; set the base URL to where it redirects"
      default: looksLikeHTML(body) ? "HTTP \(status) with an HTML page in place of JSON" : "HTTP \(status)"
      }
    return Failure(kind(status: status), message, status: status, evidence: evidence)
  }

  /// The error that a service wrote into a stream as plain JSON, in no event; nil where there is none.
  static func toldOutsideEvents(_ body: [UInt8]) -> Failure? {
    var start = body.startIndex
    while start < body.endIndex {
      if body[start] == UInt8(ascii: "{") || body[start] == UInt8(ascii: "["),
        let json = try? JSON(parsing: Array(body[start...])), let failure = failure(status: nil, json: json)
      {
        return failure.with(evidence: evidence(body))
      }
      guard let end = body[start...].firstIndex(of: 0x0A) else { return nil }
      start = end + 1
    }
    return nil
  }

  /// Nil when there is no error in it.
  static func failure(status: Int?, json: JSON) -> Failure? {
    // Gemini's streamed errors come wrapped in a list of one.
    let json = json.array.flatMap { $0.count == 1 ? $0.first : Optional.none } ?? json
    let error: JSON
    switch json["error"] {
    case .some(.object(let object)): error = .object(object)
    case .some(.string(let text)): error = ["message": .string(text)]
    case nil, .some(.null), .some(.bool(false)):
      guard status.map({ !(200..<300).contains($0) }) ?? false || json["object"]?.string == "error" else {
        return nil
      }
      error = json
    case .some(let other): error = ["message": .string(other.text)]
    }
    var facts = Facts(error: error, outer: json)
    facts.status = status
    return facts.failure
  }

  /// What an error body says, however it says it.
  private struct Facts {
    var message: String
    var words: [String]
    var code: String?
    var status: Int?
    var numericCode: Int?
    var hasFilterVerdict: Bool

    init(error: JSON, outer: JSON) {
      let detail = error["detail"]
      message =
        error["message"]?.string ?? detail?.string ?? error["error_description"]?.string
        ?? detail.map(\.text) ?? error["title"]?.string ?? String(error.text.prefix(300))
      let code = error["code"].flatMap { $0.string ?? $0.int.map(String.init) }
      let type = error["type"]?.string ?? error["status"]?.string
      let detailCode = error["details"]?["error_code"]?.string
      let innerCode = error["innererror"]?["code"]?.string
      let reasons = (error["details"]?.array ?? []).compactMap { $0["reason"]?.string }
      numericCode =
        error["code"]?.int ?? error["code"]?.string.flatMap(Int.init) ?? error["metadata"]?["code"]?.int
      let named = numericCode == nil ? code : nil
      self.code = detailCode ?? named ?? type ?? code
      words =
        [code, type, detailCode, innerCode].compactMap { $0?.lowercased() } + reasons.map { $0.lowercased() }
      hasFilterVerdict =
        error["innererror"]?["content_filter_result"] != nil || error["metadata"]?["reasons"] != nil
    }

    var failure: Failure {
      Failure(kind, message, status: status, code: code)
    }

    private var kind: ErrorKind {
      let text = message.lowercased()
      func says(_ any: String...) -> Bool { any.contains { text.contains($0) } }
      func named(_ any: String...) -> Bool { words.contains { any.contains($0) } }

      if named(
        "insufficient_quota", "billing_error", "billing_hard_limit_reached", "billing_not_active",
        "enforced_spend_limit_reached", "insufficient_credits", "access_terminated", "quota_exceeded")
        || says(
          "exceeded your current quota, please check your plan", "credit balance is too low", "limit: 0,",
          "insufficient balance", "insufficient credits")
      {
        return .quota
      }
      if hasFilterVerdict
        || named(
          "content_filter", "content_policy_violation", "responsibleaipolicyviolation",
          "cyber_policy_violation",
          "content_moderation")
        || says("response was filtered due to the prompt", "content management policy")
      {
        return .refused
      }
      if named("invalid_api_key", "api_key_invalid", "authentication_error", "unauthenticated", "no_api_key")
        || says("api key not valid", "incorrect api key", "invalid api key")
      {
        return .auth
      }
      if named("model_not_found", "deploymentnotfound", "model_not_available") { return .notFound }
      if named("context_length_exceeded", "string_above_max_length", "request_too_large")
        || says("maximum context length", "prompt is too long", "context window", "request too large for")
      {
        return .badRequest
      }
      if named("overloaded_error", "overloaded", "engine_overloaded", "unavailable", "server_busy") {
        return .overloaded
      }
      if named("rate_limit_error", "rate_limit_exceeded", "resource_exhausted", "too_many_requests") {
        return .rateLimited
      }
      if named("timeout_error", "deadline_exceeded", "timeout") { return .timeout }
      let status =
        status.flatMap { (200..<300).contains($0) ? nil : $0 } ?? numericCode.flatMap { $0 >= 300 ? $0 : nil }
      if let status { return ErrorReading.kind(status: status) }
      if named("invalid_request_error", "invalid_prompt", "invalid_argument", "bad_request") {
        return .badRequest
      }
      if named("not_found_error", "not_found") { return .notFound }
      if named("permission_error", "permission_denied") { return .auth }
      return .server
    }
  }

  /// What a status means where the body says nothing.
  static func kind(status: Int) -> ErrorKind {
    switch status {
    case 401, 403, 407: .auth
    case 402: .quota
    case 404, 410: .notFound
    case 408, 504, 522, 524: .timeout
    case 409, 425: .server
    case 429: .rateLimited
    case 498, 503, 529: .overloaded
    case 300..<400: .config
    case 400..<500: .badRequest
    case 500...: .server
    default: .malformed
    }
  }

  /// The first bytes of what came, made safe to keep and show.
  static func evidence(_ body: [UInt8]) -> String {
    String(decoding: body.prefix(2048), as: UTF8.self)
  }

  static func looksLikeHTML(_ body: [UInt8]) -> Bool {
    let head = String(decoding: body.prefix(64), as: UTF8.self).trimmed.lowercased()
    return head.hasPrefix("<!doctype html") || head.hasPrefix("<html")
  }
}

extension Failure {
  func with(evidence: String?) -> Failure {
    var failure = self
    failure.evidence = evidence
    return failure
  }
}
