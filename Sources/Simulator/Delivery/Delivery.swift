import Formats
import Wire

/// Puts a reply on the wire: headers of the family, body or stream, faults of the wire.
final class Delivery {
  let request: ServerRequest
  let exchange: Exchange
  var limitHeaders: [(name: String, value: String)] = []

  init(request: ServerRequest, exchange: Exchange) {
    self.request = request
    self.exchange = exchange
  }

  // MARK: Replies

  func stream(_ plan: StreamPlan, _ timing: Timing, fault: Fault?, _ ask: Ask) -> ServerAnswer {
    exchange.status = 200
    var head: [UInt8] = []
    head.reserveCapacity(700)
    ResponseHead.begin(200, into: &head)
    ResponseHead.field("content-type", plan.contentType, into: &head)
    ResponseHead.field("cache-control", "no-cache", into: &head)
    ResponseHead.field("transfer-encoding", "chunked", into: &head)
    for (name, value) in serviceHeaders(ask.family) { ResponseHead.field(name, value, into: &head) }
    if !request.keepsConnection { ResponseHead.field("connection", "close", into: &head) }
    ResponseHead.end(into: &head)
    return .script(
      ReplyStream(
        plan: plan, head: head, timing: timing, fault: fault, keepsConnection: request.keepsConnection,
        exchange: exchange, family: ask.family))
  }

  func whole(_ body: JSON, at: Int64, fault: Fault?, _ settings: Settings, ask: Ask) -> ServerAnswer {
    exchange.status = 200
    var response = ServerResponse(
      status: 200, headers: [("content-type", "application/json")] + serviceHeaders(ask.family),
      body: body.bytes)
    switch fault?.kind {
    case .emptyBody: response.body = []
    case .truncatedJSON: response.body.removeLast(response.body.count / 2)
    case .wrongContentType: response.headers[0].value = "text/html"
    default: break
    }
    return deliver(response, at: at, fault: fault, settings)
  }

  private func deliver(_ response: ServerResponse, at: Int64, fault: Fault?, _ settings: Settings)
    -> ServerAnswer
  {
    var bytes: [UInt8] = []
    response.encode(
      into: &bytes, keepsConnection: request.keepsConnection, withoutBody: request.method == "HEAD")
    let headEnd = bytes.count - (request.method == "HEAD" ? 0 : response.body.count)
    if fault?.kind == .malformedHead { bytes.replaceSubrange(0..<9, with: Array("HTTP/x.y ".utf8)) }
    return .script(
      WholeReply(
        bytes, headEnd: headEnd, at: at, fault: fault, keepsConnection: request.keepsConnection,
        scale: 1_000_000 / settings.speed, exchange: exchange))
  }

  // MARK: Refusals

  /// The service refuses the request itself.
  func refuse(_ refusal: Refusal, family: API.Family) -> ServerAnswer {
    let error = ServiceError(refusal)
    exchange.status = refusal.status
    let response = ServerResponse(
      status: refusal.status, headers: [("content-type", "application/json")] + serviceHeaders(family),
      body: error.body(family, requestID: requestID).bytes)
    var bytes: [UInt8] = []
    response.encode(into: &bytes, keepsConnection: request.keepsConnection)
    return .script(
      WholeReply(
        bytes, headEnd: bytes.count - response.body.count, at: 0, fault: nil,
        keepsConnection: request.keepsConnection, scale: 1, exchange: exchange))
  }

  /// The service, or a proxy before it, fails as the fault says.
  func fail(_ fault: Fault, _ ask: Ask, _ settings: Settings) -> ServerAnswer {
    let error = ServiceError(fault, model: ask.model)
    exchange.status = error.status
    exchange.fault = exchange.fault ?? fault.kind.rawValue
    var headers = serviceHeaders(ask.family)
    headers += error.retryHeaders(fault, ask.family, speed: settings.speed)
    if fault.kind == .badGatewayPage {
      let page =
        "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
        + "<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
      return deliver(
        ServerResponse(status: 502, headers: [("content-type", "text/html")], body: Array(page.utf8)), at: 0,
        fault: nil, settings)
    }
    return deliver(
      ServerResponse(
        status: error.status, headers: [("content-type", "application/json")] + headers,
        body: error.body(ask.family, requestID: requestID).bytes), at: 0, fault: nil, settings)
  }

  // MARK: Headers

  private var requestID: String { "req_" + hexadecimal(exchange.content ^ UInt64(exchange.number)) }

  private func serviceHeaders(_ family: API.Family) -> [(name: String, value: String)] {
    var headers: [(name: String, value: String)] = []
    headers.reserveCapacity(limitHeaders.count + 4)
    switch family {
    case .openAI:
      headers.append(("x-request-id", requestID))
      headers.append(("openai-organization", "org-simulated"))
      headers.append(("openai-version", "2020-10-01"))
    case .azure:
      headers.append(("apim-request-id", requestID))
      headers.append(("x-ms-region", "Simulated"))
    case .anthropic:
      headers.append(("request-id", requestID))
      headers.append(("anthropic-organization-id", "org-simulated"))
    case .gemini, .ollama: break
    }
    headers.append(("x-simulated", "assay"))
    headers += limitHeaders
    return headers
  }
}
