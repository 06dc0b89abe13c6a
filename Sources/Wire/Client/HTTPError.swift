/// Why an exchange did not end as it should have.
public struct HTTPError: Error, Sendable, Hashable {
  public enum Kind: String, Sendable, CaseIterable {
    /// libcurl is missing or would not start
    case unavailable
    /// the request can't be sent as it is: its URL, its headers
    case invalidRequest
    case nameLookup
    case connect
    case tls
    case timeout
    /// the connection broke
    case reset
    /// the body ended before its end: fewer bytes than promised, or a chunk missing
    case truncated
    case tooLarge
    /// compression that can't be undone
    case badEncoding
    /// not HTTP
    case protocolError
    case cancelled
  }

  /// How far the exchange had come. In their order.
  public enum Stage: Int, Sendable, Comparable, CaseIterable {
    case nameLookup, connect, tls, sending, waiting, receiving
    public static func < (a: Stage, b: Stage) -> Bool { a.rawValue < b.rawValue }

    /// As it follows "while": `while waiting for the first byte`.
    public var text: String {
      switch self {
      case .nameLookup: "looking up the name"
      case .connect: "connecting"
      case .tls: "securing the connection"
      case .sending: "sending the request"
      case .waiting: "waiting for the first byte"
      case .receiving: "receiving the answer"
      }
    }
  }

  public var kind: Kind
  public var stage: Stage
  /// Lower case, without any header, query or user name of the request.
  public var message: String
  /// The whole body had been handed to the network, so the service may have acted on it.
  public var bodySent: Bool
  /// It was an idle connection, used again, that broke before a byte came back.
  public var onStaleConnection = false

  public init(_ kind: Kind, stage: Stage, message: String, bodySent: Bool = false) {
    self.kind = kind
    self.stage = stage
    self.message = message
    self.bodySent = bodySent
  }
}
