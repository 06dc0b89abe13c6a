import CCurl

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// curl's verdict on a transfer that failed, told in our words.
struct CurlFailure {
  var code: CCurlCode
  var stage: HTTPError.Stage
  /// `errno` of the system call that failed, 0 where none did.
  var systemError: Int32
  /// curl's own sentence.
  var detail: String

  func error(for request: HTTPRequest, bodySent: Bool) -> HTTPError {
    let origin = URLOrigin(request.url)
    let host = origin?.shown ?? "the server"
    let (kind, message) = verdict(host: host, name: origin?.host ?? "the server")
    return HTTPError(
      kind, stage: kind == .tls ? .tls : kind == .connect ? .connect : stage,
      message: Secrets(of: request).removed(from: message),
      bodySent: bodySent)
  }

  private func verdict(host: String, name: String) -> (HTTPError.Kind, String) {
    switch code {
    case CCURLE_UNSUPPORTED_PROTOCOL where stage >= .sending:
      return (.protocolError, "\(host) did not answer in HTTP/1.1\(also(detail))")
    case CCURLE_URL_MALFORMAT, CCURLE_UNSUPPORTED_PROTOCOL, CCURLE_NOT_BUILT_IN, CCURLE_BAD_FUNCTION_ARGUMENT:
      return (.invalidRequest, "the URL is not one of http or https\(also(detail))")
    case CCURLE_COULDNT_RESOLVE_HOST: return (.nameLookup, "could not find the host \(name)")
    case CCURLE_COULDNT_RESOLVE_PROXY: return (.nameLookup, "could not find the proxy's host")
    case CCURLE_COULDNT_CONNECT:
      return (.connect, "could not connect to \(host)\(also(systemError == 0 ? detail : systemText))")
    case CCURLE_PROXY: return (.connect, "the proxy did not connect to \(host)\(also(detail))")
    case CCURLE_PEER_FAILED_VERIFICATION, CCURLE_SSL_CONNECT_ERROR, CCURLE_SSL_CERTPROBLEM, CCURLE_SSL_CIPHER,
      CCURLE_SSL_CACERT_BADFILE, CCURLE_SSL_CRL_BADFILE, CCURLE_SSL_ISSUER_ERROR, CCURLE_SSL_ENGINE_NOTFOUND,
      CCURLE_SSL_ENGINE_SETFAILED, CCURLE_SSL_ENGINE_INITFAILED, CCURLE_USE_SSL_FAILED,
      CCURLE_SSL_SHUTDOWN_FAILED,
      CCURLE_SSL_PINNEDPUBKEYNOTMATCH, CCURLE_SSL_INVALIDCERTSTATUS, CCURLE_SSL_CLIENTCERT:
      return (.tls, "no secure connection to \(host)\(also(detail))")
    case CCURLE_PARTIAL_FILE: return (.truncated, "the answer ended before its end\(also(detail))")
    case CCURLE_GOT_NOTHING: return (.reset, "\(host) closed the connection without an answer")
    case CCURLE_SEND_ERROR: return (.reset, "the connection to \(host) broke\(also(systemText))")
    case CCURLE_RECV_ERROR: return broken(host)
    case CCURLE_HTTP2, CCURLE_HTTP2_STREAM, CCURLE_HTTP3, CCURLE_QUIC_CONNECT_ERROR:
      return (.reset, "the stream to \(host) broke\(also(detail))")
    case CCURLE_BAD_CONTENT_ENCODING: return (.badEncoding, "the answer's compression can't be undone")
    case CCURLE_FILESIZE_EXCEEDED: return (.tooLarge, "the answer says that it is larger than can be")
    case CCURLE_OPERATION_TIMEDOUT: return (.timeout, "no answer in time, \(stage.text)")
    case CCURLE_OUT_OF_MEMORY: return (.unavailable, "out of memory")
    case CCURLE_WEIRD_SERVER_REPLY:
      return (.protocolError, "\(host) did not answer in HTTP\(also(detail))")
    default: return (.protocolError, "the exchange with \(host) failed\(also(detail))")
    }
  }

  /// A connection that broke while the answer was awaited or read: by an end, or by a reset.
  private func broken(_ host: String) -> (HTTPError.Kind, String) {
    if stage <= .tls, detail.contains("CONNECT") {
      return (.connect, "the proxy did not connect to \(host)\(also(detail))")
    }
    if stage <= .tls {
      return (.tls, "no secure connection to \(host)\(also(systemError == 0 ? detail : systemText))")
    }
    let isEnd = systemError == 0 && (detail.contains("unexpected eof") || detail.contains("close_notify"))
    let isBadChunk = systemError == 0 && (detail.contains("chunk") || detail.contains("hexadecimal"))
    if isBadChunk { return (.protocolError, "the answer's chunks are broken\(also(detail))") }
    if isEnd, stage == .receiving { return (.truncated, "the answer ended before its end") }
    return (.reset, "the connection to \(host) broke\(also(systemError == 0 ? detail : systemText))")
  }

  private var systemText: String { systemError == 0 ? "" : String(cString: strerror(systemError)) }

  private func also(_ text: String) -> String {
    text.isEmpty ? "" : ": " + text.prefix(200).prefix { !$0.isNewline }
  }
}

/// What no error may show: the values of a request's headers, and what its URL holds besides the place.
struct Secrets {
  private var texts: [String] = []

  init(of request: HTTPRequest) {
    for (_, value) in request.headers {
      texts.append(value)
      texts += value.split(separator: " ").map(String.init)
    }
    if let query = request.url.firstIndex(of: "?") { texts.append(String(request.url[query...].dropFirst())) }
    let authority = request.url.split(separator: "/", omittingEmptySubsequences: true).dropFirst().first
    if let authority, let at = authority.lastIndex(of: "@") { texts.append(String(authority[..<at])) }
    texts = texts.filter { $0.utf8.count >= 6 }.sorted { $0.utf8.count > $1.utf8.count }
  }

  func removed(from message: String) -> String {
    var bytes = Array(message.utf8)
    for text in texts {
      let secret = Array(text.utf8)
      while bytes.count >= secret.count,
        let start = (0...(bytes.count - secret.count)).first(where: { bytes[$0...].starts(with: secret) })
      {
        bytes.replaceSubrange(start..<(start + secret.count), with: "***".utf8)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
