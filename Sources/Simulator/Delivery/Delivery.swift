import Formats
import Wire

/// Puts a reply on the wire: head in the manner of the family, body or stream, faults of the wire.
final class Delivery {
  let request: ServerRequest
  let exchange: Exchange
  /// Lines of the head that tell the limits.
  var limitHeaders: [UInt8] = []

  init(request: ServerRequest, exchange: Exchange) {
    self.request = request
    self.exchange = exchange
  }

  // MARK: Replies

  func stream(_ plan: StreamPlan, _ timing: Timing, fault: Fault?, _ ask: Ask) -> ServerAnswer {
    var head = begin(200, type: plan.contentType, ask.family)
    ResponseHead.field("cache-control", "no-cache", into: &head)
    ResponseHead.field("transfer-encoding", "chunked", into: &head)
    if !request.keepsConnection { ResponseHead.field("connection", "close", into: &head) }
    ResponseHead.end(into: &head)
    return .script(
      ReplyStream(
        plan: plan, head: head, timing: timing, fault: fault, keepsConnection: request.keepsConnection,
        exchange: exchange, family: ask.family))
  }

  func whole(_ body: [UInt8], at: Int64, fault: Fault?, _ settings: Settings, ask: Ask) -> ServerAnswer {
    let type = fault?.kind == .wrongContentType ? "text/html" : "application/json"
    let head = begin(200, type: type, ask.family)
    switch fault?.kind {
    case .emptyBody: return deliver(head, [], at: at, fault: fault, settings)
    case .truncatedJSON:
      return deliver(head, Array(body.prefix(body.count / 2)), at: at, fault: fault, settings)
    default: return deliver(head, body, at: at, fault: fault, settings)
    }
  }

  private func deliver(_ head: [UInt8], _ body: [UInt8], at: Int64, fault: Fault?, _ settings: Settings)
    -> ServerAnswer
  {
    var bytes = head
    bytes.reserveCapacity(head.count + body.count + 64)
    ResponseHead.field("content-length", String(body.count), into: &bytes)
    if !request.keepsConnection { ResponseHead.field("connection", "close", into: &bytes) }
    ResponseHead.end(into: &bytes)
    let headEnd = bytes.count
    if request.method != "HEAD" { bytes.append(contentsOf: body) }
    if fault?.kind == .malformedHead { bytes.replaceSubrange(0..<9, with: Array("HTTP/x.y ".utf8)) }
    return .script(
      WholeReply(
        bytes, headEnd: headEnd, at: at, fault: fault, keepsConnection: request.keepsConnection,
        scale: 1_000_000 / settings.speed, exchange: exchange))
  }

  // MARK: Refusals

  /// The service refuses the request itself.
  func refuse(_ refusal: Refusal, family: API.Family, _ settings: Settings) -> ServerAnswer {
    let error = ServiceError(refusal)
    return deliver(
      begin(error.status, type: "application/json", family), error.body(family, requestID: requestID).bytes,
      at: 0,
      fault: nil, settings)
  }

  /// The service, or a proxy before it, fails as the fault says.
  func fail(_ fault: Fault, _ ask: Ask, _ settings: Settings) -> ServerAnswer {
    let error = ServiceError(fault, model: ask.model)
    exchange.fault = exchange.fault ?? fault.kind.rawValue
    if fault.kind == .badGatewayPage {
      let page =
        "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
        + "<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
      exchange.status = 502
      var head: [UInt8] = []
      ResponseHead.begin(502, into: &head)
      ResponseHead.field("content-type", "text/html", into: &head)
      return deliver(head, Array(page.utf8), at: 0, fault: nil, settings)
    }
    var head = begin(error.status, type: "application/json", ask.family)
    for (name, value) in error.retryHeaders(fault, ask.family, speed: settings.speed) {
      ResponseHead.field(name, value, into: &head)
    }
    return deliver(head, error.body(ask.family, requestID: requestID).bytes, at: 0, fault: nil, settings)
  }

  // MARK: Headers

  private var requestID: String { "req_" + hexadecimal(exchange.content ^ UInt64(exchange.number)) }

  /// The head up to what depends on the body.
  private func begin(_ status: Int, type: String, _ family: API.Family) -> [UInt8] {
    exchange.status = status
    var head: [UInt8] = []
    head.reserveCapacity(700)
    ResponseHead.begin(status, into: &head)
    ResponseHead.field("content-type", type, into: &head)
    switch family {
    case .openAI:
      ResponseHead.field("x-request-id", requestID, into: &head)
      ResponseHead.field("openai-organization", "org-simulated", into: &head)
      ResponseHead.field("openai-version", "2020-10-01", into: &head)
    case .azure:
      ResponseHead.field("apim-request-id", requestID, into: &head)
      ResponseHead.field("x-ms-region", "Simulated", into: &head)
    case .anthropic:
      ResponseHead.field("request-id", requestID, into: &head)
      ResponseHead.field("anthropic-organization-id", "org-simulated", into: &head)
    case .gemini, .ollama: break
    }
    ResponseHead.field("x-simulated", "assay", into: &head)
    head.append(contentsOf: limitHeaders)
    return head
  }
}
