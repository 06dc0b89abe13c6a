import Formats

/// An error as the services word it, and as each interface wraps it.
struct ServiceError {
  var status: Int
  var message: String
  /// Of OpenAI; the others follow from the status.
  var type: String
  var code: String?
  var parameter: String?

  init(_ refusal: Refusal) {
    status = refusal.status
    message = refusal.message
    type = "invalid_request_error"
    code = refusal.code
    parameter = refusal.parameter
  }

  init(_ fault: Fault, model: String) {
    status = fault.status ?? 500
    let organisation = "in organization org-simulated on"
    switch fault.kind {
    case .rateLimitedRequests:
      message =
        "Rate limit reached for \(model) \(organisation) requests per min (RPM). Please try again later."
      (type, code) = ("requests", "rate_limit_exceeded")
    case .rateLimitedTokens:
      message =
        "Rate limit reached for \(model) \(organisation) tokens per min (TPM). Please try again later."
      (type, code) = ("tokens", "rate_limit_exceeded")
    case .tooManyConcurrent:
      message = "Too many concurrent requests for \(model)."
      (type, code) = ("requests", "rate_limit_exceeded")
    case .quota:
      message = "You exceeded your current quota, please check your plan and billing details."
      (type, code) = ("insufficient_quota", "insufficient_quota")
    case .badRequest: (message, type) = ("Invalid request.", "invalid_request_error")
    case .unauthorized:
      (message, type, code) = ("Incorrect API key provided.", "invalid_request_error", "invalid_api_key")
    case .forbidden:
      (message, type, code) = ("You are not allowed to sample from this model.", "invalid_request_error", nil)
    case .notFound:
      message = "The model `\(model)` does not exist or you do not have access to it."
      (type, code) = ("invalid_request_error", "model_not_found")
    case .requestTimeout: (message, type) = ("The request timed out.", "timeout")
    case .conflict: (message, type) = ("The request conflicts with another one.", "conflict")
    case .tooLarge: (message, type) = ("The request is too large.", "invalid_request_error")
    case .overloaded: (message, type) = ("Overloaded", "overloaded_error")
    case .unavailable:
      (message, type) = ("The engine is currently overloaded, please try again later.", "server_error")
    default:
      (message, type) = (
        "The server had an error while processing your request. Sorry about that!", "server_error"
      )
    }
  }

  func body(_ family: API.Family, requestID: String) -> JSON {
    switch family {
    case .openAI, .azure:
      return .object([
        "error": .object([
          "message": JSON(message), "type": JSON(type), "param": parameter.map { JSON($0) } ?? .null,
          "code": code.map { JSON($0) } ?? .null,
        ])
      ])
    case .anthropic:
      return .object([
        "type": "error", "error": .object(["type": JSON(anthropicType), "message": JSON(message)]),
        "request_id": JSON(requestID),
      ])
    case .gemini:
      return .object([
        "error": .object(["code": JSON(status), "message": JSON(message), "status": JSON(googleStatus)])
      ])
    case .ollama: return .object(["error": JSON(message)])
    }
  }

  private var anthropicType: String {
    switch status {
    case 401: "authentication_error"
    case 402: "billing_error"
    case 403: "permission_error"
    case 404: "not_found_error"
    case 408, 504: "timeout_error"
    case 409: "conflict_error"
    case 413: "request_too_large"
    case 429: "rate_limit_error"
    case 529: "overloaded_error"
    case 500...: "api_error"
    default: "invalid_request_error"
    }
  }

  private var googleStatus: String {
    switch status {
    case 400: "INVALID_ARGUMENT"
    case 401: "UNAUTHENTICATED"
    case 403: "PERMISSION_DENIED"
    case 404: "NOT_FOUND"
    case 409: "ABORTED"
    case 429: "RESOURCE_EXHAUSTED"
    case 503, 529: "UNAVAILABLE"
    case 504, 408: "DEADLINE_EXCEEDED"
    default: "INTERNAL"
    }
  }

  /// When to come back, in the dialect of the family. A limit that is enforced says the true time; a fault
  /// says what it was told to, or two simulated seconds.
  func retryHeaders(_ fault: Fault, _ family: API.Family, speed: Double) -> [(name: String, value: String)] {
    guard [408, 409, 429, 503, 529].contains(status), fault.kind != .quota else {
      return fault.retryAfter.map { [header($0)] } ?? []
    }
    if let told = fault.retryAfter {
      if case .absent = told { return [] }
      return [header(told)]
    }
    guard status == 429 || status == 503 || status == 529, family != .gemini, family != .ollama else {
      return []
    }
    let milliseconds = max(1, Int(2000 / speed))
    return [("retry-after-ms", String(milliseconds)), ("retry-after", String((milliseconds + 999) / 1000))]
  }

  private func header(_ told: Fault.RetryAfter) -> (name: String, value: String) {
    switch told {
    case .absent: ("x-simulated-retry", "absent")
    case .seconds(let text): ("retry-after", text)
    case .milliseconds(let count): ("retry-after-ms", String(count))
    case .date(let seconds): ("retry-after", Instant.now().adding(seconds: Int64(seconds)).httpDate)
    }
  }
}
