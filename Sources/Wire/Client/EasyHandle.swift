import CCurl

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// One of curl's easy handles, used for one transfer after another.
///
/// What never changes is set once. What differs between requests is set when it differs from the last
/// one's, so a handle that serves the same target again costs next to nothing to prepare.
final class EasyHandle {
  let pointer: UnsafeMutableRawPointer
  /// Whom the bytes that arrive are for.
  private(set) var transfer: Transfer?
  private let errorText: UnsafeMutablePointer<CChar>
  /// What is set now, and so need not be set again.
  private var url = ""
  /// The same taken apart: else curl would do that for each request, and put it together again.
  private var parsedURL: UnsafeMutableRawPointer?
  private var method = ""
  private var hasBody = false
  private var headers: [(String, String)] = []
  private var headerList: UnsafeMutableRawPointer?
  private var expects100 = false
  private var decompresses: Bool?
  /// Ours to send with every request, unless it has its own: what curl adds by itself it formats twice. A proxy on the way
  /// is told by curl.
  private let userAgent: String
  private let encodings: String

  init?(_ loop: EventLoop) {
    guard let pointer = ccurl_easy_init() else { return nil }
    self.pointer = pointer
    userAgent = loop.configuration.userAgent
    encodings = loop.encodings
    errorText = .allocate(capacity: Int(CCURL_ERROR_SIZE) + 1)
    errorText.initialize(repeating: 0, count: Int(CCURL_ERROR_SIZE) + 1)
    configure(loop.configuration, loop)
  }

  /// Must be called once, after the last use.
  func destroy() {
    ccurl_easy_cleanup(pointer)
    if let headerList { ccurl_list_free(headerList) }
    if let parsedURL { ccurl_url_free(parsedURL) }
    errorText.deallocate()
  }

  private func configure(_ configuration: HTTPClient.Configuration, _ loop: EventLoop) {
    let context = Unmanaged.passUnretained(self).toOpaque()
    setLong(CCURLOPT_NOSIGNAL, 1)
    setLong(CCURLOPT_HTTP_VERSION, Int(loop.usesHTTP2 ? CCURL_HTTP_VERSION_2TLS : CCURL_HTTP_VERSION_1_1))
    setLong(CCURLOPT_PROTOCOLS, Int(CCURLPROTO_HTTP | CCURLPROTO_HTTPS))
    setLong(CCURLOPT_FOLLOWLOCATION, 0)
    setLong(CCURLOPT_SSL_VERIFYPEER, 1)
    setLong(CCURLOPT_SSL_VERIFYHOST, 2)
    if let file = configuration.caFile {
      setText(CCURLOPT_CAINFO, file)
      setText(CCURLOPT_CAPATH, nil)
    }
    switch configuration.proxy {
    case .fromEnvironment where Self.environmentNamesProxy: setText(CCURLOPT_USERAGENT, userAgent)
    // Told that there is none, curl need not search the environment for every request.
    case .fromEnvironment, .none: setText(CCURLOPT_PROXY, "")
    case .url(let url):
      setText(CCURLOPT_PROXY, url)
      setText(CCURLOPT_USERAGENT, userAgent)
    }
    // Keys are for the service, not for a proxy on the way; and the proxy's headers are not the service's.
    setLong(CCURLOPT_HEADEROPT, Int(CCURLHEADER_SEPARATE))
    setLong(CCURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    setLong(CCURLOPT_TCP_KEEPALIVE, 1)
    setLong(CCURLOPT_MAXAGE_CONN, configuration.maxIdleSeconds)
    // A lookup that is given up is not waited for: all others would wait with it. Unknown to libcurl before 7.87.
    setLong(CCURLOPT_QUICK_EXIT, 1)
    // No timeout of curl's is set: each would be a timer in its tree, and ours know the stage.
    _ = ccurl_easy_set_pointer(pointer, CCURLOPT_ERRORBUFFER, errorText)
    _ = ccurl_easy_set_pointer(pointer, CCURLOPT_PRIVATE, context)
    _ = ccurl_easy_set_write(pointer, CCURLOPT_WRITEFUNCTION, bodyArrived)
    _ = ccurl_easy_set_pointer(pointer, CCURLOPT_WRITEDATA, context)
    _ = ccurl_easy_set_write(pointer, CCURLOPT_HEADERFUNCTION, headerArrived)
    _ = ccurl_easy_set_pointer(pointer, CCURLOPT_HEADERDATA, context)
    _ = ccurl_easy_set_prereq(pointer, aboutToSend)
    _ = ccurl_easy_set_pointer(pointer, CCURLOPT_PREREQDATA, context)
    ccurl_easy_set_sockets(pointer, socketOpens, socketCloses, Unmanaged.passUnretained(loop).toOpaque())
  }

  private static var environmentNamesProxy: Bool {
    ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"].contains { (name: String) in
      getenv(name) != nil
    }
  }

