/// The schemas that describe schemas, so that references to them need no network.
enum Metaschemas {
  static func text(of uri: String) -> String? { draft2020[uri] ?? draft7[uri] ?? draft2019[uri] }
}
