import Formats
import Terminal
import Wire

/// How services are reached, for every command that asks them.
enum WireOptions {
  static let caFile = Option(
    "ca-file", nil, .value("FILE"), "authorities to trust instead of the system's", completes: .files)

  static let all: [Option] = [
    caFile,
    Option("http2", nil, .flag, "HTTP/2 where a service offers it; needs libcurl 8, which loses no replies"),
  ]

  static func client(_ arguments: Arguments, _ console: Console) throws -> HTTPClient {
    var configuration = HTTPClient.Configuration()
    configuration.caFile = try arguments.value("ca-file").map(authorities)
    if arguments.has("http2") {
      let library = try HTTPLibrary.load()
      configuration.allowsHTTP2 = library.hasSafeHTTP2
      if !library.hasSafeHTTP2 {
        console.note("libcurl \(library.version) loses replies over HTTP/2: HTTP/1.1 is used")
      }
    }
    return HTTPClient(configuration)
  }

  /// Read here, too: a client that finds none would take it for a connection that failed.
  private static func authorities(_ path: String) throws -> String {
    let text = String(decoding: try File.read(path), as: UTF8.self)
    guard
      ["CERTIFICATE", "TRUSTED CERTIFICATE", "X509 CERTIFICATE"].contains(where: {
        text.contains("-----BEGIN \($0)-----")
      })
    else {
      throw UsageError(
        "--ca-file \(path) holds no certificate", mend: "it takes a file of certificates in PEM")
    }
    return path
  }
}
