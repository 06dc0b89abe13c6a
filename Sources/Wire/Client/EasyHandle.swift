import CCurl

/// One of curl's easy handles, used for one transfer after another.
///
/// What never changes is set once; everything that differs between requests is set for each of them, so
/// that nothing of the last one remains.
final class EasyHandle {
  let pointer: UnsafeMutableRawPointer
  private let errorText: UnsafeMutablePointer<CChar>
  private var headers: UnsafeMutablePointer<curl_slist>?

  init?(_ loop: EventLoop) {
    guard let pointer = ccurl_easy_init() else { return nil }
    self.pointer = pointer
    errorText = .allocate(capacity: Int(CURL_ERROR_SIZE) + 1)
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE) + 1)
    configure(loop.configuration, usesHTTP2: loop.usesHTTP2)
  }

  /// Must be called once, after the last use.
  func destroy() {
    ccurl_easy_cleanup(pointer)
    errorText.deallocate()
  }

  private func configure(_ configuration: HTTPClient.Configuration, usesHTTP2: Bool) {
    ccurl_easy_set_long(pointer, CURLOPT_NOSIGNAL, 1)
    ccurl_easy_set_long(
      pointer, CURLOPT_HTTP_VERSION, usesHTTP2 ? Int(CURL_HTTP_VERSION_2TLS) : Int(CURL_HTTP_VERSION_1_1))
    ccurl_easy_set_long(pointer, CURLOPT_PROTOCOLS, Int(CURLPROTO_HTTP | CURLPROTO_HTTPS))
    ccurl_easy_set_long(pointer, CURLOPT_FOLLOWLOCATION, 0)
    ccurl_easy_set_long(pointer, CURLOPT_SSL_VERIFYPEER, 1)
    ccurl_easy_set_long(pointer, CURLOPT_SSL_VERIFYHOST, 2)
    if let file = configuration.caFile {
      ccurl_easy_set_pointer(pointer, CURLOPT_CAINFO, file)
      ccurl_easy_set_pointer(pointer, CURLOPT_CAPATH, nil)
    }
    switch configuration.proxy {
    case .fromEnvironment: break
    case .none: ccurl_easy_set_pointer(pointer, CURLOPT_PROXY, "")
    case .url(let url): ccurl_easy_set_pointer(pointer, CURLOPT_PROXY, url)
    }
    // Keys are for the service, not for a proxy on the way; and the proxy's headers are not the service's.
    ccurl_easy_set_long(pointer, CURLOPT_HEADEROPT, Int(CURLHEADER_SEPARATE))
    ccurl_easy_set_long(pointer, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    ccurl_easy_set_long(pointer, CURLOPT_TCP_KEEPALIVE, 1)
    ccurl_easy_set_long(pointer, CURLOPT_MAXAGE_CONN, configuration.maxIdleSeconds)
    // Our own timeouts know the stage; curl's own would only come first.
    ccurl_easy_set_long(pointer, CURLOPT_CONNECTTIMEOUT_MS, 86_400_000)
    ccurl_easy_set_pointer(pointer, CURLOPT_USERAGENT, configuration.userAgent)
    ccurl_easy_set_pointer(pointer, CURLOPT_ERRORBUFFER, errorText)
    ccurl_easy_set_write(pointer, CURLOPT_WRITEFUNCTION, bodyArrived)
    ccurl_easy_set_write(pointer, CURLOPT_HEADERFUNCTION, headerArrived)
    ccurl_easy_set_prereq(pointer, aboutToSend)
  }

  /// Sets what is this request's own; an error where it can't be sent.
  func prepare(for transfer: Transfer) -> HTTPError? {
    let request = transfer.request
    if let error = setHeaders(of: request) { return error }
    guard Self.isSendable(request.url),
      ccurl_easy_set_pointer(pointer, CURLOPT_URL, request.url) == CURLE_OK
    else {
      return HTTPError(
        .invalidRequest, stage: .nameLookup,
        message: "the URL does not begin with http:// or https://, or holds a space")
    }
    guard setMethod(of: request) else {
      return HTTPError(
        .invalidRequest, stage: .nameLookup, message: "the method is not a word, or the body too large")
    }
    if case .whole = request.framing {
      ccurl_easy_set_pointer(pointer, CURLOPT_ACCEPT_ENCODING, "")
    } else {
      // Compression would hold tokens back; a server that compresses all the same is still understood.
      ccurl_easy_set_pointer(pointer, CURLOPT_ACCEPT_ENCODING, "identity")
    }
    let context = Unmanaged.passUnretained(transfer).toOpaque()
    ccurl_easy_set_pointer(pointer, CURLOPT_PRIVATE, context)
    ccurl_easy_set_pointer(pointer, CURLOPT_WRITEDATA, context)
    ccurl_easy_set_pointer(pointer, CURLOPT_HEADERDATA, context)
    ccurl_easy_set_pointer(pointer, CURLOPT_PREREQDATA, context)
    errorText[0] = 0
    return nil
  }

  private static func isSendable(_ url: String) -> Bool {
    (url.utf8.starts(with: "http://".utf8) || url.utf8.starts(with: "https://".utf8))
      && !url.utf8.contains { $0 <= 0x20 || $0 == 0x7F }
  }

  private func setMethod(of request: HTTPRequest) -> Bool {
    let method = request.method
    guard !method.isEmpty, method.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) else { return false }
    if method == "POST" || !request.body.isEmpty {
      ccurl_easy_set_long(pointer, CURLOPT_POST, 1)
      ccurl_easy_set_off(pointer, CURLOPT_POSTFIELDSIZE_LARGE, Int64(request.body.count))
      let code = request.body.withUnsafeBytes { body in
        withUnsafeBytes(of: 0 as UInt8) { nothing in
          ccurl_easy_set_pointer(pointer, CURLOPT_COPYPOSTFIELDS, body.baseAddress ?? nothing.baseAddress)
        }
      }
      guard code == CURLE_OK else { return false }
    } else {
      ccurl_easy_set_long(pointer, CURLOPT_HTTPGET, 1)
      if method == "HEAD" { ccurl_easy_set_long(pointer, CURLOPT_NOBODY, 1) }
    }
    let isUsual = method == (request.body.isEmpty ? "GET" : "POST") || method == "POST" || method == "HEAD"
    if isUsual {
      ccurl_easy_set_pointer(pointer, CURLOPT_CUSTOMREQUEST, nil)
    } else {
      ccurl_easy_set_pointer(pointer, CURLOPT_CUSTOMREQUEST, method)
    }
    return true
  }

  private func setHeaders(of request: HTTPRequest) -> HTTPError? {
    // Expect: 100-continue would wait up to a second before a large body.
    var list = ccurl_list_append(nil, "Expect:")
    var hasContentType = false
    for (name, value) in request.headers {
      guard HTTPHeaders.isToken(name), !value.utf8.contains(where: { $0 == 0 || $0 == 0x0A || $0 == 0x0D })
      else {
        ccurl_list_free(list)
        return HTTPError(
          .invalidRequest, stage: .nameLookup,
          message: "the header \(HTTPHeaders.isToken(name) ? name : "name") holds a character that it may not"
        )
      }
      if HTTPHeaders.isSame(name, "content-type") { hasContentType = true }
      // curl takes "Name:" for "leave it out" and "Name;" for an empty value.
      list = ccurl_list_append(list, value.isEmpty ? "\(name);" : "\(name): \(value)")
    }
    if !hasContentType { list = ccurl_list_append(list, "Content-Type:") }
    ccurl_easy_set_pointer(pointer, CURLOPT_HTTPHEADER, list)
    if let headers { ccurl_list_free(headers) }
    headers = list
    return nil
  }

  /// Lets go of what belonged to the request that has ended.
  func finish() {
    ccurl_easy_set_pointer(pointer, CURLOPT_COPYPOSTFIELDS, nil)
    ccurl_easy_set_pointer(pointer, CURLOPT_HTTPHEADER, nil)
    if let headers { ccurl_list_free(headers) }
    headers = nil
  }

  /// curl's own words for the last error.
  var detail: String { String(cString: errorText) }

  func microseconds(_ info: CURLINFO) -> Int64 {
    var value: Int64 = 0
    return ccurl_easy_get_off(pointer, info, &value) == CURLE_OK ? value : 0
  }

  func number(_ info: CURLINFO) -> Int {
    var value = 0
    return ccurl_easy_get_long(pointer, info, &value) == CURLE_OK ? value : 0
  }

  func text(_ info: CURLINFO) -> String? {
    var value: UnsafePointer<CChar>?
    guard ccurl_easy_get_text(pointer, info, &value) == CURLE_OK, let value else { return nil }
    return String(cString: value)
  }
}

private let bodyArrived:
  @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int = {
    bytes, size, count, context in
    guard let bytes, let context else { return 0 }
    let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    let isTaken = transfer.takeBody(UnsafeRawBufferPointer(start: bytes, count: size * count))
    return isTaken ? size * count : 0
  }

private let headerArrived:
  @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int = {
    bytes, size, count, context in
    guard let bytes, let context else { return 0 }
    let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    let isTaken = transfer.takeHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
    return isTaken ? size * count : 0
  }

/// curl is about to send the request: the first time, or again because a connection that it had used
/// before broke without a byte of an answer. Again is refused where the service may have acted.
private let aboutToSend:
  @convention(c) (
    UnsafeMutableRawPointer?, UnsafeMutablePointer<CChar>?, UnsafeMutablePointer<CChar>?, Int32, Int32
  ) -> Int32 = { context, _, _, _, _ in
    guard let context else { return Int32(CURL_PREREQFUNC_OK) }
    let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    return Int32(transfer.maySend() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT)
  }