  private func setLong(_ option: CCurlOption, _ value: Int) {
    _ = ccurl_easy_set_long(pointer, option, value)
  }

  @discardableResult
  private func setText(_ option: CCurlOption, _ value: String?) -> CCurlCode {
    guard let value else { return ccurl_easy_set_pointer(pointer, option, nil) }
    return value.withCString { ccurl_easy_set_pointer(pointer, option, $0) }
  }

  // MARK: One request

  /// Sets what is this request's own; an error where it can't be sent.
  func prepare(for transfer: Transfer) -> HTTPError? {
    let request = transfer.request
    errorText[0] = 0
    // Compression would hold a stream's tokens back; a server that compresses all the same is understood.
    let decompresses = if case .whole = request.framing { true } else { false }
    let asksAnew = decompresses != self.decompresses
    if let error = setURL(request.url) ?? setMethod(of: request)
      ?? setHeaders(of: request, decompresses ? encodings : "identity", asksAnew: asksAnew)
    {
      return error
    }
    if asksAnew {
      setText(CCURLOPT_ACCEPT_ENCODING, decompresses ? encodings : "identity")
      self.decompresses = decompresses
    }
    self.transfer = transfer
    return nil
  }

  /// The transfer has ended and the handle is out of the multi.
  func finish() {
    transfer = nil
    if hasBody { _ = ccurl_easy_set_pointer(pointer, CCURLOPT_COPYPOSTFIELDS, nil) }
  }

  private func setURL(_ url: String) -> HTTPError? {
    guard url != self.url || url.isEmpty else { return nil }
    self.url = ""
    let isSendable =
      (url.utf8.starts(with: "http://".utf8) || url.utf8.starts(with: "https://".utf8))
      && !url.utf8.contains { $0 <= 0x20 || $0 == 0x7F }
    guard isSendable, setText(CCURLOPT_URL, url) == CCURLE_OK else {
      return refusal("the URL does not begin with http:// or https://, or holds a space")
    }
    guard let parsed = ccurl_url_new(url) else {
      return refusal("the URL is not one that libcurl understands")
    }
    _ = ccurl_easy_set_pointer(pointer, CCURLOPT_CURLU, parsed)
    if let parsedURL { ccurl_url_free(parsedURL) }
    parsedURL = parsed
    self.url = url
    return nil
  }

