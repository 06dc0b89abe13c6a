import Terminal
import Wire

/// How services are reached, for every command that asks them.
enum WireOptions {
  static let all: [Option] = [
    Option("ca-file", nil, .value("FILE"), "authorities to trust instead of the system's", completes: .files),
    Option("http2", nil, .flag, "HTTP/2 where a service offers it; needs libcurl 8, which loses no replies"),
  ]

  static func client(_ arguments: Arguments, _ console: Console) throws -> HTTPClient {
    var configuration = HTTPClient.Configuration()
    configuration.caFile = arguments.value("ca-file")
    if arguments.has("http2") {
      let library = try HTTPLibrary.load()
      configuration.allowsHTTP2 = library.hasSafeHTTP2
      if !library.hasSafeHTTP2 {
        console.note("libcurl \(library.version) loses replies over HTTP/2: HTTP/1.1 is used")
      }
    }
    return HTTPClient(configuration)
  }
}
