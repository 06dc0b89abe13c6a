import Formats
import Synchronization
import Vocabulary
import Wire

@testable import Models

/// A server on loopback that answers as a test wants and remembers what it was asked.
final class Loopback: Sendable {
  private let seen: SeenRequests
  private let server: HTTPServer

  private final class SeenRequests: Sendable {
    let requests = Mutex<[ServerRequest]>([])
  }

  init(_ answer: @escaping @Sendable (ServerRequest) -> ServerResponse) throws {
    let seen = SeenRequests()
    self.seen = seen
    server = try HTTPServer.start(on: ListenAddress()) { request in
      seen.requests.withLock { $0.append(request) }
      return .response(answer(request))
    }
  }

  deinit { server.stop() }

  var url: String { "http://127.0.0.1:\(server.port)" }
  var requests: [ServerRequest] { seen.requests.withLock { $0 } }
}

extension ModelClient {
  /// Prepares and makes one attempt.
  func ask(
    _ id: String, _ text: String, config: JSONObject = [:], variables: JSONObject = [:], folder: String = "."
  )
    async throws -> AttemptOutcome
  {
    let endpoint = try endpoint(id: id, config: config, folder: folder)
    return await attempt(try prepare(endpoint, prompt: RenderedPrompt(text: text), variables: variables))
  }
}