  private func setMethod(of request: HTTPRequest) -> HTTPError? {
    let hasBody = request.method == "POST" || !request.body.isEmpty
    if request.method != method || hasBody != self.hasBody {
      guard !request.method.isEmpty, request.method.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) else {
        return refusal("the method is not a word of capital letters")
      }
      method = ""
      setLong(hasBody ? CCURLOPT_POST : CCURLOPT_HTTPGET, 1)
      if request.method == "HEAD" { setLong(CCURLOPT_NOBODY, 1) }
      let isUsual = request.method == (hasBody ? "POST" : "GET") || request.method == "HEAD"
      setText(CCURLOPT_CUSTOMREQUEST, isUsual ? nil : request.method)
      method = request.method
      self.hasBody = hasBody
    }
    guard hasBody else { return nil }
    _ = ccurl_easy_set_off(pointer, CCURLOPT_POSTFIELDSIZE_LARGE, Int64(request.body.count))
    let code = request.body.withUnsafeBytes { body in
      withUnsafeBytes(of: 0 as UInt8) { nothing in
        ccurl_easy_set_pointer(pointer, CCURLOPT_COPYPOSTFIELDS, body.baseAddress ?? nothing.baseAddress)
      }
    }
    return code == CCURLE_OK ? nil : refusal("there is no memory for the body")
  }

  private func setHeaders(of request: HTTPRequest, _ encodings: String, asksAnew: Bool) -> HTTPError? {
    // From a megabyte on curl would ask first, and wait up to a second for the answer.
    let expects100 = request.body.count >= 1 << 19
    if headerList != nil, !asksAnew, expects100 == self.expects100, takesOver(request.headers) { return nil }
    var list: UnsafeMutableRawPointer?
    var own: Set<String> = []
    for (name, value) in request.headers {
      guard HTTPHeaders.isToken(name), HTTPHeaders.isOneLine(value) else {
        ccurl_list_free(list)
        return refusal(
          "the header \(HTTPHeaders.isToken(name) ? name : "name") holds a character that it may not")
      }
      own.insert(name.lowercased())
      // curl takes "Name:" for "leave it out" and "Name;" for an empty value.
      list = ccurl_list_append(list, value.isEmpty ? "\(name);" : "\(name): \(value)")
    }
    if !own.contains("content-type") { list = ccurl_list_append(list, "Content-Type:") }
    if !own.contains("user-agent") { list = ccurl_list_append(list, "User-Agent: \(userAgent)") }
    if !own.contains("accept-encoding") { list = ccurl_list_append(list, "Accept-Encoding: \(encodings)") }
    if expects100 { list = ccurl_list_append(list, "Expect:") }
    _ = ccurl_easy_set_pointer(pointer, CCURLOPT_HTTPHEADER, list)
    if let headerList { ccurl_list_free(headerList) }
    headerList = list
    headers = request.headers
    self.expects100 = expects100
    return nil
  }

  /// The next request often differs by a value as long as the last one's, a number to trace it by: that is written over
  /// the old one. False where the list has to be made anew.
  private func takesOver(_ new: [(String, String)]) -> Bool {
    guard new.count == headers.count else { return false }
    for place in new.indices {
      guard new[place].0 == headers[place].0 else { return false }
      if new[place].1 == headers[place].1 { continue }
      var value = new[place].1
      guard !value.isEmpty, value.utf8.count == headers[place].1.utf8.count, HTTPHeaders.isOneLine(value)
      else { return false }
      let isWritten = value.withUTF8 { bytes in
        bytes.withMemoryRebound(to: CChar.self) {
          ccurl_list_overwrite(headerList, place, $0.baseAddress, $0.count) == 0
        }
      }
      guard isWritten else { return false }
      headers[place].1 = value
    }
    return true
  }

  private func refusal(_ message: String) -> HTTPError {
    HTTPError(.invalidRequest, stage: .nameLookup, message: message)
  }

  // MARK: What came of it

  /// curl's own words for the last error.
  var detail: String { String(cString: errorText) }

  /// One of the figures that curl calls `_T`: microseconds or bytes.
  func figure(_ info: CCurlInfo) -> Int64 {
    var value: Int64 = 0
    return ccurl_easy_get_off(pointer, info, &value) == CCURLE_OK ? value : 0
  }

  func number(_ info: CCurlInfo) -> Int {
    var value = 0
    return ccurl_easy_get_long(pointer, info, &value) == CCURLE_OK ? value : 0
  }

  func text(_ info: CCurlInfo) -> String? {
    var value: UnsafePointer<CChar>?
    guard ccurl_easy_get_text(pointer, info, &value) == CCURLE_OK, let value else { return nil }
    return String(cString: value)
  }

  /// The handle that curl's callbacks were given.
  static func of(_ context: UnsafeMutableRawPointer) -> EasyHandle {
    Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue()
  }

  /// What the transfer of that handle says to the bytes that came; false where there is none. The handle stays while curl
  /// calls, so that it need not be counted for each line of an answer.
  fileprivate static func with(_ context: UnsafeMutableRawPointer, _ take: (Transfer) -> Bool) -> Bool {
    Unmanaged<EasyHandle>.fromOpaque(context)._withUnsafeGuaranteedRef { $0.transfer.map(take) ?? false }
  }
}

private let bodyArrived:
  @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int = {
    bytes, size, count, context in
    guard let bytes, let context else { return 0 }
    let isTaken = EasyHandle.with(context) {
      $0.takeBody(UnsafeRawBufferPointer(start: bytes, count: size * count))
    }
    return isTaken ? size * count : 0
  }

private let headerArrived:
  @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int = {
    bytes, size, count, context in
    guard let bytes, let context else { return 0 }
    let isTaken = EasyHandle.with(context) {
      $0.takeHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
    }
    return isTaken ? size * count : 0
  }

/// curl is about to send the request: the first time, or again because a connection that it had used
/// before broke without a byte of an answer. Again is refused where the service may have acted.
private let aboutToSend:
  @convention(c) (
    UnsafeMutableRawPointer?, UnsafeMutablePointer<CChar>?, UnsafeMutablePointer<CChar>?, Int32, Int32
  ) -> Int32 = { context, _, _, _, _ in
    guard let context, let transfer = EasyHandle.of(context).transfer else {
      return Int32(CCURL_PREREQFUNC_OK)
    }
    return Int32(transfer.maySend() ? CCURL_PREREQFUNC_OK : CCURL_PREREQFUNC_ABORT)
  }

private let socketOpens: @convention(c) (UnsafeMutableRawPointer?, Int32, Int32, Int32) -> Int32 = {
  context, family, type, proto in
  guard let context else { return -1 }
  return Unmanaged<EventLoop>.fromOpaque(context).takeUnretainedValue().openSocket(family, type, proto)
}

private let socketCloses: @convention(c) (UnsafeMutableRawPointer?, Int32) -> Int32 = {
  context, socket in
  guard let context else { return 0 }
  Unmanaged<EventLoop>.fromOpaque(context).takeUnretainedValue().closeSocket(socket)
  return 0
}
