import Formats
import Vocabulary

/// Where OpenAI's APIs are found: at OpenAI, at Azure's deployments, at anyone's base URL.
enum OpenAIAddress {
  static func url(_ question: Question, path: String) -> String {
    let base = question.endpoint.baseURL
    guard question.endpoint.service?.name == "azure" else { return "\(base)/\(path)" }
    let version = question.settings.string("apiVersion") ?? question.settings.variable(["AZURE_API_VERSION"])
    if path == "responses" {
      // The Responses API of Azure lives beside the deployments and takes the deployment as its model.
      return "\(base)/openai/v1/responses" + (version.map { "?api-version=\($0)" } ?? "?api-version=preview")
    }
    return
      "\(base)/openai/deployments/\(URLText.encoded(question.model))/\(path)?api-version=\(version ?? "2024-12-01-preview")"
  }

  static func headers(_ question: Question) -> [(String, String)] {
    [("Content-Type", "application/json")] + question.endpoint.headers
  }
}

/// Models that think before they answer take other parameters.
enum ReasoningModels {
  static func includes(_ model: String, _ settings: Settings) -> Bool {
    if let flag = settings.flag("isReasoningModel", "o1") { return flag }
    let name = model.split(separator: "/").last.map { $0.lowercased() } ?? ""
    if name.hasPrefix("gpt-") {
      // gpt-5 and later; their `-chat` forms do not reason.
      let version = name.dropFirst(4).prefix { $0.isNumber }
      return (Int(version) ?? 0) >= 5 && !name.contains("-chat")
    }
    guard name.hasPrefix("o"), let digit = name.dropFirst().first, digit.isNumber else { return false }
    return name.dropFirst(2).isEmpty || name.dropFirst(2).hasPrefix("-")
  }
}

/// Parameters that several of OpenAI's APIs share, and what several of its replies hold.
enum OpenAIParameters {
  /// Most tokens where the suite does not say, as promptfoo sends it.
  static let usualMaxTokens: JSON = 1024

  static func addTokenLimit(
    to body: inout JSONObject, _ settings: Settings, _ service: Service?, reasons: Bool
  ) throws(Problem) {
    let (old, new) = ("max_tokens", "max_completion_tokens")
    if service?.quirks.contains(.oldMaxTokens) ?? false {
      body[old] = try settings.number(old, new, variable: "OPENAI_MAX_TOKENS") ?? usualMaxTokens
    } else if reasons {
      body[new] = try settings.number(new, old, variable: "OPENAI_MAX_COMPLETION_TOKENS")
    } else if let limit = try settings.number(new) {
      body[new] = limit
    } else {
      body[old] = try settings.number(old, variable: "OPENAI_MAX_TOKENS") ?? usualMaxTokens
    }
  }

  static func addSampling(to body: inout JSONObject, _ settings: Settings) throws(Problem) {
    for name in ["top_p", "presence_penalty", "frequency_penalty"] {
      body[name] = try settings.number(name, variable: "OPENAI_\(name.uppercased())")
    }
    body["stop"] = settings.value("stop") ?? settings.variableJSON("OPENAI_STOP")
  }

  /// Whatever else the user wants sent: the last word.
  static func addPassthrough(to body: inout JSONObject, _ settings: Settings) {
    for name in ["passthrough", "extra_body"] {
      for (key, value) in settings.value(name)?.object ?? JSONObject() { body[key] = value }
    }
  }

  static func addCommon(to reply: inout Reply, _ json: JSON) {
    reply.model = json["model"]?.string.flatMap { $0.isEmpty ? nil : $0 }
    reply.responseID = json["id"]?.string.flatMap { $0.isEmpty ? nil : $0 }
    reply.systemFingerprint = json["system_fingerprint"]?.string
    reply.serviceTier = json["service_tier"]?.string
    let usage = [json["usage"], json["x_groq"]?["usage"]].compactMap { $0 }.first { !$0.isNull }
    if let usage {
      reply.rawUsage = usage
      reply.usage = UsageReading.openAI(usage)
      reply.reportedCost = ReportedCost.read(usage)
    }
  }
}
